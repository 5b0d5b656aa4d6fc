"""The story of a task: one line for each thing that happened to it, never edited."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .on_commit import log_on_commit
from .reasons import MISMATCHES, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from django.utils.functional import Promise

    from .task import Task
    from .user import User

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

GRAVE = frozenset({"unknown", "written-off", "lost", "restored"})
"""What an operator should see: money or a picture may be gone."""

TOLD = ("reason", "remote_id", "seconds", "status")
"""Facts for the log too. The others are what a provider or a person wrote: it may hold a prompt."""

DOUBTS = ("unknown", "restored")
"""How a task comes into doubt; these lines carry what is known of the answer."""

OWNER_NOTE = "owner-note"
"""What a task's owner knows of it: a word, which moves no money."""

WORDS: dict[str, str | Promise] = {
    "held": _("Accepted; its price is held"),
    "canceled": _("Canceled"),
    "sending": _("Sending"),
    "sent-back": _("Not sent; back in the queue"),
    "accepted": _("Accepted by the provider"),
    "refused": _("Refused by the provider"),
    "unknown": _("Sent, with no usable answer"),
    "identified": _("The provider's task became known"),
    "not-charged": _("Recorded as not charged"),
    "written-off": _("Written off"),
    "ready": _("The picture is ready at the provider"),
    "failed": _("The provider could not make the picture"),
    "relinked": _("The link was no good; a new one is asked for"),
    "saved": _("Saved"),
    "lost": _("Given up: no picture could be had"),
    "asked-again": _("Asked for again"),
    "rescued": _("Saved from an uploaded file"),
    "restored": _("In doubt after a restore"),
    OWNER_NOTE: _("Note by its owner"),
}


def _whole(fact: Any) -> int | None:
    return fact if isinstance(fact, int) else None


class EventQuerySet(models.QuerySet["Event"]):
    def record(self, task_id: int, kind: str, *, actor: User | None = None, **facts: Any) -> Event:
        """Add a line. Facts are plain values: reason, detail, seconds, remote id, SHA-256."""
        event = self.create(task_id=task_id, kind=kind, actor=actor, facts=facts)
        event.log_when_committed()
        return event

    def record_all(self, tasks: Iterable[Task], kind: str, *, actor: User | None = None) -> None:
        for event in self.bulk_create(Event(task=task, kind=kind, actor=actor) for task in tasks):
            event.log_when_committed()

    def owners_note(self, task_id: int) -> str:
        """The last word of a task's owner; empty when there is none."""
        said = self.filter(task=task_id, kind=OWNER_NOTE).order_by("pk").last()
        return said.note if said else ""

    def doubts(self, tasks: Iterable[int]) -> dict[int, Event]:
        """The line with which each of these tasks came into doubt; the last, when there are more.

        No query at all when there are no such tasks.
        """
        lines = self.filter(task__in=list(tasks), kind__in=DOUBTS).order_by("pk")
        return {event.task_id: event for event in lines}


class Event(models.Model):
    task = models.ForeignKey(
        "gallery.Task", on_delete=models.PROTECT, related_name="events", verbose_name=_("task")
    )
    kind = models.CharField(_("kind"), max_length=20)
    facts = models.JSONField(_("facts"), default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("by whom"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [models.Index(fields=["kind", "created_at"], name="event_of_kind")]

    def __str__(self) -> str:
        return f"{self.words} · {self.task_id}"

    def log_when_committed(self) -> None:
        """Tell the log, unless it is rolled back: then it did not happen."""
        level = logging.WARNING if self.kind in GRAVE else logging.INFO
        told = {name: self.facts[name] for name in TOLD if self.facts.get(name)}
        log_on_commit(log, level, self.kind, task=self.task_id, by=self.actor_id, **told)

    @property
    def words(self) -> str:
        return str(WORDS.get(self.kind, self.kind))

    @property
    def reason_sentence(self) -> str:
        """Why; and of an id that was given, what somebody confirmed it in spite of."""
        overruled = [str(MISMATCHES[code]) for code in self.facts.get("overruled", ())]
        return " ".join([*overruled, sentence(self.facts.get("reason", ""))]).strip()

    @property
    def is_doubt(self) -> bool:
        return self.kind in DOUBTS

    @property
    def waited(self) -> float | None:
        """Seconds for which an answer was waited for, where that was measured."""
        seconds = self.facts.get("seconds")
        return float(seconds) if isinstance(seconds, int | float) else None

    @property
    def http_status(self) -> int | None:
        """The last status line that the provider answered with."""
        return _whole(self.facts.get("status"))

    @property
    def received(self) -> int | None:
        """Bytes of the answer that came; None where nobody lived to count them."""
        return _whole(self.facts.get("received"))

    @property
    def note(self) -> str:
        """What a person wrote: data, to be escaped wherever it is shown."""
        return str(self.facts.get("note", ""))

    @property
    def detail(self) -> str:
        """What the provider or a person said: data, to be escaped wherever it is shown."""
        return str(self.facts.get("detail", ""))
