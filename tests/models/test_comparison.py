"""What the balance has once said of an unknown task, and what others may conclude from that."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from gallery.models import Balance, Comparison, Task, User, Verdict, comparison
from tests.conftest import Submit
from tests.models.test_balance import compared, doubt, finish, read

pytestmark = pytest.mark.django_db


def in_doubt(owner: User, submit: Submit, ago: float) -> Task:
    """Another task at 4 roubles, sent so many minutes ago and doubted a minute after."""
    task = submit(owner).tasks.get()
    doubt(task, ago=ago)
    task.refresh_from_db()
    return task


def told(task: Task) -> tuple[str, str]:
    """As the page shows it."""
    found = Comparison.objects.get(task=task)
    return found.verdict, found.why


def window(task: Task) -> tuple[int | None, int | None]:
    found = Comparison.objects.get(task=task)
    return found.before_kopecks, found.after_kopecks


@pytest.fixture
def two(alice: User, submit: Submit) -> tuple[Task, Task]:
    """Two unknowns, as trip the breaker: the first was charged, and read of between the two."""
    read(10_000, ago=12)
    charged = in_doubt(alice, submit, ago=10)
    read(9_600, ago=8)
    Comparison.objects.renew()
    assert told(charged) == (Verdict.CHARGED, "")
    return charged, in_doubt(alice, submit, ago=6)


@pytest.mark.parametrize("is_told_between", [True, False])
def test_a_charge_that_was_seen_stays_seen_whatever_is_sent_after_it(
    two: tuple[Task, Task], is_told_between: bool
) -> None:
    charged, free = two
    if not is_told_between:  # the reading in between suffices, also when nobody compared it then
        Comparison.objects.all().delete()
    read(9_600, ago=4)
    Comparison.objects.renew()
    assert told(charged) == (Verdict.CHARGED, "")
    assert window(charged) == (10_000, 9_600)
    assert Comparison.objects.get(task=charged).others == 0, "of the narrow window"
    assert told(free) == (Verdict.UNTOLD, "too-soon")
    assert Comparison.objects.get(task=free).others == 0, "the first is in doubt no more"


def test_both_are_told_when_their_time_is_over(alice: User, submit: Submit) -> None:
    read(10_000, ago=45)
    charged = in_doubt(alice, submit, ago=44)
    read(9_600, ago=42)
    free = in_doubt(alice, submit, ago=40)
    read(9_600, ago=20)
    Comparison.objects.renew()
    assert (told(charged), told(free)) == ((Verdict.CHARGED, ""), (Verdict.FREE, ""))


def test_the_second_is_told_by_what_is_known_of_the_first(two: tuple[Task, Task]) -> None:
    charged, second = two
    read(9_200, ago=4)
    Comparison.objects.renew()
    assert (told(charged), told(second)) == ((Verdict.CHARGED, ""), (Verdict.CHARGED, ""))


@pytest.mark.parametrize("later", [5_000, 109_600], ids=["drop", "top-up"])
def test_neither_a_drop_nor_a_top_up_after_it_takes_a_charge_back(
    two: tuple[Task, Task], later: int
) -> None:
    charged, other = two
    read(later, ago=4)
    Comparison.objects.renew()
    assert told(charged) == (Verdict.CHARGED, "")
    assert told(other) == (Verdict.UNTOLD, "neither")


def test_nor_does_the_late_reading(alice: User, submit: Submit) -> None:
    """It holds more that is unclear, and a charge that was paid back is a charge and a rise."""
    read(10_000, ago=60)
    charged = in_doubt(alice, submit, ago=50)
    read(9_600, ago=48)
    in_doubt(alice, submit, ago=40)
    for late in (9_600, 10_000, 50_000):
        row = read(late, ago=20)
        assert compared(charged) == (Verdict.CHARGED, "")
        row.delete()


def test_not_charged_is_never_said_of_a_reading_too_soon(alice: User, submit: Submit) -> None:
    """It may be charged with the picture: what two early readings agree on is not final."""
    read(10_000, ago=12)
    task = in_doubt(alice, submit, ago=10)
    read(10_000, ago=8)
    read(10_000, ago=6)
    assert compared(task) == (Verdict.UNTOLD, "too-soon")
    read(9_600, ago=4)
    assert compared(task) == (Verdict.CHARGED, "")


def test_what_was_told_survives_its_readings(two: tuple[Task, Task]) -> None:
    """They are thinned out; what is left may be a window too wide to tell anything."""
    charged, _ = two
    read(9_600, ago=4)
    Balance.objects.filter(
        kopecks=9_600, read_at__lt=timezone.now() - timedelta(minutes=6)
    ).delete()
    Comparison.objects.renew()
    assert told(charged) == (Verdict.CHARGED, "")
    Balance.objects.all().delete()
    Comparison.objects.renew()
    assert told(charged) == (Verdict.CHARGED, "")


def test_not_charged_survives_its_reading_too(alice: User, submit: Submit) -> None:
    read(10_000, ago=60)
    task = in_doubt(alice, submit, ago=50)
    late = read(10_000, ago=30)
    assert compared(task) == (Verdict.FREE, "")
    late.delete()
    in_doubt(alice, submit, ago=25)
    read(9_600, ago=5)
    assert compared(task) == (Verdict.FREE, "")


def test_the_same_readings_are_judged_by_what_is_known_today(alice: User, submit: Submit) -> None:
    """Another task turns out to have been sent in between: what was told was told too soon."""
    read(10_000, ago=60)
    task = in_doubt(alice, submit, ago=50)
    read(9_600, ago=30)
    assert compared(task) == (Verdict.CHARGED, "")
    finish(submit(alice).tasks.get(), ago=40)
    assert compared(task) == (Verdict.FREE, "")


def test_one_verdict_tells_more_of_the_next_within_one_run(two: tuple[Task, Task]) -> None:
    """The younger is compared first, when nothing is known of the older yet."""
    older, younger = two
    read(9_200, ago=4)
    Comparison.objects.all().delete()
    Comparison.objects.renew()
    assert (told(older), told(younger)) == ((Verdict.CHARGED, ""), (Verdict.CHARGED, ""))
    found = Comparison.objects.get(task=younger)
    assert (found.others, found.doubtful) == (0, 0)


# What the reckoning names


def test_what_is_known_is_named_for_its_own_difference_alone(two: tuple[Task, Task]) -> None:
    charged, other = two
    seen = Balance.objects.get(kopecks=9_600)
    last = read(9_200, ago=4)
    Balance.objects.reconcile_again()
    seen.refresh_from_db()
    last.refresh_from_db()
    assert (seen.unexplained_kopecks, seen.candidates) == (400, [charged.pk])
    assert (last.unexplained_kopecks, last.candidates) == (400, [other.pk])


def test_what_was_not_charged_is_named_for_no_difference(alice: User, submit: Submit) -> None:
    read(10_000, ago=60)
    free = in_doubt(alice, submit, ago=50)
    row = read(10_000, ago=30)
    assert compared(free) == (Verdict.FREE, "")
    Balance.objects.filter(pk=row.pk).update(kopecks=9_000)
    row.refresh_from_db()
    Balance.objects.reconcile(row)
    assert (row.unexplained_kopecks, row.candidates) == (1000, [])


def test_written_off_though_not_charged_is_named_for_what_the_ledger_counts_too_much(
    alice: User, submit: Submit, admin: User
) -> None:
    read(10_000, ago=60)
    free = in_doubt(alice, submit, ago=50)
    row = read(10_000, ago=30)
    assert compared(free) == (Verdict.FREE, "")
    assert Task.objects.write_off(free.pk, "given-up", by=admin)
    Balance.objects.reconcile_again()
    row.refresh_from_db()
    assert (row.unexplained_kopecks, row.candidates) == (-400, [free.pk])


def test_written_off_as_it_was_charged_is_named_for_nothing_else(
    two: tuple[Task, Task], admin: User
) -> None:
    charged, _ = two
    assert Task.objects.write_off(charged.pk, "given-up", by=admin)
    row = Balance.objects.get(kopecks=9_600)
    Balance.objects.filter(pk=row.pk).update(kopecks=9_000)
    row.refresh_from_db()
    Balance.objects.reconcile(row)
    assert (row.unexplained_kopecks, row.candidates) == (600, [])


# Of very many others


@pytest.mark.parametrize(
    "prices",
    [{}, {400: 1}, {400: 7}, {400: 3, 1200: 2}, {1: 5, 3: 4, 1040: 6}],
)
def test_every_sum_of_prices_is_looked_through(prices: dict[int, int]) -> None:
    each = [range(0, price * count + 1, price) for price, count in prices.items()]
    assert set(comparison._sums(Counter(prices))) == {sum(one) for one in itertools.product(*each)}


def test_of_too_many_any_sum_is_held_to_be_possible() -> None:
    assert comparison._sums(Counter({400: 10_000})) == range(4_000_001)


@pytest.mark.parametrize("most", [5_000, 1])
@pytest.mark.parametrize(
    ("after", "expected"),
    [(10_000, (Verdict.FREE, "")), (9_600, (Verdict.UNTOLD, "both")),
     (8_400, (Verdict.CHARGED, "")), (7_900, (Verdict.UNTOLD, "neither"))],
)  # fmt: skip
def test_the_ends_are_told_among_very_many_too(
    alice: User, submit: Submit, monkeypatch: pytest.MonkeyPatch, after: int, most: int,
    expected: tuple[str, str],
) -> None:  # fmt: skip
    monkeypatch.setattr(comparison, "MOST_SUMS", most)
    read(10_000, ago=60)
    tasks = [in_doubt(alice, submit, ago=30) for _ in range(4)]
    read(after)
    assert compared(tasks[0]) == expected
