"""Readings of the balance: young and old, compared with the ledger, thinned out, drawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import (
    Balance,
    Comparison,
    Event,
    Task,
    TaskStatus,
    User,
    Verdict,
    account,
    drawn,
)
from gallery.models.account import MOST_POINTS, Point
from tests.conftest import Submit

pytestmark = pytest.mark.django_db


def read(kopecks: int | None, ago: float = 0, **fields: Any) -> Balance:
    """A reading so many minutes ago, as the job writes it."""
    when = timezone.now() - timedelta(minutes=ago)
    if kopecks is None:
        row = Balance.objects.record_failure(when, fields.pop("reason", "timeout"))
    else:
        row = Balance.objects.record(when, kopecks, fields.pop("credit", 0))
    Balance.objects.filter(pk=row.pk).update(read_at=when, **fields)
    row.refresh_from_db()
    if kopecks is not None:
        Balance.objects.reconcile(row)
    return row


def doubt(task: Task, ago: float) -> None:
    """Sent so many minutes ago, and doubted a minute after."""
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.doubt(task.pk, claim, "timeout", "")
    when = timezone.now() - timedelta(minutes=ago)
    Task.objects.filter(pk=task.pk).update(sent_at=when, claimed_until=None)
    Event.objects.filter(task=task, kind="unknown").update(created_at=when + timedelta(minutes=1))


def finish(task: Task, ago: float, cost: int | None = None) -> None:
    """Sent so many minutes ago, and paid for a minute after."""
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.accept(task.pk, claim, f"{task.pk:08}")
    if cost is not None:
        Task.objects.filter(pk=task.pk).update(cost_kopecks=cost)
    assert Task.objects.lose(task.pk, "never-came")  # settles, without a file
    when = timezone.now() - timedelta(minutes=ago)
    Task.objects.filter(pk=task.pk).update(sent_at=when, ended_at=when + timedelta(minutes=1))


def test_a_young_reading_is_fresh_and_a_clock_put_back_makes_none() -> None:
    assert read(100).is_fresh
    assert not read(100, ago=1.1).is_fresh
    assert not read(100, ago=-60).is_fresh


def test_due_once_an_hour() -> None:
    assert Balance.objects.is_due()
    row = read(100)
    assert not Balance.objects.is_due()
    Balance.objects.filter(pk=row.pk).update(read_at=timezone.now() - timedelta(minutes=59))
    assert not Balance.objects.is_due()
    Balance.objects.filter(pk=row.pk).update(read_at=timezone.now() - timedelta(minutes=61))
    assert Balance.objects.is_due()


def test_due_when_it_could_not_be_read_for_five_minutes() -> None:
    row = read(None, ago=4)
    assert not Balance.objects.is_due()
    Balance.objects.filter(pk=row.pk).update(read_at=timezone.now() - timedelta(minutes=6))
    assert Balance.objects.is_due()


def test_due_after_a_task_became_unknown_and_when_its_charge_cannot_come_any_more(
    task: Task,
) -> None:
    read(100, ago=10)
    assert not Balance.objects.is_due()
    doubt(task, ago=5)
    assert Balance.objects.is_due()
    read(100, ago=3.5)
    assert not Balance.objects.is_due()
    Task.objects.filter(pk=task.pk).update(sent_at=timezone.now() - timedelta(minutes=16))
    assert Balance.objects.is_due()
    Balance.objects.all().delete()
    read(100, ago=0.5)
    assert not Balance.objects.is_due(), "a young one is never repeated"


@pytest.mark.parametrize(
    ("kopecks", "credit", "is_empty"),
    [(1, 0, False), (0, 0, True), (-1, 0, True), (-50, 100, False), (-100, 100, True),
     (-50, -100, False)],
)  # fmt: skip
def test_empty_is_without_credit_too(kopecks: int, credit: int, is_empty: bool) -> None:
    assert Balance(kopecks=kopecks, credit_kopecks=credit).is_empty == is_empty


def test_what_could_not_be_read_is_not_empty() -> None:
    assert not Balance(kopecks=None, reason="timeout").is_empty


def test_the_difference_to_the_good_reading_before(alice: User, submit: Submit) -> None:
    paid, charged, dear = submit(alice, count=3).tasks.order_by("pk")
    first = read(10_000, ago=60)
    assert first.moved_kopecks is None
    read(None, ago=45)
    finish(paid, ago=40)
    finish(dear, ago=35, cost=500)
    doubt(charged, ago=30)
    last = read(10_000 - 400 - 500 - 400)
    assert (last.moved_kopecks, last.low_kopecks, last.high_kopecks) == (1300, 900, 900)
    assert last.unexplained_kopecks == 400
    # Whose price is missing first; what cost another price than ours is a candidate as well.
    assert last.candidates == [dear.pk, charged.pk]
    assert last.since_at == first.read_at


def test_another_providers_tasks_and_readings_are_left_out(task: Task, settings: Any) -> None:
    read(10_000, ago=60, provider="https://other.example/v1")
    finish(task, ago=30)
    Task.objects.filter(pk=task.pk).update(provider="https://other.example/v1")
    read(9_000, ago=20)
    last = read(9_000)
    assert (last.low_kopecks, last.high_kopecks, last.unexplained_kopecks) == (0, 0, 0)


def test_a_resolved_doubt_takes_its_difference_with_it(task: Task, admin: User) -> None:
    read(10_000, ago=60)
    doubt(task, ago=30)
    row = read(9_600)
    assert row.unexplained_kopecks == 400
    assert Task.objects.write_off(task.pk, "given-up", by=admin)
    assert Balance.objects.reconcile_again() == 1
    row.refresh_from_db()
    assert (row.unexplained_kopecks, row.candidates) == (0, [])


def test_writing_off_what_was_never_charged_makes_one(task: Task, admin: User) -> None:
    read(10_000, ago=60)
    doubt(task, ago=30)
    row = read(10_000)
    assert row.unexplained_kopecks == 0
    assert Task.objects.write_off(task.pk, "given-up", by=admin)
    Balance.objects.reconcile_again()
    row.refresh_from_db()
    assert (row.unexplained_kopecks, row.candidates) == (-400, [task.pk])


def test_recorded_as_not_charged_though_it_was_stays_a_difference(task: Task, admin: User) -> None:
    read(10_000, ago=60)
    doubt(task, ago=30)
    row = read(9_600)
    assert Task.objects.clear(task.pk, "I think so", by=admin)
    Balance.objects.reconcile_again()
    row.refresh_from_db()
    assert (row.unexplained_kopecks, row.candidates) == (400, [task.pk])


def test_thinned_to_hours_and_days_but_for_what_tells_something() -> None:
    day = 24 * 60
    now = timezone.now().replace(minute=30)
    shift = (timezone.now() - now).total_seconds() / 60
    young = [read(100, ago=one) for one in (1, 2, day)]
    weeks = [read(100, ago=20 * day + shift + one) for one in (0, 1, 2, 3)]
    flagged = read(100, ago=20 * day + shift + 4)
    before = read(100, ago=20 * day + shift + 5)
    topped_up = read(100, ago=20 * day + shift + 6)
    failed = read(None, ago=20 * day)
    months = [read(100, ago=100 * day), read(100, ago=101 * day)]
    Balance.objects.filter(pk=flagged.pk).update(unexplained_kopecks=400)
    Balance.objects.filter(pk=topped_up.pk).update(topped_up_kopecks=400)
    Balance.objects.thin()
    left = set(Balance.objects.values_list("pk", flat=True))
    kept = {*young, weeks[0], flagged, before, topped_up, *months}
    assert left == {row.pk for row in kept}
    assert failed.pk not in left
    assert Balance.objects.thin() == 0


def test_the_account_over_thirty_days(alice: User, submit: Submit) -> None:
    paid, charged = submit(alice, count=2).tasks.order_by("pk")
    read(10_000, ago=60)
    finish(paid, ago=50)
    read(9_600, ago=40)
    read(19_600, ago=30)
    doubt(charged, ago=20)
    read(19_200, ago=2)
    read(None)
    found = account()
    assert found.newest
    assert found.newest.kopecks is None
    assert found.now
    assert found.now.kopecks == 19_200
    assert [point.balance for point in found.points] == [10_000, 9_600, 19_600, 19_200]
    assert [point.ledger for point in found.points] == [10_000, 9_600, 19_600, 19_600]
    assert (found.topped_up, found.unexplained) == (10_000, 400)
    (difference,) = found.differences
    assert [task.pk for task in difference.candidates] == [charged.pk]


def test_the_account_asks_as_much_for_many_as_for_few(alice: User, submit: Submit) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            account()
        return len(captured)

    read(10_000, ago=90)
    read(10_000, ago=85)
    assert queries() == 3  # nothing differs, and no restore is asked for
    doubt(submit(alice).tasks.get(), ago=80)
    read(9_600, ago=70)
    few = queries()
    for number in range(4):
        doubt(submit(alice).tasks.get(), ago=60 - number * 10)
        read(9_200 - number * 400, ago=55 - number * 10)
    assert queries() == few == 5


def test_no_more_points_are_drawn_than_can_be_told_apart() -> None:
    now = timezone.now()
    points = [Point(now + timedelta(minutes=one), one, one) for one in range(1000)]
    shown = drawn(points)
    assert len(shown) <= MOST_POINTS + 1
    assert (shown[0], shown[-1]) == (points[0], points[-1])
    assert drawn(points[:5]) == points[:5]


# What the balance says of one unknown task


def compared(task: Task) -> tuple[str, str]:
    found = Comparison.objects.write(task)
    return found.verdict, found.why


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (9_600, (Verdict.CHARGED, "")),
        (10_000, (Verdict.FREE, "")),
        (9_800, (Verdict.UNTOLD, "neither")),
        (59_600, (Verdict.UNTOLD, "neither")),
    ],
)
def test_alone(task: Task, after: int, expected: tuple[str, str]) -> None:
    read(10_000, ago=60)
    doubt(task, ago=30)
    task.refresh_from_db()
    assert compared(task) == (Verdict.UNTOLD, "no-after")
    read(after)
    assert compared(task) == expected
    found = Comparison.objects.get()
    assert (found.before_kopecks, found.after_kopecks, found.others) == (10_000, after, 0)


def test_not_charged_is_said_only_when_no_charge_can_follow(task: Task) -> None:
    read(10_000, ago=60)
    doubt(task, ago=10)
    task.refresh_from_db()
    row = read(10_000, ago=5)
    assert compared(task) == (Verdict.UNTOLD, "too-soon")
    # Charged is charged, however early it is seen.
    Balance.objects.filter(pk=row.pk).update(kopecks=9_600)
    assert compared(task) == (Verdict.CHARGED, "")
    Balance.objects.filter(pk=row.pk).update(kopecks=10_000)
    Task.objects.filter(pk=task.pk).update(sent_at=timezone.now() - timedelta(minutes=21))
    task.refresh_from_db()
    assert compared(task) == (Verdict.FREE, "")


def test_without_a_reading_before(task: Task) -> None:
    doubt(task, ago=30)
    task.refresh_from_db()
    read(10_000)
    assert compared(task) == (Verdict.UNTOLD, "no-before")


def test_the_first_late_reading_counts_and_not_what_came_after_it(task: Task) -> None:
    read(10_000, ago=60)
    doubt(task, ago=40)
    task.refresh_from_db()
    read(9_600, ago=20)
    read(5_000, ago=1)
    assert compared(task) == (Verdict.CHARGED, "")


def test_others_that_are_over_count_to_the_kopeck(task: Task, alice: User, submit: Submit) -> None:
    read(10_000, ago=60)
    doubt(task, ago=30)
    finish(submit(alice).tasks.get(), ago=25)
    task.refresh_from_db()
    read(9_200)
    assert compared(task) == (Verdict.CHARGED, "")
    found = Comparison.objects.get()
    assert (found.others, found.low_kopecks, found.high_kopecks) == (1, 400, 400)
    Balance.objects.filter(kopecks=9_200).update(kopecks=9_600)
    assert compared(task) == (Verdict.FREE, "")


def test_what_is_in_flight_may_be_what_was_charged(task: Task, alice: User, submit: Submit) -> None:
    read(10_000, ago=60)
    doubt(task, ago=30)
    flying = submit(alice).tasks.get()
    assert Task.objects.claim_send(flying.pk)
    Task.objects.filter(pk=flying.pk).update(sent_at=timezone.now() - timedelta(minutes=1))
    task.refresh_from_db()
    row = read(9_600)
    assert compared(task) == (Verdict.UNTOLD, "both")
    Balance.objects.filter(pk=row.pk).update(kopecks=10_000)
    assert compared(task) == (Verdict.FREE, "")
    Balance.objects.filter(pk=row.pk).update(kopecks=9_200)
    assert compared(task) == (Verdict.CHARGED, "")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (10_000, [(Verdict.FREE, ""), (Verdict.FREE, "")]),
        (9_600, [(Verdict.CHARGED, ""), (Verdict.FREE, "")]),
        (8_800, [(Verdict.FREE, ""), (Verdict.CHARGED, "")]),
        (8_400, [(Verdict.CHARGED, ""), (Verdict.CHARGED, "")]),
        (9_100, [(Verdict.UNTOLD, "neither"), (Verdict.UNTOLD, "neither")]),
    ],
)
def test_two_in_doubt_are_told_apart_by_their_prices(
    alice: User, submit: Submit, after: int, expected: list[tuple[str, str]]
) -> None:
    tasks = list(submit(alice, count=2).tasks.order_by("pk"))
    Task.objects.filter(pk=tasks[1].pk).update(price_kopecks=1200)
    read(10_000, ago=60)
    for task in tasks:
        doubt(task, ago=30)
        task.refresh_from_db()
    read(after)
    assert [compared(task) for task in tasks] == expected


def test_two_in_doubt_at_one_price_cannot_be_told_apart(alice: User, submit: Submit) -> None:
    tasks = list(submit(alice, count=2).tasks.order_by("pk"))
    read(10_000, ago=60)
    for task in tasks:
        doubt(task, ago=30)
        task.refresh_from_db()
    read(9_600)
    assert {compared(task) for task in tasks} == {(Verdict.UNTOLD, "both")}
    assert Comparison.objects.filter(others=1, doubtful=1).count() == 2


def test_only_what_is_unknown_is_compared(alice: User, submit: Submit, admin: User) -> None:
    open_one, given_up = submit(alice, count=2).tasks.order_by("pk")
    for task in (open_one, given_up):
        doubt(task, ago=30)
    assert Task.objects.write_off(given_up.pk, "given-up", by=admin)
    assert Comparison.objects.renew() == 1
    assert Comparison.objects.get().task == open_one
    assert Task.objects.get(pk=open_one.pk).status == TaskStatus.UNKNOWN


# Explained by hand


def unexplained() -> Balance:
    """Somebody else took 3 roubles, it seems."""
    read(10_000, ago=20)
    row = read(9_700)
    assert row.is_flagged
    return row


def test_what_somebody_explains_is_flagged_no_more() -> None:
    row = unexplained()
    assert account().unexplained == 300
    assert Balance.objects.explain_by_hand(row.pk, 300, "The site's own studio was used once.")
    row.refresh_from_db()
    assert row.is_explained
    assert row.explanation == "The site's own studio was used once."
    told = account()
    assert (told.unexplained, list(told.differences)) == (0, [])
    assert [point.ledger for point in told.points] == [10_000, 9_700]


def test_an_explanation_is_of_one_amount(alice: User, submit: Submit) -> None:
    """A task that settles differently makes another difference of it, which nobody has seen."""
    row = unexplained()
    assert not Balance.objects.explain_by_hand(row.pk, 200, "of another page")
    assert Balance.objects.explain_by_hand(row.pk, 300, "known")
    assert not Balance.objects.explain_by_hand(row.pk, 300, "known twice")
    finish(submit(alice).tasks.get(), ago=10)
    Balance.objects.reconcile_again()
    row.refresh_from_db()
    assert row.unexplained_kopecks == -100
    assert row.is_flagged
    assert account().unexplained == -100


def test_what_the_ledger_explains_in_the_end_is_flagged_no_more_either(
    alice: User, submit: Submit, admin: User
) -> None:
    """And the words stay, also when readings are thinned out."""
    read(10_000, ago=20)
    task = submit(alice).tasks.get()
    doubt(task, ago=15)
    row = read(10_000 - task.price_kopecks)
    assert Balance.objects.explain_by_hand(row.pk, task.price_kopecks, "It was the task.")
    assert Task.objects.write_off(task.pk, "given-up", by=admin)
    Balance.objects.reconcile_again()
    row.refresh_from_db()
    assert (row.unexplained_kopecks, row.is_flagged, row.is_explained) == (0, False, False)
    assert list(account().differences) == []
    long_ago = timezone.now() - timedelta(days=100)
    read(9_000)
    Balance.objects.update(read_at=long_ago)
    Balance.objects.thin()
    assert Balance.objects.filter(pk=row.pk).exists()
