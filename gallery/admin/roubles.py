"""Money as people type it: roubles, kept as whole kopecks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class RoublesField(forms.DecimalField):
    """Takes `1 200`, `10,40` or `10.4` and gives whole kopecks; shows kopecks as roubles."""

    def __init__(self, **how: Any) -> None:
        super().__init__(
            min_value=Decimal(0),
            max_digits=11,
            decimal_places=2,
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            **how,
        )

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = "".join(value.split()).replace(",", ".").removesuffix("₽")
        return super().to_python(value)

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        return None if typed is None else int(typed * 100)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return f"{Decimal(value) / 100:.2f}".removesuffix(".00")
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != initial)
        except forms.ValidationError:
            return True


def purse(label: Any) -> RoublesField:
    """A limit, which there need not be."""
    return RoublesField(label=label, required=False, help_text=_("Empty: no limit."))
