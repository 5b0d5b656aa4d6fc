"""The story of a task: one line for each thing that happened to it, never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from django.utils.functional import Promise

    from .task import Task
    from .user import User

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
}


class EventQuerySet(models.QuerySet["Event"]):
    def record(self, task_id: int, kind: str, *, actor: User | None = None, **facts: Any) -> Event:
        """Add a line. Facts are plain values: reason, detail, seconds, remote id, SHA-256."""
        return self.create(task_id=task_id, kind=kind, actor=actor, facts=facts)

    def record_all(self, tasks: Iterable[Task], kind: str, *, actor: User | None = None) -> None:
        self.bulk_create(Event(task=task, kind=kind, actor=actor) for task in tasks)


class Event(models.Model):
    task = models.ForeignKey("gallery.Task", on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20)
    facts = models.JSONField(default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["kind", "created_at"], name="event_of_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.task_id}"

    @property
    def words(self) -> str:
        return str(WORDS.get(self.kind, self.kind))

    @property
    def reason_sentence(self) -> str:
        return sentence(self.facts.get("reason", ""))

    @property
    def detail(self) -> str:
        """What the provider or a person said: data, to be escaped wherever it is shown."""
        return str(self.facts.get("detail", ""))
