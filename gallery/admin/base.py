"""What the lists of the panel have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.functional import cached_property

from gallery.templatetags.artel import rub

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise


def roubles(kopecks: str, description: StrOrPromise) -> Callable[[Any, Model], str]:
    """A column that shows the field `kopecks` as money."""

    @admin.display(description=description)
    def shown(self: Any, row: Model) -> str:
        return rub(getattr(row, kopecks))

    return shown


COUNTED = 10_000
"""Rows that a list counts at most: counting a whole table takes longer than showing a page."""


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[: COUNTED + 1].count())


class Listed(admin.ModelAdmin):  # type: ignore[type-arg]
    """What every list here has in common."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50


class ReadOnly(Listed):
    """Rows that only the models' verbs write."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]
    """What happened to a task, with who did it."""

    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("actor")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
