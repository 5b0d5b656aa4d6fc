"""How pages look and speak to somebody."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from gallery.models import Theme, User

AREAS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic Ocean"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific Ocean"),
}
"""The rest of the database's names are older names of the same places."""


class ProfileForm(forms.Form):
    """Language, theme and time zone; each may be left to browser, system or installation."""

    language = forms.ChoiceField(required=False)
    theme = forms.ChoiceField(required=False)
    time_zone = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {name: getattr(user, name) for name in self.fields}
        self._choose("language", [("", _("As the browser asks")), *settings.LANGUAGES])
        themes = [(theme.value, theme.label.capitalize()) for theme in Theme]
        self._choose("theme", [("", _("As the system")), *themes])
        installation = _("The installation's: %s") % settings.TIME_ZONE
        self._choose("time_zone", [("", installation), *time_zones()])

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


@cache
def time_zones() -> list[tuple[Any, Any]]:
    """Every place's zone, by part of the world; places keep the names of the database."""
    names = sorted(name for name in available_timezones() if name.split("/")[0] in AREAS)
    places = [
        (AREAS[area], [(name, name.split("/", 1)[1].replace("_", " ")) for name in group])
        for area, group in groupby(names, lambda name: name.split("/")[0])
    ]
    return [("UTC", "UTC"), *places]
