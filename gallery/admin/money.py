"""The ledger, and the budgets that are its sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from gallery.models import Budget, Charge, User

from .base import (
    ReadOnly,
    ReadOnlyInline,
    SinceFilter,
    UserFilter,
    belongs_to,
    person,
    roubles,
    to_the_second,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet


@admin.display(description=_("month"))
def month(self: Any, row: Budget | Charge) -> str:
    """A column that shows the month of a row, which is kept as its first day."""
    return date_format(row.month, "YEAR_MONTH_FORMAT")


class ChargeInline(ReadOnlyInline):
    model = Charge
    fields = ("at", "kind", "held", "spent", "of_month", "actor", "note")
    readonly_fields = fields

    at = to_the_second
    of_month = month
    held = roubles("held_kopecks", _("held"))
    spent = roubles("spent_kopecks", _("spent"))


@admin.register(Charge)
class ChargeAdmin(ReadOnly):
    list_display = (
        "number", "of_task", "whose", "kind", "held", "spent", "of_month", "demo", "created_at",
    )  # fmt: skip
    list_filter = ("kind", "demo", UserFilter, SinceFilter)
    list_select_related = ("user",)
    search_fields = ("task",)
    search_help_text = _("A task's number, or a user's name.")

    held = roubles("held_kopecks", _("held"))
    spent = roubles("spent_kopecks", _("spent"))
    whose = person("user", _("user"))
    of_task = belongs_to("task", _("task"))
    of_month = month

    def found(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        is_number = words.isascii() and words.isdigit() and len(words) < 19
        return rows.filter(task_id=int(words)) if is_number else super().found(rows, words)

    def found_by_owner(self, rows: QuerySet[Any], owner: User) -> QuerySet[Any]:
        return rows.filter(user=owner)


@admin.register(Budget)
class BudgetAdmin(ReadOnly):
    list_display = ("of_month", "whose", "demo", "limit", "held", "spent")
    list_filter = ("demo", UserFilter, "month")
    list_select_related = ("user",)
    search_fields = ("user",)
    search_help_text = _("A user's name.")
    fields = ("of_month", "user", "demo", "limit", "held", "spent")
    readonly_fields = fields

    of_month = month

    @admin.display(description=_("whose"))
    def whose(self, budget: Budget) -> str:
        return budget.user.get_username() if budget.user else str(_("the purse"))

    limit = roubles("limit_kopecks", _("limit"))
    held = roubles("held_kopecks", _("held"))
    spent = roubles("spent_kopecks", _("spent"))

    def found_by_owner(self, rows: QuerySet[Any], owner: User) -> QuerySet[Any]:
        return rows.filter(user=owner)
