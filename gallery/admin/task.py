"""Tasks with their story and their money, and what an administrator can do with each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.jobs import cluster, poll, save
from gallery.media import aside, put_aside
from gallery.models import (
    Charge,
    Event,
    Image,
    Question,
    RemoteIdTaken,
    Task,
    TaskStatus,
    User,
    Verdict,
    report,
)
from gallery.models.reasons import sentence
from gallery.support import claim, received_id

from . import unknown
from .base import (
    OwnerFilter,
    ReadOnly,
    ReadOnlyInline,
    SinceFilter,
    belongs_to,
    of_task_number,
    person,
    roubles,
)
from .deeds import Deed, Doing, Refused
from .image import picture
from .money import month
from .prompt import prompt_link
from .unknown import question_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

S = TaskStatus


class RemoteIdForm(forms.Form):
    remote_id = forms.RegexField(
        r"\A[A-Za-z0-9_-]{8,128}\Z",
        label=_("The provider's task id"),
        help_text=_("8 to 128 letters, digits, - and _: as the provider's own list shows it."),
        error_messages={"invalid": _("This is no id of the provider's.")},
    )


class ConfirmForm(forms.Form):
    """The id that was on the page: another may have been given since."""

    remote_id = forms.CharField(max_length=128, widget=forms.HiddenInput)


class NoteForm(forms.Form):
    note = forms.CharField(
        max_length=500,
        label=_("How do you know?"),
        help_text=_("Kept in the ledger, for whoever asks later."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class FileForm(forms.Form):
    """Its field is the one that the handler takes; what is in it is checked by the archive."""

    file = forms.FileField(
        label=_("The file from the provider's site"),
        help_text=_("webp, png or jpeg; at most 64 MB and 100 megapixels."),
        error_messages={
            "required": _("Choose the file."),
            "empty": _("The file is empty."),
        },
        widget=forms.FileInput(attrs={"accept": "image/webp,image/png,image/jpeg"}),
    )
    all_the_same = forms.BooleanField(
        required=False,
        label=_("Also if another task has the same file"),
        help_text=_("Two pictures are hardly ever equal to the last byte."),
    )


def cancel(task: Task, by: User, typed: dict[str, Any]) -> bool:
    return Task.objects.cancel(task.pk, by=by)


def ask_now(task: Task, by: User, typed: dict[str, Any]) -> bool:
    due = Task.objects.ask_now(task.pk)
    if due:
        cluster.wake("poll")
    return due


def ask_again(task: Task, by: User, typed: dict[str, Any]) -> bool:
    return poll.ask_again(task.pk, by)


def identify(task: Task, by: User, typed: dict[str, Any]) -> bool:
    """Have the provider asked about the id: the page does not wait for the answer."""
    if task.provider != settings.PROVIDER:
        raise Refused(sentence("other-provider"))
    try:
        wished = Question.objects.ask(task, typed["remote_id"], by=by)
    except RemoteIdTaken as taken:
        raise Refused(gettext("This id belongs to another task already.")) from taken
    if wished:
        cluster.wake("identify")
    return wished


def confirm_id(task: Task, by: User, typed: dict[str, Any]) -> bool:
    if task.provider != settings.PROVIDER:
        raise Refused(sentence("other-provider"))
    known = Question.objects.confirm(task, typed["remote_id"], by=by)
    if known:
        cluster.wake("poll")
        cluster.wake("balance")
    return known


def withdraw_id(task: Task, by: User, typed: dict[str, Any]) -> bool:
    return Question.objects.withdraw(task)


def compare(task: Task, by: User, typed: dict[str, Any]) -> bool:
    """Have the balance read, and compared with the one before this task was sent."""
    if task.status != S.UNKNOWN:
        return False
    cluster.wake("balance")
    return True


def clear(task: Task, by: User, typed: dict[str, Any]) -> bool:
    cleared = Task.objects.clear(task.pk, typed["note"], by=by)
    if cleared:
        cluster.wake("balance")
    return cleared


def write_off(task: Task, by: User, typed: dict[str, Any]) -> bool:
    given_up = Task.objects.write_off(task.pk, "given-up", by=by)
    if given_up:
        cluster.wake("balance")
    return given_up


def rescue(task: Task, by: User, typed: dict[str, Any]) -> bool:
    """A picture of what was brought, unless it is another task's, by mistake."""
    same = Image.objects.filter(sha256=typed["sha256"], task__isnull=False)
    twin = same.order_by("pk").first()
    if twin is not None and not typed.get("all_the_same"):
        words = gettext(
            "Task %d has this very file. Choose the one that is meant; if it is this one "
            "nevertheless, choose it again and tick the box."
        )
        raise Refused(words % twin.task_id)
    return save.rescue(task, typed["stored"], by=by)


def is_in(*states: TaskStatus) -> Any:
    return lambda task: task.status in states


def waits_for_confirmation(task: Task) -> bool:
    question = question_of(task)
    return question is not None and question.is_doubted


EVIDENCE = "admin/_evidence.html"

DEEDS = (
    Deed("cancel", _("Cancel"), cancel, is_in(S.QUEUED)),
    Deed("ask-now", _("Ask the provider now"), ask_now, is_in(S.RENDERING)),
    Deed("ask-again", _("Ask the provider again"), ask_again, is_in(S.LOST)),
    Deed(
        "rescue",
        _("Upload the file"),
        rescue,
        is_in(S.LOST),
        form=FileForm,
        told=("sha256",),
        upload=save.brought,
        words=_(
            "When the picture can be seen at the provider's site, download it there and give it "
            "here. It is checked like any download, goes to its owner's gallery, and costs no more."
        ),
    ),
    Deed(
        "compare",
        _("Compare the balance"),
        compare,
        is_in(S.UNKNOWN),
        said=_("The balance is being read and compared. Load the page again in a moment."),
    ),
    Deed(
        "confirm-id",
        _("Confirm the id"),
        confirm_id,
        waits_for_confirmation,
        form=ConfirmForm,
        told=("remote_id",),
        aside="admin/_question.html",
        words=_(
            "Something does not match what we sent. When it is this task nevertheless, its "
            "picture is asked for and saved; when it is another, its owner gets a picture that "
            "is not theirs."
        ),
    ),
    Deed(
        "withdraw-id",
        _("Withdraw the id"),
        withdraw_id,
        lambda task: question_of(task) is not None,
    ),
    Deed(
        "identify",
        _("Give the provider's task id"),
        identify,
        is_in(S.UNKNOWN, S.WRITTEN_OFF),
        form=RemoteIdForm,
        said=_("The provider is being asked about this id. Load the page again in a moment."),
        told=("remote_id",),
        words=_(
            "When the provider's own list shows that it took this task, its picture can still be "
            "had: it is asked for and saved. Nothing is sent again and nothing is paid twice. The "
            "provider is asked about the id first; when its prompt or time is not this task's, a "
            "second confirmation is wanted."
        ),
    ),
    Deed(
        "not-charged",
        _("Record as not charged"),
        clear,
        lambda task: task.may_be_sent_again,
        form=NoteForm,
        told=("note",),
        aside=EVIDENCE,
        words=_(
            "The task counts as failed and its price is given back to the purse and to its owner. "
            "Do this only when the provider's own list shows that it never took this task."
        ),
    ),
    Deed(
        "write-off",
        _("Give up"),
        write_off,
        lambda task: task.may_be_sent_again,
        aside=EVIDENCE,
        words=_(
            "The task is written off and its price counts as spent. If its id is found later, "
            "the picture can still be had."
        ),
    ),
)


class UnsavedFilter(admin.SimpleListFilter):
    """Paid for, ready for long, and not saved: the figure of the front page, as a list."""

    title = _("paid, not saved")
    parameter_name = "unsaved"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("paid, not saved"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        return queryset & report.overdue() if self.value() == "yes" else queryset


@admin.display(description=_("when"))
def to_the_second(self: Any, row: Event | Charge) -> str:
    """Several steps share a minute."""
    at = timezone.localtime(row.created_at)
    return f"{date_format(at, 'SHORT_DATE_FORMAT')} {at:%H:%M:%S}"


class EventInline(ReadOnlyInline):
    model = Event
    verbose_name_plural = _("story")
    fields = ("at", "words", "reason_sentence", "detail", "note", "actor")
    readonly_fields = fields

    at = to_the_second

    @admin.display(description=_("what"))
    def words(self, event: Event) -> str:
        return event.words

    @admin.display(description=_("reason"))
    def reason_sentence(self, event: Event) -> str:
        return event.reason_sentence

    @admin.display(description=_("detail"))
    def detail(self, event: Event) -> str:
        return event.detail

    @admin.display(description=_("note"))
    def note(self, event: Event) -> str:
        return event.note


class ChargeInline(ReadOnlyInline):
    model = Charge
    fields = ("at", "kind", "held", "spent", "of_month", "actor", "note")
    readonly_fields = fields

    at = to_the_second
    of_month = month
    held = roubles("held_kopecks", _("held"))
    spent = roubles("spent_kopecks", _("spent"))


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
        shown = '<details><summary>{}</summary><pre class="claim code">{}</pre></details>'
        return format_html(shown, gettext("Show it"), text) if text else ""

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


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("number", "of_task", "what", "why", "actor", "created_at")
    fields = ("of_task", "what", "why", "actor", "created_at", "facts")
    readonly_fields = fields
    list_select_related = ("actor",)
    search_fields = ("task",)
    search_help_text = _("A task's number.")

    of_task = belongs_to("task", _("task"))

    def found(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        return of_task_number(rows, words)

    @admin.display(description=_("what"))
    def what(self, event: Event) -> str:
        return event.words

    @admin.display(description=_("reason"))
    def why(self, event: Event) -> str:
        return event.reason_sentence
