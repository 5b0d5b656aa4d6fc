"""An administrator's word that the provider knows an unknown task by an id: to be looked into."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .reasons import MISMATCHES, sentence
from .states import TaskStatus
from .task import Task
from .task_queryset import RemoteIdTaken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .user import User

TIMES = 5
"""Without a usable answer the provider is asked so often, once a minute; then it is given up."""
AGAIN_SECONDS = 30
CLOCK_SECONDS = 120
"""By so much may the provider's clock differ from ours."""

WORDS: dict[str, str | Promise] = {
    # Refused.
    "taken": _("This id belongs to another task already."),
    "no-such-task": _("The provider does not know this id."),
    "no-answer": _("The provider gave no usable answer about this id."),
    "moved-on": _("Its state has changed in the meantime."),
    **MISMATCHES,
}


class Standing(models.TextChoices):
    ASKING = "asking", _("the provider is being asked")
    DOUBTED = "doubted", _("waits for a second confirmation")
    REFUSED = "refused", _("refused")
    ANSWERED = "answered", _("it is this task")


class QuestionQuerySet(models.QuerySet["Question"]):
    def ask(self, task: Task, remote_id: str, *, by: User) -> bool:
        """Have the provider asked whether it knows the task by this id. Raises RemoteIdTaken.

        Another question about the same task is forgotten.
        """
        if self._is_anothers(task.pk, task.provider, remote_id):
            raise RemoteIdTaken(remote_id)
        if task.status not in {TaskStatus.UNKNOWN, TaskStatus.WRITTEN_OFF}:
            return False
        fresh = {
            "remote_id": remote_id, "by": by, "wished_at": timezone.now(), "asked_at": None,
            "times": 0, "standing": Standing.ASKING, "reasons": [], "heard_words": "",
            "heard_at": None,
        }  # fmt: skip
        self.update_or_create(task=task, defaults=fresh)
        return True

    def due(self) -> QuestionQuerySet:
        """To be put to the current provider now."""
        rested = Q(asked_at=None) | Q(
            asked_at__lte=timezone.now() - timedelta(seconds=AGAIN_SECONDS)
        )
        current = Task.objects.current().values("pk")
        return self.filter(rested, standing=Standing.ASKING, task__in=current).order_by("pk")

    def put_off(self, pk: int, remote_id: str) -> None:
        """No usable answer: ask again, or give up after so many times."""
        row = self._asking(pk, remote_id)
        row.update(times=F("times") + 1, asked_at=timezone.now())
        row.filter(times__gte=TIMES).update(standing=Standing.REFUSED, reasons=["no-answer"])

    def refuse(self, pk: int, remote_id: str, reason: str) -> bool:
        """The id is none of this task's."""
        row = self._asking(pk, remote_id)
        told = {"standing": Standing.REFUSED, "reasons": [reason], "asked_at": timezone.now()}
        return row.update(**told) == 1

    def hear(
        self, pk: int, remote_id: str, prompt: str | None, words: str, created_at: datetime | None
    ) -> bool:
        """The provider knows the id, and says this of it: the task is identified, or it waits for
        a second confirmation because something does not match. Whether it was identified.
        """
        question = self._asking(pk, remote_id).select_related("task__batch__prompt", "by").first()
        if question is None:
            return False
        wrong = _mismatches(question.task, prompt, created_at)
        told = {"heard_words": words[:500], "heard_at": created_at, "asked_at": timezone.now()}
        self._asking(pk, remote_id).update(**told)
        if wrong:
            self._asking(pk, remote_id).update(standing=Standing.DOUBTED, reasons=wrong)
            return False
        question.heard_at = created_at
        return self._identify(question, self._asking(pk, remote_id), by=question.by)

    def confirm(self, task: Task, remote_id: str, *, by: User) -> bool:
        """An administrator says that it is this task although something does not match."""
        row = self.filter(task=task, remote_id=remote_id, standing=Standing.DOUBTED)
        question = row.select_related("task").first()
        return question is not None and self._identify(question, row, by=by)

    def withdraw(self, task: Task) -> bool:
        """It is another task, or was a slip of the pen."""
        open_ones = self.filter(task=task).exclude(standing=Standing.ANSWERED)
        return open_ones.delete()[0] > 0

    @transaction.atomic
    def forget_words(self, prompt_id: int) -> int:
        """The provider repeats a prompt: what is purged goes from its answers too. How many."""
        return self.filter(task__batch__prompt=prompt_id).update(heard_words="")

    def _identify(self, question: Question, row: QuestionQuerySet, *, by: User) -> bool:
        # First the question: of two answers, or two confirmations, one moves the task.
        if row.update(standing=Standing.ANSWERED, reasons=[], heard_words="") != 1:
            return False
        mine = self.filter(pk=question.pk)
        try:
            at = _taken_at(question)
            if Task.objects.identify(
                question.task_id, question.remote_id, by=by, taken_at=at,
                overruled=question.reasons,
            ):  # fmt: skip
                return True
        except RemoteIdTaken:
            mine.update(standing=Standing.REFUSED, reasons=["taken"])
            return False
        mine.update(standing=Standing.REFUSED, reasons=["moved-on"])
        return False

    def _asking(self, pk: int, remote_id: str) -> QuestionQuerySet:
        # By its id too: another may have been given while the provider was asked.
        return self.filter(pk=pk, remote_id=remote_id, standing=Standing.ASKING)

    def _is_anothers(self, pk: int, provider: str, remote_id: str) -> bool:
        known = Task.objects.filter(provider=provider, remote_id=remote_id)
        return known.exclude(pk=pk).exists()


class Question(models.Model):
    """At most one for a task: the last id that was given for it, and what came of that."""

    task = models.OneToOneField(
        "gallery.Task", on_delete=models.PROTECT, related_name="question", verbose_name=_("task")
    )
    remote_id = models.CharField(_("provider's task id"), max_length=128)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("by whom"),
    )
    wished_at = models.DateTimeField(_("given at"), default=timezone.now)
    asked_at = models.DateTimeField(_("asked at"), null=True)
    times = models.PositiveSmallIntegerField(_("times without an answer"), default=0)
    standing = models.CharField(
        _("state"), max_length=8, choices=Standing, default=Standing.ASKING
    )  # fmt: skip
    # Codes of WORDS or of reasons.py.
    reasons = models.JSONField(_("reasons"), default=list)
    # What the provider has under the id: data, to be escaped wherever it is shown.
    heard_words = models.CharField(_("the provider's prompt"), max_length=500, blank=True)
    heard_at = models.DateTimeField(_("the provider's time"), null=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("question about an id")
        verbose_name_plural = _("questions about ids")

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def is_doubted(self) -> bool:
        return self.standing == Standing.DOUBTED

    @property
    def is_answered(self) -> bool:
        return self.standing == Standing.ANSWERED

    @property
    def sentences(self) -> Sequence[str]:
        """Why it was refused, or what does not match."""
        return [str(WORDS[code]) if code in WORDS else sentence(code) for code in self.reasons]


def _taken_at(question: Question) -> datetime | None:
    """When the provider took it: by its own clock, but after the order and before the restore."""
    heard_at, task = question.heard_at, question.task
    if heard_at is None:
        return None
    restored = task.events.filter(kind="restored").first()
    latest = restored.created_at if restored else timezone.now()
    return min(max(heard_at, task.created_at), latest)


def _mismatches(task: Task, prompt: str | None, created_at: datetime | None) -> list[str]:
    """Codes of what keeps the provider's task from being ours beyond doubt."""
    wrong = []
    if prompt is None:
        wrong.append("prompt-untold")
    elif _plain(prompt) != _plain(task.batch.prompt.text):
        wrong.append("prompt-differs")
    if created_at is None:
        wrong.append("time-untold")
    elif not _window(task)[0] <= created_at <= _window(task)[1]:
        wrong.append("time-outside")
    return wrong


def _plain(text: str) -> str:
    """As it reads: line ends and runs of spaces may not survive a service."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _window(task: Task) -> tuple[datetime, datetime]:
    """When the provider can have taken this task's create."""
    skew = timedelta(seconds=CLOCK_SECONDS)
    if task.sent_at is None:  # in doubt after a restore: sent some time since it was ordered
        return task.created_at - skew, timezone.now() + skew
    return task.sent_at - skew, task.sent_at + timedelta(seconds=settings.CLAIM_SECONDS) + skew
