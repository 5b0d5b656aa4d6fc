"""What it means that the ledger explains a difference of balances, in figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gallery.models.reckoning import Sent, Told, reckon

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@dataclass(frozen=True)
class Read:
    """A reading at so many minutes past noon, which took six seconds."""

    minutes: float
    kopecks: int | None

    @property
    def asked_at(self) -> datetime:
        return at(self.minutes)

    @property
    def read_at(self) -> datetime:
        return at(self.minutes + 0.1)


def task(
    sent: float, over: float | None, spent: int, *, price: int = 400, pk: int = 1, **of: Any
) -> Sent:
    over_at = None if over is None else at(over)
    return Sent(pk, price, spent, at(sent), over_at, **of)


def told(after: int, *tasks: Sent, before: int = 10_000) -> tuple[int, int, int, int]:
    """Low, high, unexplained and topped up between a reading at noon and one an hour later."""
    found = reckon(Read(0, before), Read(60, after), tasks)
    assert found.moved == before - after
    return found.low, found.high, found.unexplained, found.topped_up


WHOLE = task(10, 11, 400)
REFUNDED = task(10, 11, 0)


@pytest.mark.parametrize(
    ("after", "tasks", "expected"),
    [
        # Nothing was sent.
        (10_000, (), (0, 0, 0, 0)),
        (9_999, (), (0, 0, 0, 0)),  # half a kopeck twice
        (9_998, (), (0, 0, 2, 0)),
        (9_600, (), (0, 0, 400, 0)),
        # A rise is a top-up, and no alarm.
        (60_000, (), (0, 0, 0, 50_000)),
        (10_001, (), (0, 0, 0, 0)),
        # Sent and over between the two: its cost to the kopeck.
        (9_600, (WHOLE,), (400, 400, 0, 0)),
        (10_000, (WHOLE,), (400, 400, -400, 0)),
        (9_200, (WHOLE,), (400, 400, 400, 0)),
        (9_200, (WHOLE, WHOLE), (800, 800, 0, 0)),
        # Failed and paid back in between.
        (10_000, (REFUNDED,), (0, 0, 0, 0)),
        (9_600, (REFUNDED,), (0, 0, 400, 0)),
        # Topped up while something was bought.
        (109_600, (WHOLE,), (400, 400, 0, 100_000)),
        # Over before the first reading, or sent after the second: nothing to do with it.
        (10_000, (task(-20, -1, 400), task(61, None, 0)), (0, 0, 0, 0)),
        (9_600, (task(-20, -1, 400), task(61, None, 0)), (0, 0, 400, 0)),
        # In flight at the second reading: charged already, or not yet.
        (9_600, (task(59, None, 0),), (0, 400, 0, 0)),
        (10_000, (task(59, None, 0),), (0, 400, 0, 0)),
        (9_500, (task(59, None, 0),), (0, 400, 100, 0)),
        # In flight at the first: the charge was before, or came after.
        (9_600, (task(-1, 1, 400),), (0, 400, 0, 0)),
        (10_000, (task(-1, 1, 400),), (0, 400, 0, 0)),
        # In flight at the first, and failed since: what was taken came back.
        (10_400, (task(-1, 1, 0),), (-400, 0, 0, 0)),
        (10_000, (task(-1, 1, 0),), (-400, 0, 0, 0)),
        # In flight at both, for its whole price either way.
        (10_400, (task(-1, None, 0),), (-400, 400, 0, 0)),
        (9_600, (task(-1, None, 0),), (-400, 400, 0, 0)),
        # Sent within the second reading itself: it may be in it.
        (9_600, (task(60.05, None, 0),), (0, 400, 0, 0)),
        # It cost more than its price: the ledger was adjusted.
        (9_500, (task(10, 11, 500),), (500, 500, 0, 0)),
        (9_500, (task(59, None, 500),), (0, 500, 0, 0)),
        # Below nothing.
        (-9_600, (WHOLE,), (400, 400, 19_200, 0)),
    ],
)
def test_what_the_ledger_explains(
    after: int, tasks: tuple[Sent, ...], expected: tuple[int, int, int, int]
) -> None:
    assert told(after, *tasks) == expected


def unknown(sent: float, *, pk: int = 7, price: int = 400, spent: int = 0) -> Sent:
    return task(
        sent, sent + 3, spent, pk=pk, price=price, is_doubtful=True, is_candidate=True
    )  # fmt: skip


def test_an_unknown_that_was_charged_is_a_difference_and_its_candidate() -> None:
    found = reckon(Read(0, 10_000), Read(60, 9_200), [WHOLE, unknown(20)])
    assert (found.unexplained, found.candidates) == (400, (7,))


def test_an_unknown_that_was_not_charged_is_none() -> None:
    found = reckon(Read(0, 10_000), Read(60, 9_600), [WHOLE, unknown(20)])
    assert (found.unexplained, found.candidates) == (0, ())


def test_what_was_written_off_and_charged_is_explained_by_its_price() -> None:
    assert told(9_600, unknown(20, spent=400)) == (400, 400, 0, 0)


def test_what_was_written_off_and_not_charged_is_a_difference_the_other_way() -> None:
    found = reckon(Read(0, 10_000), Read(60, 10_000), [unknown(20, spent=400)])
    assert (found.unexplained, found.candidates) == (-400, (7,))


def test_a_doubt_hides_behind_no_reading() -> None:
    """Read right after it became unknown, the charge is in the difference to the reading before."""
    doubt = unknown(20)
    first, soon, late = Read(0, 10_000), Read(23.5, 9_600), Read(60, 9_600)
    assert reckon(first, soon, [doubt]).unexplained == 400
    assert reckon(soon, late, [doubt]).unexplained == 0
    # A charge that comes with the picture is in the next difference, and names the task too.
    soon = Read(23.5, 10_000)
    assert reckon(first, soon, [doubt]).unexplained == 0
    found = reckon(soon, late, [doubt])
    assert (found.unexplained, found.candidates) == (400, (7,))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, (7,)),
        (Told(is_charged=True, since=at(0.1), until=at(60.1)), (7,)),
        (Told(is_charged=True, since=at(1), until=at(59)), (7,)),
        # It was charged before, or after.
        (Told(is_charged=True, since=at(-9), until=at(0.1)), ()),
        (Told(is_charged=True, since=at(60.1), until=at(90)), ()),
        # It may have been charged before or after.
        (Told(is_charged=True, since=at(-9), until=at(50)), (7,)),
        (Told(is_charged=True, since=at(9), until=at(70)), (7,)),
        (Told(is_charged=False, since=at(0.1), until=at(60.1)), ()),
        (Told(is_charged=False, since=at(-9), until=at(90)), ()),
    ],
)
def test_what_was_told_of_an_unknown_is_in_doubt_no_more(
    told: Told | None, expected: tuple[int, ...]
) -> None:
    doubt = task(1, 2, 0, pk=7, is_doubtful=True, is_candidate=True, told=told)
    found = reckon(Read(0, 10_000), Read(60, 9_600), [doubt])
    assert (found.unexplained, found.candidates) == (400, expected)


def test_candidates_begin_with_the_price_that_is_missing() -> None:
    doubts = [unknown(20, pk=1, price=400), unknown(21, pk=2, price=1200), unknown(22, pk=3)]
    old = unknown(-30, pk=4, price=1200)
    found = reckon(Read(0, 10_000), Read(60, 8_800), [*doubts, old, WHOLE])
    assert (found.unexplained, found.candidates) == (800, (3, 2, 1))
    found = reckon(Read(0, 10_000), Read(60, 8_800), [*doubts, old])
    assert (found.unexplained, found.candidates) == (1200, (2, 3, 1))


def test_what_is_in_flight_hides_as_much_as_its_price() -> None:
    """Known, and said in the docstring: only a house at rest shows every kopeck."""
    flying = task(59, None, 0, pk=2)
    assert reckon(Read(0, 10_000), Read(60, 9_600), [flying, unknown(20)]).unexplained == 0
    assert reckon(Read(0, 10_000), Read(60, 9_200), [flying, unknown(20)]).unexplained == 400
