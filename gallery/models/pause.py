"""Each time real spending stood still: why, since when, until when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from .reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .user import User

RESTORED = "restored"
"""The reason by which it is known that the installation was put back to a backup, and when."""

CLOCK = "clock"
"""The reason by which it is known that the clock jumped."""


class PauseQuerySet(models.QuerySet["Pause"]):
    @transaction.atomic
    def begin(self, at: datetime, reason: str, by: User | None, note: str) -> Pause:
        """Write down that spending was paused; what it took the place of ended then."""
        self.end(at)
        return self.create(paused_at=at, reason=reason, paused_by=by, note=note)

    def note_jump(self, at: datetime, seconds: float) -> None:
        """Write down that the clock jumped by so much to this time: on the line of the pause that
        it made, or on one beside what had paused spending before.
        """
        made = self.filter(reason=CLOCK, ended_at=None, jump_seconds=None, paused_at__gte=at)
        if not made.update(jump_seconds=round(seconds)):
            self.create(
                paused_at=at, reason=CLOCK, note=f"{seconds:+.0f} s", jump_seconds=round(seconds)
            )

    def end(self, at: datetime, by: User | None = None) -> int:
        """Write down that spending goes on; how many lines that ends."""
        return self.filter(ended_at=None).update(ended_at=at, resumed_by=by)

    def restores(self) -> list[datetime]:
        """When the installation was put back to a backup: each, for it is a rare thing."""
        return list(self.filter(reason=RESTORED).values_list("paused_at", flat=True))

    def jumps(self) -> list[tuple[datetime, int]]:
        """When the clock jumped, by the new time, and by how many seconds: the oldest first."""
        lines = self.filter(reason=CLOCK).order_by("pk")
        found = lines.values_list("paused_at", "jump_seconds")
        return [(at, seconds) for at, seconds in found if seconds is not None]

    def is_clock_doubted(self) -> bool:
        """Whether it jumped, and no administrator has resumed since."""
        return self.filter(reason=CLOCK, ended_at=None).exists()


def spans(restores: Iterable[datetime], since: datetime, until: datetime) -> bool:
    """Whether one of them lies between: after the first moment, and not after the second."""
    return any(since < at <= until for at in restores)


class Pause(models.Model):
    """A line of the history. Whether spending is paused now, the studio's row says alone."""

    reason = models.CharField(_("why spending is paused"), max_length=40)
    note = models.CharField(_("note"), max_length=500, blank=True)
    paused_at = models.DateTimeField(_("paused at"))
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("paused by"),
    )
    jump_seconds = models.BigIntegerField(_("jump of the clock, seconds"), null=True)
    ended_at = models.DateTimeField(_("until"), null=True)
    resumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("resumed by"),
    )

    objects = PauseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("pause of spending")
        verbose_name_plural = _("pauses of spending")

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def reason_sentence(self) -> str:
        return sentence(self.reason)
