"""What can be asked of tasks: which of them, and how many. Nothing here changes a row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Count, Exists, F, Q, Sum, Window
from django.db.models.functions import Coalesce, Least, RowNumber
from django.utils import timezone

from .event import Event
from .image_model import ImageModel
from .numbers import numbers
from .states import OPEN, PAID_NOT_SAVED, TROUBLED, TaskStatus
from .studio import Studio

if TYPE_CHECKING:
    from collections.abc import Iterable

    from . import task  # noqa: F401  (named in the base class of the QuerySet below)
    from .user import User

S = TaskStatus

CONTENT_REFUSED = "content-refused"
"""The reason of a task whose content the provider refused."""

DEMO = "demo"
"""What a task for the built-in provider carries instead of an API's URL."""


LINK_FROM = Least(Coalesce("link_since", "ready_at"), "ready_at")
"""Since when a ready picture's link may have lived: nobody may have asked when it became ready."""


def now_and(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


class TaskFilters(models.QuerySet["task.Task"]):
    def of(self, user: User) -> Self:
        return self.filter(owner=user)

    def for_cards(self) -> Self:
        """With everything that a card shows."""
        return self.select_related("batch__prompt", "model", "owner", "image", "comparison")

    def on_studio_page(self) -> Self:
        """What stands above the gallery: open tasks, and troubled ones until dismissed.

        An open task never carries a dismissal, so no OR keeps the index of owner and state away.
        """
        return self.filter(status__in=OPEN | TROUBLED, dismissed_at=None).order_by(
            "-batch_id", "position"
        )

    def nearest(self, most: int) -> Self:
        """At most so many of these: the newest of what is under way or in trouble, for which there
        is half the room, and of what waits that which is sent next.
        """
        begun = self.exclude(status=S.QUEUED).order_by("-batch_id", "position")
        shown = list(begun.values_list("pk", flat=True)[: most // 2])
        waiting = self.current().filter(status=S.QUEUED).order_by("due_at", "pk")
        shown += waiting.values_list("pk", flat=True)[: most - len(shown)]
        return self.filter(pk__in=numbers(shown))

    def queue(self) -> tuple[int, int]:
        """How many of these wait to be sent, and the kopecks that are held for them: of the kind of
        money that is spent now.
        """
        sums = (
            self.current()
            .filter(status=S.QUEUED)
            .aggregate(count=Count("pk"), held=Sum("price_kopecks"))
        )
        return sums["count"], sums["held"] or 0

    def failed_between(self, since: datetime, until: datetime) -> Self:
        return self.filter(status=S.FAILED, ended_at__gt=since, ended_at__lte=until)

    def doubtful_between(self, since: datetime, until: datetime) -> Self:
        """Given up as lost in that time, or sent in it and unknown ever since."""
        lost = Q(status=S.LOST, ended_at__gt=since, ended_at__lte=until)
        return self.filter(lost | Q(status=S.UNKNOWN, sent_at__gt=since, sent_at__lte=until))

    def newest_of_each(self, prompts: Iterable[int], most: int) -> Self:
        """At most so many tasks of each of these prompts, the newest first."""
        rank = Window(RowNumber(), partition_by=F("batch__prompt"), order_by=F("pk").desc())
        ranked = self.filter(batch__prompt__in=prompts).annotate(rank=rank)
        return ranked.filter(rank__lte=most).order_by("-pk")

    def counts_by_prompt(self, prompts: Iterable[int]) -> dict[int, int]:
        """How many tasks each of these prompts has."""
        tasks = self.filter(batch__prompt__in=prompts).order_by()
        return dict(tasks.values_list("batch__prompt").annotate(Count("pk")))

    def current(self) -> Self:
        """Tasks for the provider that is configured now; no other is ever sent to or asked."""
        return self.filter(provider=settings.PROVIDER)

    def real(self) -> Self:
        """Tasks that cost real money."""
        return self.exclude(provider=DEMO)

    def stranded(self) -> dict[str, int]:
        """How many real tasks under way each provider of former days has: nobody asks about them
        until it is configured again.
        """
        rows = self.real().exclude(provider=settings.PROVIDER).filter(status__in=PAID_NOT_SAVED)
        return dict(rows.order_by().values_list("provider").annotate(Count("pk")))

    def unknown(self) -> Self:
        """Sent, without a usable answer."""
        return self.filter(status=S.UNKNOWN)

    def restored_between(self, since: datetime, until: datetime) -> Self:
        """In doubt after a restore of that time, and nobody knows when they were sent."""
        lines = Event.objects.filter(kind="restored", created_at__gt=since, created_at__lte=until)
        return self.filter(sent_at=None, pk__in=lines.values("task"))

    def timed(self) -> Self:
        """From the provider's yes to the picture: both moments are known.

        Not where the id was given by hand: that was accepted long before anybody here knew.
        """
        return self.filter(accepted_at__isnull=False, ready_at__isnull=False, question=None)

    def in_doubt_since(self, most: int) -> list[datetime]:
        """When the newest of what is unknown or written off was sent, or restored from a backup."""
        doubtful = self.filter(status__in=(S.UNKNOWN, S.WRITTEN_OFF))
        sent = doubtful.filter(sent_at__isnull=False).order_by("-sent_at")
        restored = Event.objects.filter(
            kind="restored", task__in=doubtful.filter(sent_at=None).values("pk")
        )
        # All of one restore share a moment, or nearly.
        moments = restored.order_by("-created_at").values_list("created_at", flat=True)
        sendings = [at for at in sent.values_list("sent_at", flat=True)[:most] if at]
        return [*sendings, *moments[:most]]

    def price_of_all(self) -> int:
        """Their prices together, in kopecks."""
        return self.aggregate(sum=Sum("price_kopecks"))["sum"] or 0

    def content_refused(self) -> Self:
        """Refused for their content: repeats may cost the installation its key."""
        return self.filter(status=S.FAILED, reason=CONTENT_REFUSED)

    def due(self, within: float = 0.0) -> Self:
        """Due now, or within so many seconds."""
        return self.filter(due_at__lte=now_and(within))

    def unpaused(self) -> Self:
        """Whose money may be spent now: a pause stops real spending, never the demo."""
        paused = Exists(Studio.objects.filter(pk=1, paused_at__isnull=False))
        return self.filter(Q(provider=DEMO) | ~Q(paused))

    def unheld(self) -> Self:
        """Of people whose sending is not held after refusals of content."""
        return self.exclude(owner__in=get_user_model().objects.held().values("pk"))

    def sendable(self, within: float = 0.0) -> Self:
        """Queued, due and past every gate."""
        return (
            self.current()
            .due(within)
            .unpaused()
            .unheld()
            .filter(
                status=S.QUEUED,
                model__in=ImageModel.objects.enabled().values("pk"),
                owner__in=get_user_model().objects.filter(is_active=True).values("pk"),
            )
        )

    def fairly(self) -> Self:
        """Round robin over the owners: whoever was served longest ago comes first."""
        return self.order_by(F("owner__last_sent_at").asc(nulls_first=True), "due_at", "pk")

    def pollable(self, within: float = 0.0) -> Self:
        """Due to be asked about."""
        return self.current().due(within).filter(status=S.RENDERING)

    def savable(self, within: float = 0.0) -> Self:
        """Waiting for their file, and nobody is fetching it."""
        free = Q(claimed_until=None) | Q(claimed_until__lte=timezone.now())
        return self.current().due(within).filter(free, status=S.SAVING)

    def unsaved(self, seconds: float) -> Self:
        """Paid for, ready for as long as may be and not saved, be it at a provider of former days.

        Demo pictures only while the demo is what this installation runs: nobody paid for them.
        """
        ready = self.filter(status__in=PAID_NOT_SAVED, ready_at__isnull=False)
        unsaved = ready.alias(link_from=LINK_FROM).filter(link_from__lte=now_and(-seconds))
        return unsaved if settings.IS_DEMO else unsaved.real()

    def queued_of_the_gone(self) -> Self:
        """Sent back after their owner's account was closed, which cancels what is queued."""
        gone = get_user_model().objects.filter(is_active=False).values("pk")
        return self.filter(status=S.QUEUED, owner__in=gone)

    def overdue_sends(self) -> Self:
        """Left in sending by a worker that died."""
        return self.filter(status=S.SENDING, claimed_until__lte=timezone.now())

    def doubted_since(self, when: datetime) -> int:
        """How many sends this provider left without a usable answer; our own deaths aside."""
        return (
            Event.objects.filter(kind="unknown", created_at__gte=when)
            .filter(task__provider=settings.PROVIDER)
            .exclude(facts__reason="sender-died")
            .count()
        )

    def unalarmed(self, level: int) -> Self:
        """Not saved for as long as this alarm waits, and nobody has been told so this loudly."""
        quieter = Q(alarm=None) | Q(alarm__lt=level)
        return self.unsaved(settings.ALARM_SECONDS[level - 1]).filter(quieter)
