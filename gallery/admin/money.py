"""The ledger, and the budgets that are its sums."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.models import Budget, Charge

from .base import ReadOnly, roubles


@admin.register(Charge)
class ChargeAdmin(ReadOnly):
    list_display = ("pk", "task_id", "user", "kind", "held", "spent", "month", "demo", "created_at")
    list_filter = ("kind", "demo")
    list_select_related = ("user",)
    search_fields = ("=task__pk",)

    held = roubles("held_kopecks", _("held"))
    spent = roubles("spent_kopecks", _("spent"))


@admin.register(Budget)
class BudgetAdmin(ReadOnly):
    list_display = ("month", "whose", "demo", "limit", "held", "spent")
    list_filter = ("demo",)
    list_select_related = ("user",)

    @admin.display(description=_("whose"))
    def whose(self, budget: Budget) -> str:
        return budget.user.get_username() if budget.user else str(_("the purse"))

    limit = roubles("limit_kopecks", _("limit"))
    held = roubles("held_kopecks", _("held"))
    spent = roubles("spent_kopecks", _("spent"))
