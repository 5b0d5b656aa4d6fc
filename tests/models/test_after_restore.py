"""What the balance says of tasks that may have been sent since the backup."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from gallery.models import (
    Balance,
    Comparison,
    Event,
    Pause,
    Question,
    Task,
    TaskStatus,
    User,
    Verdict,
    account,
)
from gallery.models.pause import RESTORED
from tests.conftest import Submit
from tests.models.test_balance import compared, doubt, finish, read

pytestmark = pytest.mark.django_db

S = TaskStatus


def ago(minutes: float) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def restore(task: Task, minutes: float, ordered: float = 90) -> Task:
    """Queued in the backup from which this was restored so many minutes ago."""
    assert Task.objects.doubt_restored(task.pk)
    Task.objects.filter(pk=task.pk).update(created_at=ago(ordered))
    Event.objects.filter(task=task, kind="restored").update(created_at=ago(minutes))
    begin_anew(minutes)
    task.refresh_from_db()
    return task


def begin_anew(minutes: float) -> None:
    """As every restore does, whatever waited in its backup."""
    Pause.objects.begin(ago(minutes), RESTORED, None, "")


def named(row: Balance) -> tuple[int, list[int]]:
    Balance.objects.reconcile_again()
    row.refresh_from_db()
    return row.unexplained_kopecks, row.candidates


def found_out(task: Task, admin: User, heard_at: datetime | None) -> Task:
    """The provider knows it, and since when."""
    assert Question.objects.ask(task, f"found-{task.pk:08}", by=admin)
    question = Question.objects.get(task=task)
    words = task.batch.prompt.text
    if not Question.objects.hear(question.pk, question.remote_id, words, words, heard_at):
        assert Question.objects.confirm(task, question.remote_id, by=admin)
    task.refresh_from_db()
    assert task.status == S.RENDERING
    return task


# The reckoning


@pytest.mark.parametrize("ordered", [90, 50], ids=["before-the-reading", "after-it"])
def test_what_was_charged_after_the_backup_is_named(
    alice: User, submit: Submit, admin: User, ordered: int
) -> None:
    read(10_000, ago=60)
    tasks = [restore(one, 10, ordered) for one in submit(alice, count=2).tasks.order_by("pk")]
    row = read(9_200)
    assert named(row) == (800, [tasks[1].pk, tasks[0].pk])
    for task in tasks:
        found_out(task, admin, ago(30))
    assert named(row) == (0, [])
    for task in tasks:
        assert Task.objects.lose(task.pk, "never-came")  # settles, without a file
    assert named(row) == (0, [])


def test_found_without_a_time_it_explains_its_price_all_the_same(
    alice: User, submit: Submit, admin: User
) -> None:
    read(10_000, ago=60)
    task = restore(submit(alice).tasks.get(), 10)
    row = read(9_600)
    assert found_out(task, admin, None).sent_at is None
    assert named(row) == (0, [])
    assert Task.objects.lose(task.pk, "never-came")
    assert named(row) == (0, [])


def test_it_is_named_for_nothing_that_was_read_before_the_restore(
    alice: User, submit: Submit
) -> None:
    """By then it waited: the backup says so."""
    read(10_000, ago=60)
    older = read(9_600, ago=40)
    restore(submit(alice).tasks.get(), 30)
    assert named(older) == (400, [])


def test_it_may_be_charged_for_a_quarter_of_an_hour_after_the_restore(
    alice: User, submit: Submit
) -> None:
    read(10_000, ago=60)
    task = restore(submit(alice).tasks.get(), 50)
    read(10_000, ago=49)
    soon = read(9_600, ago=34)
    late = read(9_200, ago=20)
    assert named(soon) == (400, [task.pk])
    assert named(late) == (400, [])


def test_given_up_it_has_cost_its_price(alice: User, submit: Submit, admin: User) -> None:
    read(10_000, ago=60)
    charged, free = (restore(one, 10) for one in submit(alice, count=2).tasks.order_by("pk"))
    row = read(9_600)
    assert Task.objects.write_off(charged.pk, "given-up", by=admin)
    assert named(row) == (0, [])
    assert Task.objects.write_off(free.pk, "given-up", by=admin)
    assert named(row) == (-400, [free.pk, charged.pk])


def test_a_difference_that_was_none_is_looked_at_again(
    alice: User, submit: Submit, admin: User
) -> None:
    read(10_000, ago=60)
    task = restore(submit(alice).tasks.get(), 50)
    row = read(10_000, ago=40)
    read(10_000, ago=20)
    assert named(row) == (0, [])
    assert Task.objects.write_off(task.pk, "given-up", by=admin)
    assert named(row) == (-400, [task.pk])


def test_recorded_as_not_charged_though_it_was_stays_named(
    alice: User, submit: Submit, admin: User
) -> None:
    read(10_000, ago=60)
    task = restore(submit(alice).tasks.get(), 10)
    row = read(9_600)
    assert Task.objects.clear(task.pk, "I think so", by=admin)
    assert named(row) == (400, [task.pk])


def test_a_reading_is_due_after_the_restore_and_when_no_charge_can_come_any_more(
    alice: User, submit: Submit
) -> None:
    read(10_000, ago=10)
    assert not Balance.objects.is_due()
    task = restore(submit(alice).tasks.get(), 5)
    assert Balance.objects.is_due()
    read(10_000, ago=3)
    assert not Balance.objects.is_due()
    Event.objects.filter(task=task, kind="restored").update(created_at=ago(16))
    assert Balance.objects.is_due()


# When it was sent


def test_the_provider_says_when_it_was_sent(alice: User, submit: Submit, admin: User) -> None:
    when = ago(30)
    assert found_out(restore(submit(alice).tasks.get(), 10), admin, when).sent_at == when


@pytest.mark.parametrize(
    ("heard", "expected"), [(91, 90), (9, 10), (500, 90)], ids=["skew", "ahead", "confirmed"]
)
def test_by_its_own_clock_which_may_differ(
    alice: User, submit: Submit, admin: User, heard: int, expected: int
) -> None:
    """It was sent after it was ordered, and before the restore."""
    task = found_out(restore(submit(alice).tasks.get(), 10), admin, ago(heard))
    assert task.sent_at
    assert abs(task.sent_at - ago(expected)) < timedelta(seconds=30)


def test_what_we_know_ourselves_stays(task: Task, admin: User) -> None:
    doubt(task, ago=30)
    task.refresh_from_db()
    before = task.sent_at
    assert found_out(task, admin, ago(29)).sent_at == before


# The comparison


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (10_000, (Verdict.FREE, "")),
        (9_999, (Verdict.FREE, "")),
        # What was ordered after the backup may have cost as much, and more.
        (9_600, (Verdict.UNTOLD, "restored")),
        (5_000, (Verdict.UNTOLD, "restored")),
        (9_800, (Verdict.UNTOLD, "neither")),
        (59_600, (Verdict.UNTOLD, "neither")),
    ],
)
def test_only_that_it_was_not_charged_can_be_told(
    alice: User, submit: Submit, after: int, expected: tuple[str, str]
) -> None:
    task = restore(submit(alice).tasks.get(), 30)
    assert compared(task) == (Verdict.UNTOLD, "no-before")
    read(10_000, ago=60)
    assert compared(task) == (Verdict.UNTOLD, "no-after")
    read(after, ago=2)
    assert compared(task) == expected
    found = Comparison.objects.get()
    assert (found.before_kopecks, found.after_kopecks, found.others) == (10_000, after, 0)


def test_not_a_quarter_of_an_hour_after_the_restore(alice: User, submit: Submit) -> None:
    read(10_000, ago=60)
    task = restore(submit(alice).tasks.get(), 10)
    read(10_000, ago=5)
    assert compared(task) == (Verdict.UNTOLD, "too-soon")


def test_however_old_the_backup_is(alice: User, submit: Submit) -> None:
    read(10_000, ago=60 * 24 * 20)
    task = restore(submit(alice).tasks.get(), 30, ordered=60 * 24 * 21)
    read(10_000, ago=2)
    assert compared(task) == (Verdict.FREE, "")


def test_several_are_all_told_at_once_or_none(alice: User, submit: Submit) -> None:
    read(10_000, ago=60)
    tasks = [restore(one, 30) for one in submit(alice, count=3).tasks.order_by("pk")]
    row = read(10_000, ago=2)
    assert Comparison.objects.renew() == 3
    assert set(Comparison.objects.values_list("verdict", flat=True)) == {Verdict.FREE}
    Comparison.objects.all().delete()
    Balance.objects.filter(pk=row.pk).update(kopecks=9_600)
    Comparison.objects.renew()
    assert set(Comparison.objects.values_list("why", flat=True)) == {"both"}
    found = Comparison.objects.get(task=tasks[0])
    assert (found.others, found.doubtful, found.high_kopecks) == (2, 2, 800)


def test_what_is_lost_may_fill_up_what_others_do_not(alice: User, submit: Submit) -> None:
    read(10_000, ago=60)
    task, dear = (restore(one, 30) for one in submit(alice, count=2).tasks.order_by("pk"))
    Task.objects.filter(pk=dear.pk).update(price_kopecks=1000)
    read(9_000, ago=2)
    assert compared(task) == (Verdict.UNTOLD, "both")


def test_each_has_its_turn(
    alice: User, submit: Submit, monkeypatch: pytest.MonkeyPatch, task: Task
) -> None:
    """There may be thousands, and they keep nobody out."""
    monkeypatch.setattr("gallery.models.comparison.MOST", 2)
    read(10_000, ago=60)
    doubt(task, ago=40)
    for one in submit(alice, count=3).tasks.all():
        restore(one, 30)
    read(10_000, ago=2)
    for _run in range(2):
        assert Comparison.objects.renew() == 3
    assert Comparison.objects.filter(verdict=Verdict.FREE).count() == 4


def test_nor_is_a_charge_told_of_another_between_whose_readings_was_the_restore(
    alice: User, submit: Submit, task: Task, admin: User
) -> None:
    read(10_000, ago=60)
    doubt(task, ago=50)
    task.refresh_from_db()
    restored = restore(submit(alice).tasks.get(), 30)
    read(9_200, ago=2)
    assert compared(task) == (Verdict.UNTOLD, "restored")
    found_out(restored, admin, ago(45))
    assert compared(task) == (Verdict.UNTOLD, "restored")


def test_nor_when_nothing_waited_in_the_backup(alice: User, task: Task) -> None:
    """What was ordered between backup and restore is lost all the same."""
    read(10_000, ago=60)
    doubt(task, ago=50)
    task.refresh_from_db()
    begin_anew(30)
    row = read(9_600, ago=2)
    assert compared(task) == (Verdict.UNTOLD, "restored")
    [told] = account().differences
    assert (told.reading, told.spans_restore) == (row, True)


def test_what_was_told_before_the_backup_stays(alice: User, submit: Submit, task: Task) -> None:
    read(10_000, ago=60)
    doubt(task, ago=50)
    task.refresh_from_db()
    read(9_600, ago=45)
    restore(submit(alice).tasks.get(), 30)
    finish(submit(alice).tasks.get(), ago=20)
    read(5_000, ago=2)
    assert compared(task) == (Verdict.CHARGED, "")
    assert Comparison.objects.get(task=task).others == 0
