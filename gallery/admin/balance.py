"""The provider's balance, reading by reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models import Balance, User, differences
from gallery.templatetags.artel import rub

from .base import ReadOnly, roubles
from .deeds import Deed, Doing

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class ExplainForm(forms.Form):
    kopecks = forms.IntegerField(widget=forms.HiddenInput)
    """What was not explained on the page: it may be another amount by now."""
    note = forms.CharField(
        max_length=500,
        label=_("Where does it come from?"),
        help_text=_("Kept with the reading, for whoever asks later."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def explain(reading: Balance, by: User, typed: dict[str, Any]) -> bool:
    return Balance.objects.explain_by_hand(reading.pk, typed["kopecks"], typed["note"])


@admin.register(Balance)
class BalanceAdmin(Doing, ReadOnly):
    list_display = ("number", "read_at", "balance", "reason_sentence", "moved", "unexplained")
    fields = (
        "provider", "asked_at", "read_at", "balance", "credit", "reason_sentence", "since_at",
        "moved", "low", "high", "unexplained", "topped_up", "suspects",
        "explained", "explanation",
    )  # fmt: skip
    readonly_fields = fields
    deeds = (
        Deed(
            "explain",
            _("Explain by hand"),
            explain,
            lambda reading: reading.is_flagged,
            form=ExplainForm,
            told=("note",),
            aside="admin/_explain.html",
            words=_(
                "When you know where the difference comes from, say so: the front page shows it "
                "no more. No money is moved by it, and should it become another difference, it is "
                "shown again."
            ),
        ),
    )

    balance = roubles("kopecks", _("balance"))
    credit = roubles("credit_kopecks", _("credit"))
    moved = roubles("moved_kopecks", _("left it"))
    low = roubles("low_kopecks", _("explained at least"))
    high = roubles("high_kopecks", _("explained at most"))
    explained = roubles("explained_kopecks", _("explained by hand"))

    def deed_context(self, request: HttpRequest, deed: Deed, row: Any) -> dict[str, Any]:
        """The difference, for those whom the front page tells it too."""
        rights = ("gallery.view_charge", "gallery.view_budget", "gallery.view_task")
        return {"difference": differences([row])[0]} if request.user.has_perms(rights) else {}

    def deed_initial(self, deed: Deed, row: Any) -> dict[str, Any]:
        return {"kopecks": row.unexplained_kopecks}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Balance]:
        return super().get_queryset(request).order_by("-pk")

    @admin.display(description=_("unexplained"))
    def unexplained(self, reading: Balance) -> str:
        amount = rub(reading.unexplained_kopecks or None)
        by_hand = gettext("%(amount)s by hand") % {"amount": amount}
        return by_hand if reading.is_explained else amount

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
