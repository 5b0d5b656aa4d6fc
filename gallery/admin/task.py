"""Tasks with their story and their money, and what an administrator can do with each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.jobs import cluster, poll
from gallery.models import Charge, Event, RemoteIdTaken, Task, TaskStatus, User, report

from .base import OwnerFilter, ReadOnly, ReadOnlyInline, SinceFilter, belongs_to, person, roubles
from .deeds import Deed, Doing, Refused
from .image import picture
from .money import month
from .prompt import prompt_link

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

S = TaskStatus


class RemoteIdForm(forms.Form):
    remote_id = forms.RegexField(
        r"\A[A-Za-z0-9_-]{8,128}\Z",
        label=_("The provider's task id"),
        help_text=_("8 to 128 letters, digits, - and _: as the provider's own list shows it."),
        error_messages={"invalid": _("This is no id of the provider's.")},
    )


class NoteForm(forms.Form):
    note = forms.CharField(
        max_length=500,
        label=_("How do you know?"),
        help_text=_("Kept in the ledger, for whoever asks later."),
        widget=forms.Textarea(attrs={"rows": 3}),
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
    try:
        known = Task.objects.identify(task.pk, typed["remote_id"], by=by)
    except RemoteIdTaken as taken:
        raise Refused(gettext("This id belongs to another task already.")) from taken
    if known:
        cluster.wake("poll")
    return known


def clear(task: Task, by: User, typed: dict[str, Any]) -> bool:
    return Task.objects.clear(task.pk, typed["note"], by=by)


def write_off(task: Task, by: User, typed: dict[str, Any]) -> bool:
    return Task.objects.write_off(task.pk, "given-up", by=by)


def is_in(*states: TaskStatus) -> Any:
    return lambda task: task.status in states


DEEDS = (
    Deed("cancel", _("Cancel"), cancel, is_in(S.QUEUED)),
    Deed("ask-now", _("Ask the provider now"), ask_now, is_in(S.RENDERING)),
    Deed("ask-again", _("Ask the provider again"), ask_again, is_in(S.LOST)),
    Deed(
        "identify",
        _("Give the provider's task id"),
        identify,
        is_in(S.UNKNOWN, S.WRITTEN_OFF),
        form=RemoteIdForm,
        told=("remote_id",),
        words=_(
            "When the provider's own list shows that it took this task, its picture can still be "
            "had: it is asked for and saved. Nothing is sent again and nothing is paid twice."
        ),
    ),
    Deed(
        "not-charged",
        _("Record as not charged"),
        clear,
        lambda task: task.may_be_sent_again,
        form=NoteForm,
        told=("note",),
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
    fields = ("at", "words", "reason_sentence", "detail", "actor")
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
        "large", "status", "reason_sentence", "detail", "owner", "prompt", "batch", "model",
        "price", "cost", "provider", "remote_id", "created_at", "sent_at", "accepted_at",
        "ready_at", "ended_at", "due_at", "give_up_at", "attempts", "polls", "saves",
    )  # fmt: skip
    readonly_fields = ("large", "status", "price", "cost", "reason_sentence", "prompt")

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

    @admin.display(description=_("prompt"))
    def prompt(self, task: Task) -> str:
        return format_html("{}", prompt_link(task.batch.prompt))

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
        is_number = words.isascii() and words.isdigit() and len(words) < 19
        return rows.filter(task_id=int(words)) if is_number else rows.none()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).order_by("-pk")

    @admin.display(description=_("what"))
    def what(self, event: Event) -> str:
        return event.words

    @admin.display(description=_("reason"))
    def why(self, event: Event) -> str:
        return event.reason_sentence
