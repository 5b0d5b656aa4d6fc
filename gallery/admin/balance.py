"""The provider's balance, reading by reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from gallery.models import Balance
from gallery.templatetags.artel import rub

from .base import ReadOnly, roubles

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(Balance)
class BalanceAdmin(ReadOnly):
    list_display = ("number", "read_at", "balance", "reason_sentence", "moved", "unexplained")
    fields = (
        "provider", "asked_at", "read_at", "balance", "credit", "reason_sentence", "since_at",
        "moved", "low", "high", "unexplained", "topped_up", "suspects",
    )  # fmt: skip
    readonly_fields = fields

    balance = roubles("kopecks", _("balance"))
    credit = roubles("credit_kopecks", _("credit"))
    moved = roubles("moved_kopecks", _("left it"))
    low = roubles("low_kopecks", _("explained at least"))
    high = roubles("high_kopecks", _("explained at most"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Balance]:
        return super().get_queryset(request).order_by("-pk")

    @admin.display(description=_("unexplained"))
    def unexplained(self, reading: Balance) -> str:
        return rub(reading.unexplained_kopecks or None)

    @admin.display(description=_("topped up"))
    def topped_up(self, reading: Balance) -> str:
        return rub(reading.topped_up_kopecks or None)

    @admin.display(description=_("tasks that may explain it"))
    def suspects(self, reading: Balance) -> str:
        links = ((reverse("admin:gallery_task_change", args=[pk]), pk) for pk in reading.candidates)
        return format_html_join(", ", '<a href="{}">{}</a>', links)

    @admin.display(description=_("reason"))
    def reason_sentence(self, reading: Balance) -> str:
        return reading.reason_sentence
