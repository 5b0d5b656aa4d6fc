"""Tasks that were sent and not answered: one page for them all, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models import OWNER_NOTE, Balance, Comparison, Event, Question, Task, TaskStatus

from .base import ReadOnly, belongs_to, of_task_number, roubles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    Deeds = Callable[[HttpRequest, Task], list[dict[str, Any]]]

S = TaskStatus

ROWS = 50
IN_DOUBT = ("unknown", "restored")


@dataclass(frozen=True)
class Doubt:
    """An unknown task with what is known of it."""

    task: Task
    deeds: list[dict[str, Any]]
    facts: dict[str, Any]
    """Of the event that made it unknown: seconds waited, last HTTP status, bytes received."""
    note: str
    """Its owner's last word."""

    @classmethod
    def of(cls, told: tuple[Task, list[Event]], deeds: list[dict[str, Any]]) -> Doubt:
        task, events = told
        doubt = next((event for event in events if event.kind in IN_DOUBT), None)
        note = next((event for event in events if event.kind == OWNER_NOTE), None)
        return cls(
            task,
            deeds,
            doubt.facts if doubt else {},
            str(note.facts.get("note", "")) if note else "",
        )

    @property
    def question(self) -> Question | None:
        return question_of(self.task)

    @property
    def comparison(self) -> Comparison | None:
        return self.task.told_by_balance


def question_of(task: Task) -> Question | None:
    """What is open about an id that was given for it."""
    found: Question | None = getattr(task, "question", None)
    is_open = found is not None and not found.is_answered
    return found if is_open and task.status in {S.UNKNOWN, S.WRITTEN_OFF} else None


def page(request: HttpRequest, frame: dict[str, Any], deeds_of: Deeds) -> HttpResponse:
    """The page itself: the newest first, each with its facts and its deeds."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    tasks = (
        Task.objects.unknown()
        .select_related("owner", "model", "batch__prompt", "comparison", "question__by")
        .order_by("-pk")
    )
    shown = Paginator(tasks, ROWS).get_page(request.GET.get("p"))
    context = {
        **frame,
        "title": gettext("Unknown"),
        "page": shown,
        "held": Task.objects.unknown().price_of_all(),
        "doubts": [Doubt.of(told, deeds_of(request, told[0])) for told in _with_story(shown)],
        "sees_money": request.user.has_perm("gallery.view_charge"),
        "reading": Balance.objects.newest(),
    }
    return render(request, "admin/unknown.html", context)


def _with_story(tasks: Iterable[Task]) -> Iterable[tuple[Task, list[Event]]]:
    """Each with its events that matter here, the newest first."""
    tasks = list(tasks)
    kinds = (*IN_DOUBT, OWNER_NOTE)
    events: dict[int, list[Event]] = {}
    for event in Event.objects.filter(task__in=tasks, kind__in=kinds).order_by("-pk"):
        events.setdefault(event.task_id, []).append(event)
    return [(task, events.get(task.pk, [])) for task in tasks]


@admin.register(Comparison)
class ComparisonAdmin(ReadOnly):
    """What the balance said of each task that was unknown."""

    list_display = ("number", "of_task", "verdict", "before", "after", "compared_at")
    fields = (
        "of_task", "verdict", "why_sentence", "before_at", "before", "after_at", "after", "others",
        "doubtful", "low", "high", "compared_at",
    )  # fmt: skip
    readonly_fields = fields
    search_fields = ("task",)
    search_help_text = _("A task's number.")

    of_task = belongs_to("task", _("task"))
    before = roubles("before_kopecks", _("balance before"))
    after = roubles("after_kopecks", _("balance after"))
    low = roubles("low_kopecks", _("others at least"))
    high = roubles("high_kopecks", _("others at most"))

    def found(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        return of_task_number(rows, words)

    @admin.display(description=_("reason"))
    def why_sentence(self, row: Comparison) -> str:
        return row.why_sentence


@admin.register(Question)
class QuestionAdmin(ReadOnly):
    """Ids that were given for tasks, and what the provider said of them."""

    list_display = ("number", "of_task", "remote_id", "standing", "why", "by", "wished_at")
    fields = (
        "of_task", "remote_id", "standing", "why", "by", "wished_at", "asked_at", "times",
        "heard_words", "heard_at",
    )  # fmt: skip
    readonly_fields = fields
    list_select_related = ("by",)
    search_fields = ("task",)
    search_help_text = _("A task's number.")

    of_task = belongs_to("task", _("task"))

    def found(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        return of_task_number(rows, words)

    @admin.display(description=_("reason"))
    def why(self, row: Question) -> str:
        return " ".join(row.sentences)
