"""What the provider's balance should have done between two readings, by our own ledger.

The provider lists no charges to us: all that it tells is what is left. So two readings are compared
with what we sent in between, and this is what it means that the ledger *explains* a difference:

* `moved` is the balance at the first reading less that at the second. Negative: it rose.
* For each task the provider had taken, at the moment of a reading, an amount that we know in part:

  - nothing, when the reading was over before the task was sent;
  - what the ledger says today that the task cost (its settled price and every adjust; nothing after
    a release), when the task was over before the reading was begun. A task is over when it has
    ended; one that was sent and not answered is over when it became unknown. An unknown's ledger
    says nothing, for its money is only held: that the provider took it is for somebody to find out,
    and so it does not explain anything. Written off, it has cost its price.
  - anything from nothing to its price (or its cost, if that is more) in between: it is *in flight*.
    Whether the provider takes its money with the create or with the picture is not documented.

  What a task can account for is the amount at the second reading less that at the first: a range,
  which is a single figure unless the task was in flight at one of them.
* The sums of these ranges over all tasks are `low` and `high`. The ledger explains the difference
  when `moved` lies between them, or out by one kopeck: each reading is rounded by half a one.
* More than `high` has left the balance: the rest is *unexplained*, and positive.
* Less than `low` has left it, and it fell or stood still: the rest is unexplained, and negative.
  The ledger counts something as spent that the provider did not take.
* It rose by more than the ledger explains: somebody topped it up, or the provider paid something
  back. That is shown, and alarms nobody. What else left it in that time cannot be told from it.

The *candidates* of an unexplained difference are the tasks whose cost is anybody's guess, or was
the provider's own word, and whose money may have moved between the two readings: unknown, written
off, recorded as not charged, failed with nothing said about money, and done at another cost than
its price. What an unknown costs may be taken up to CHARGE_SECONDS after it was sent. Where a
comparison (see comparison.py) has told what an unknown cost and between which readings, it is in
doubt no more: it is a candidate only where the ledger has another figure for it than that.

After a restore, what waited in the backup may have been sent since: between the last reading before
the restore, which the backup holds, and the restore itself. Such a task is in doubt like any other
unknown, until the provider says when it took it.

A slip that is smaller than what was in flight hides behind it; a house at rest shows every kopeck.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from .event import DOUBTS, Event
from .numbers import numbers
from .states import TaskStatus
from .task import Task
from .verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

S = TaskStatus

ROUNDING = 1
"""Kopecks: two readings are rounded by half a kopeck each."""
MOST_CANDIDATES = 20


class Read(Protocol):
    """A reading of the balance: it was asked for, and had come, at these times."""

    @property
    def asked_at(self) -> datetime: ...
    @property
    def read_at(self) -> datetime: ...
    @property
    def kopecks(self) -> int | None: ...


@dataclass(frozen=True)
class Told:
    """What a comparison of balances has decided of an unknown task."""

    is_charged: bool
    since: datetime
    """When the readings had come between which it was charged, if it was."""
    until: datetime


@dataclass(frozen=True)
class Sent:
    """A task that was sent, as its money is seen from outside."""

    pk: int
    price: int
    spent: int
    """Kopecks that the ledger says it cost, as of now."""
    sent_at: datetime
    over_at: datetime | None = None
    """Since when the provider has taken what the ledger says; None: that is still to come."""
    is_doubtful: bool = False
    """Whether the provider took its price is not known: unknown, written off, failed silently."""
    is_candidate: bool = False
    told: Told | None = None

    def taken_at(self, reading: Read) -> tuple[int, int]:
        """The least and the most that the provider had taken for it at the reading."""
        if reading.read_at <= self.sent_at:
            return 0, 0
        if self.over_at is not None and self.over_at <= reading.asked_at:
            return self.spent, self.spent
        return 0, max(self.price, self.spent)

    def between(self, before: Read, after: Read) -> tuple[int, int]:
        """The least and the most that can have left the balance for it between the readings."""
        was, then = self.taken_at(before), self.taken_at(after)
        return then[0] - was[1], then[1] - was[0]

    def may_have_moved(self, before: Read, after: Read) -> bool:
        """Whether money that the ledger does not know of may have moved for it in between."""
        late = self.sent_at + timedelta(seconds=settings.CHARGE_SECONDS)
        until = late if self.over_at is None else max(self.over_at, late)
        return self.sent_at < after.read_at and until > before.asked_at

    def known(self, before: Read, after: Read) -> int | None:
        """What left the balance for it between the readings, where that was told; else None."""
        if self.told is None:
            return None
        since, until = self.told.since, self.told.until
        if not self.told.is_charged or until <= before.read_at or after.read_at <= since:
            return 0
        is_within = before.read_at <= since and until <= after.read_at
        return self.price if is_within else None

    def may_differ(self, before: Read, after: Read) -> bool:
        """Whether between the readings it may have cost anything else than the ledger says."""
        known = self.known(before, after)
        if known is None:
            return self.may_have_moved(before, after)
        least, most = self.between(before, after)
        return not least <= known <= most


@dataclass(frozen=True)
class Reckoning:
    """What left the balance between two readings, and what the ledger has for it. Kopecks."""

    moved: int
    low: int
    high: int
    candidates: Sequence[int] = field(default_factory=tuple)
    """Tasks, the likeliest first; none while everything is explained."""

    @property
    def unexplained(self) -> int:
        """More than the ledger knows of left the balance (positive), or less (negative)."""
        if self.moved > self.high + ROUNDING:
            return self.moved - self.high
        if 0 <= self.moved < self.low - ROUNDING:
            return self.moved - self.low
        return 0

    @property
    def topped_up(self) -> int:
        """By how much it rose above what the ledger explains, at least."""
        return self.low - self.moved if self.moved < min(0, self.low - ROUNDING) else 0


def reckon(before: Read, after: Read, tasks: Iterable[Sent]) -> Reckoning:
    """Compare two readings with the ledger of the tasks that were sent meanwhile."""
    tasks = list(tasks)
    ranges = [task.between(before, after) for task in tasks]
    moved = (before.kopecks or 0) - (after.kopecks or 0)
    found = Reckoning(moved, sum(low for low, _ in ranges), sum(high for _, high in ranges))
    if not found.unexplained:
        return found
    suspects = [t for t in tasks if t.is_candidate and t.may_differ(before, after)]
    # Whose price is just what is missing comes first, then the newest.
    suspects.sort(key=lambda task: (task.price != abs(found.unexplained), -task.pk))
    named = tuple(task.pk for task in suspects[:MOST_CANDIDATES])
    return Reckoning(found.moved, found.low, found.high, named)


def sent_between(provider: str, before: Read, after: Read) -> list[Sent]:
    """Tasks whose money may have moved at this provider between the readings."""
    since = before.asked_at - timedelta(seconds=settings.MONEY_MOVES_SECONDS)
    # What was long over before the first reading has the same share in both.
    over = before.asked_at - timedelta(seconds=settings.CHARGE_SECONDS)
    doubts, restored = {}, set()
    lines = Event.objects.filter(kind__in=DOUBTS, created_at__gt=since)
    for pk, kind, at in lines.values_list("task_id", "kind", "created_at"):
        doubts[pk] = at
        if kind == "restored" and at < after.read_at:
            restored.add(pk)
    sent = Q(sent_at__gt=since, sent_at__lt=after.read_at)
    if restored:
        sent |= Q(sent_at=None, pk__in=numbers(restored))
    rows = (
        Task.objects.filter(sent, provider=provider)
        .filter(Q(ended_at=None) | Q(ended_at__gt=over))
        .order_by()
        .annotate(ledger=Coalesce(Sum("charges__spent_kopecks"), 0))
        .values(
            "pk", "price_kopecks", "ledger", "sent_at", "ended_at", "accepted_at", "status",
            "reason", "cost_kopecks", "comparison__verdict", "comparison__before_at",
            "comparison__after_at", "created_at",
        )
    )  # fmt: skip
    return [_sent(row, doubts.get(row["pk"]), before) for row in rows]


def _sent(row: Mapping[str, Any], doubted_at: datetime | None, before: Read) -> Sent:
    status, cost = row["status"], row["cost_kopecks"]
    unconfirmed = status == S.FAILED and row["accepted_at"] is not None and cost is None
    by_hand = status == S.FAILED and row["reason"] == "not-charged"
    unanswered = status in {S.UNKNOWN, S.WRITTEN_OFF} or by_hand
    other_cost = cost is not None and cost != row["price_kopecks"]
    return Sent(
        pk=row["pk"],
        price=row["price_kopecks"],
        spent=row["ledger"],
        sent_at=row["sent_at"] or _sent_since(row, doubted_at, before),
        over_at=(doubted_at if unanswered else None) or row["ended_at"],
        is_doubtful=status in {S.UNKNOWN, S.WRITTEN_OFF} or unconfirmed,
        is_candidate=unanswered or unconfirmed or other_cost,
        told=_told(row) if unanswered else None,
    )


def _sent_since(row: Mapping[str, Any], restored_at: datetime | None, before: Read) -> datetime:
    """Since when a task of the backup may have been sent: it waited still at each reading before
    the restore; at each after it, it had been sent.
    """
    assert restored_at is not None
    waited_until: datetime = max(row["created_at"], before.read_at)
    return min(waited_until, restored_at)


def _told(row: Mapping[str, Any]) -> Told | None:
    verdict = row["comparison__verdict"]
    since, until = row["comparison__before_at"], row["comparison__after_at"]
    if verdict not in {Verdict.CHARGED, Verdict.FREE} or since is None or until is None:
        return None
    return Told(verdict == Verdict.CHARGED, since, until)
