"""The provider's balance, reading by reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.models import Balance

from .base import ReadOnly, roubles

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(Balance)
class BalanceAdmin(ReadOnly):
    list_display = ("number", "read_at", "balance", "reason_sentence", "moved", "unexplained")
    fields = (
        "provider", "asked_at", "read_at", "balance", "credit", "reason_sentence", "since_at",
        "moved", "low", "high", "unexplained", "topped_up", "candidates",
    )  # fmt: skip
    readonly_fields = fields

    balance = roubles("kopecks", _("balance"))
    credit = roubles("credit_kopecks", _("credit"))
    moved = roubles("moved_kopecks", _("left it"))
    low = roubles("low_kopecks", _("explained at least"))
    high = roubles("high_kopecks", _("explained at most"))
    unexplained = roubles("unexplained_kopecks", _("unexplained"))
    topped_up = roubles("topped_up_kopecks", _("topped up"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Balance]:
        return super().get_queryset(request).order_by("-pk")

    @admin.display(description=_("reason"))
    def reason_sentence(self, reading: Balance) -> str:
        return reading.reason_sentence
