"""Tasks with their story and their money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.media import aside, put_aside
from gallery.models import Event, Task, Verdict, report
from gallery.support import claim, received_id

from . import unknown
from .base import OwnerFilter, ReadOnly, SinceFilter, person, roubles
from .deeds import Deed, Doing
from .event import EventInline
from .image import picture
from .money import ChargeInline
from .prompt import prompt_link
from .task_deeds import DEEDS, EVIDENCE
from .unknown import question_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern


class UnsavedFilter(admin.SimpleListFilter):
    """Paid for, ready for long, and not saved: the figure of the front page, as a list."""

    title = _("paid, not saved")
    parameter_name = "unsaved"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("paid, not saved"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        return queryset & report.overdue() if self.value() == "yes" else queryset


@admin.register(Task)
class TaskAdmin(Doing, ReadOnly):
    list_display = (
        "thumbnail", "number", "status", "reason_sentence", "whose", "model", "price", "created_at",
    )  # fmt: skip
    list_display_links = ("number",)
    list_filter = ("status", UnsavedFilter, OwnerFilter, "model", SinceFilter)
    list_select_related = ("owner", "model", "image")
    search_fields = ("pk",)
    search_help_text = _("A task's number, its id at the provider, or a user's name.")
    actions = ("cancel_ticked", "ask_again_ticked")
    inlines = (EventInline, ChargeInline)
    deeds = DEEDS
    fields = (
        "large", "status", "reason_sentence", "detail", "balance", "asked_id", "owner",
        "prompt", "batch", "model", "price", "cost", "provider", "remote_id", "created_at",
        "sent_at", "accepted_at", "ready_at", "ended_at", "due_at", "give_up_at", "attempts",
        "polls", "saves", "quarantine", "support_claim",
    )  # fmt: skip
    readonly_fields = (
        "large", "status", "price", "cost", "reason_sentence", "prompt", "balance", "asked_id",
        "quarantine", "support_claim",
    )  # fmt: skip

    class Media:
        js = ("js/copy.js",)

    price = roubles("price_kopecks", _("price"))
    cost = roubles("cost_kopecks", _("cost by the provider"))
    whose = person("owner", _("owner"))

    def found_by_words(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        return rows.filter(remote_id=words)

    @admin.display(description=_("reason"))
    def reason_sentence(self, task: Task) -> str:
        return task.reason_sentence

    @admin.display(description=_("picture"))
    def thumbnail(self, task: Task) -> str:
        return picture(getattr(task, "image", None), 44)

    @admin.display(description=_("picture"))
    def large(self, task: Task) -> str:
        return picture(getattr(task, "image", None), 192)

    @admin.display(description=_("claim to support"))
    def support_claim(self, task: Task) -> str:
        """Who writes to the provider is whoever has the account there."""
        text = claim(task, list(Event.objects.filter(task=task)))
        return render_to_string("admin/_claim.html", {"claim": text}) if text else ""

    @admin.display(description=_("quarantine"))
    def quarantine(self, task: Task) -> str:
        """What was paid for and is no picture, to be carried away."""
        lines = (
            (
                reverse("admin:gallery_task_quarantine", args=[task.pk, one.sha256]),
                gettext("Download, %(size)s") % {"size": filesizeformat(one.size)},
                one.sha256,
            )
            for one in put_aside(task)
        )
        return format_html_join("", '<p><a href="{}" download>{}</a> <code>{}</code></p>', lines)

    @admin.display(description=_("prompt"))
    def prompt(self, task: Task) -> str:
        return format_html("{}", prompt_link(task.batch.prompt))

    @admin.display(description=_("balance"))
    def balance(self, task: Task) -> str:
        """What the balance says of an unknown: for who may see money."""
        found = task.told_by_balance
        if found is None:
            return ""
        return render_to_string("admin/_comparison.html", {"comparison": found, "task": task})

    @admin.display(description=_("id that was given"))
    def asked_id(self, task: Task) -> str:
        question = question_of(task)
        if question is None:
            return ""
        return render_to_string("admin/_question.html", {"row": task, "question": question})

    def get_fields(self, request: HttpRequest, obj: Task | None = None) -> Any:
        sees_money = request.user.has_perm("gallery.view_charge")
        hidden = set() if sees_money else {"balance"}
        if obj is None or not put_aside(obj):
            hidden.add("quarantine")
        return [name for name in self.fields if name not in hidden]

    def deed_initial(self, deed: Deed, row: Any) -> dict[str, Any]:
        question = question_of(row)
        if deed.name == "confirm-id" and question:
            return {"remote_id": question.remote_id}
        if deed.name == "identify":
            return {"remote_id": received_id(Event.objects.doubts([row.pk]).get(row.pk))}
        return {}

    def deed_context(self, request: HttpRequest, deed: Deed, row: Any) -> dict[str, Any]:
        if deed.name == "confirm-id":
            return {"question": question_of(row)}
        if deed.aside != EVIDENCE:
            return {}
        sees_money = request.user.has_perm("gallery.view_charge")
        comparison = row.told_by_balance if sees_money else None
        is_charged = comparison is not None and comparison.verdict == Verdict.CHARGED
        return {
            "comparison": comparison,
            "sees_money": sees_money,
            "note": Event.objects.owners_note(row.pk),
            "warns": is_charged and deed.name == "not-charged",
        }

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.unknown_view)
        file = self.admin_site.admin_view(self.quarantine_view)
        return [
            path("unknown/", view, name="gallery_task_unknown"),
            path("<int:pk>/quarantine/<slug:sha256>/", file, name="gallery_task_quarantine"),
            *super().get_urls(),
        ]

    def quarantine_view(self, request: HttpRequest, pk: int, sha256: str) -> HttpResponseBase:
        """Of anybody's task, for those who may see the list of all."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return aside(request, get_object_or_404(Task, pk=pk), sha256)

    def unknown_view(self, request: HttpRequest) -> HttpResponse:
        """All that was sent and not answered, with the facts and the deeds of each."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return unknown.page(request, self.admin_site.each_context(request), self.deeds_of)

    @admin.action(description=_("Cancel what is queued"), permissions=["do"])
    def cancel_ticked(self, request: HttpRequest, tasks: QuerySet[Task]) -> None:
        self.each(request, "cancel", tasks)

    @admin.action(description=_("Ask again for what is lost"), permissions=["do"])
    def ask_again_ticked(self, request: HttpRequest, tasks: QuerySet[Task]) -> None:
        self.each(request, "ask-again", tasks)
