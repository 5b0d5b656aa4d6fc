"""The provider's account as the panel draws it: the balance, our ledger beside it, what differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from .balance import DRAWN, Balance
from .pause import Pause, spans
from .task import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_POINTS = 300
"""Readings that are drawn: more would only fall on each other."""
MOST_FLAGS = 5
MOST_ROWS = 12


@dataclass(frozen=True)
class Point:
    """The balance at a moment, and what it would be by our ledger alone. Kopecks."""

    at: datetime
    balance: int
    ledger: int
    unexplained: int = 0
    topped_up: int = 0


@dataclass(frozen=True)
class Difference:
    """Between two readings, and not explained: with the tasks that may have made it."""

    reading: Balance
    candidates: Sequence[Task]
    spans_restore: bool
    """What was ordered between a backup and its restore is in no ledger."""

    @property
    def most_kopecks(self) -> int:
        """What all of them together can have cost, at most."""
        return sum(max(task.price_kopecks, task.cost_kopecks or 0) for task in self.candidates)


@dataclass(frozen=True)
class Account:
    """What is left at the provider, and how it came to that."""

    newest: Balance | None
    """The last reading, which may have failed."""
    now: Balance | None
    """The last one that did not."""
    points: Sequence[Point]
    differences: Sequence[Difference]
    rows: Sequence[Balance]

    @property
    def topped_up(self) -> int:
        return sum(point.topped_up for point in self.points)

    @property
    def unexplained(self) -> int:
        return sum(point.unexplained for point in self.points)


def account() -> Account:
    """The account of the current provider over the last 30 days; five queries at most."""
    since = timezone.now() - DRAWN
    rows = list(Balance.objects.current().order_by("-pk")[:MOST_ROWS])
    good = [row for row in rows if row.kopecks is not None]
    flagged = Balance.objects.current().flagged().filter(read_at__gte=since)
    now = good[0] if good else Balance.objects.current().good().order_by("-pk").first()
    return Account(
        newest=rows[0] if rows else None,
        now=now,
        points=_points(since),
        differences=differences(list(flagged.order_by("-read_at")[:MOST_FLAGS])),
        rows=rows,
    )


def _points(since: datetime) -> list[Point]:
    """By time. The ledger's line starts at the first balance, is lifted by each top-up, and takes
    what was explained by hand.
    """
    found = (
        Balance.objects.current()
        .good()
        .filter(read_at__gte=since)
        .order_by("read_at", "pk")
        .values_list(
            "read_at", "kopecks", "ledger_kopecks", "unexplained_kopecks", "explained_kopecks",
            "topped_up_kopecks",
        )
    )  # fmt: skip
    points: list[Point] = []
    ledger = spent = 0
    for at, kopecks, spent_by_now, unexplained, explained, topped_up in found:
        assert kopecks is not None
        then = spent_by_now or 0
        if points and unexplained == explained:
            ledger -= explained
            unexplained = 0
        if points:
            ledger += topped_up - (then - spent)
        else:  # what came before the first is not in the picture
            ledger, unexplained, topped_up = kopecks, 0, 0
        spent = then
        points.append(Point(at, kopecks, ledger, unexplained, topped_up))
    return points


def drawn(points: Sequence[Point]) -> Sequence[Point]:
    """As many of the points as can be told apart, the last of all among them."""
    step = -(-len(points) // MOST_POINTS)
    return points if step < 2 else [*points[:-1:step], points[-1]]


def differences(rows: Sequence[Balance]) -> list[Difference]:
    """Each with its candidates; two queries for all, none for none."""
    if not rows:
        return []
    pks = {pk for row in rows for pk in row.candidates}
    tasks = Task.objects.select_related("owner").in_bulk(pks)
    restores = Pause.objects.restores()
    return [
        Difference(
            row,
            [tasks[pk] for pk in row.candidates if pk in tasks],
            row.since_at is not None and spans(restores, row.since_at, row.read_at),
        )
        for row in rows
    ]
