"""Pumps: one at a time, alive while there is work, handed on, revived."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from gallery.jobs import poll, pump, remote, save
from gallery.jobs import submit as senders
from gallery.jobs.waiting import back_off, next_poll
from gallery.models import Image, Lease, Task, TaskStatus, User
from tests.conftest import Submit
from tests.demo.server import DemoServer
from tests.invariants import check_files, check_money
from tests.queue import queued

S = TaskStatus


class Counting:
    """An engine that only counts; it has work for so many ticks."""

    step = 0.0

    def __init__(self, work: int) -> None:
        self.work = work
        self.ticks = 0
        self.finished = 0
        self.under_way: list[int] = []

    def tick(self) -> None:
        self.ticks += 1

    def is_idle(self) -> bool:
        return self.ticks >= self.work

    def finish(self) -> None:
        self.finished += 1


@pytest.mark.django_db
def test_turns_until_idle_and_frees_the_lease() -> None:
    engine = Counting(3)
    pump.run("poll", engine)
    assert (engine.ticks, engine.finished) == (3, 1)
    assert not Lease.objects.is_held("poll")


@pytest.mark.django_db
def test_a_second_pump_goes_away_at_once() -> None:
    Lease.objects.acquire("poll", 60)
    engine = Counting(3)
    pump.run("poll", engine)
    assert (engine.ticks, engine.finished) == (0, 0)


@pytest.mark.django_db
def test_an_engine_that_breaks_frees_the_lease() -> None:
    class Broken(Counting):
        def tick(self) -> None:
            raise ValueError("broken")

    engine = Broken(1)
    with pytest.raises(ValueError, match="broken"):
        pump.run("poll", engine)
    assert engine.finished == 1
    assert not Lease.objects.is_held("poll")


@pytest.mark.django_db
def test_a_lost_lease_ends_the_pump(settings: Any) -> None:
    settings.LEASE_SECONDS = 0

    class Robbed(Counting):
        def tick(self) -> None:
            super().tick()
            Lease.objects.filter(name="poll").update(until=None)
            Lease.objects.acquire("poll", 60)

    engine = Robbed(100)
    pump.run("poll", engine)
    assert engine.ticks == 1
    assert Lease.objects.is_held("poll"), "the thief's lease is left alone"


def test_work_left_over_wakes_a_successor(
    task: Task, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.PUMP_SECONDS = 0
    with django_capture_on_commit_callbacks(execute=True):
        pump.run("submit", Counting(10_000))
    assert queued() == ["gallery.jobs.submit.run"]


def test_reviving_wakes_what_has_work_and_no_holder(
    task: Task, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        pump.revive()
        pump.revive()
    assert queued() == ["gallery.jobs.submit.run"]
    cache.clear()
    Lease.objects.acquire("submit", 60)
    with django_capture_on_commit_callbacks(execute=True):
        pump.revive()
    assert len(queued()) == 1


@pytest.mark.django_db(transaction=True)
def test_three_pumps_bring_a_batch_from_queued_to_kept(
    provider: DemoServer, submit: Submit, alice: User, bob: User, settings: Any
) -> None:
    settings.TICK_SECONDS = 0.1
    provider.settings(seconds=[0.1, 0.5])
    submit(alice, "three pumps", count=8)
    submit(bob, "three pumps", count=4)
    _pump_until_done(12)
    assert Image.objects.count() == 12
    assert sum(1 for c in provider.charges() if c["prompt"] == "three pumps") == 12
    check_files(settings.DATA_DIR)
    check_money()


def _pump_until_done(count: int) -> None:
    for _ in range(20):
        senders.run()
        poll.run()
        save.run()
        if Task.objects.filter(status=S.DONE).count() == count:
            return
    raise AssertionError(list(Task.objects.values_list("status", "reason")))


@pytest.mark.django_db(transaction=True)
def test_at_most_so_many_creates_are_in_flight(
    provider: DemoServer, submit: Submit, alice: User, settings: Any
) -> None:
    settings.CREATES_IN_FLIGHT = 2
    provider.settings(latency=0.3)
    submit(alice, "in flight", count=4)
    sender = senders.Sender(remote.client())
    sender.tick()
    assert len(sender.under_way) == 2
    sender.tick()
    assert len(sender.under_way) == 2
    sender.finish()
    assert Task.objects.filter(status=S.RENDERING).count() == 2
    assert Task.objects.filter(status=S.QUEUED).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_send_that_breaks_off_in_its_thread_is_logged_and_called_unknown_later(
    provider: DemoServer, submit: Submit, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    task = submit(alice, "breaks off").tasks.get()
    sender = senders.Sender(remote.client())
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    senders._in_thread(sender.client, 999_999, claim, 0.0)
    sender.finish()
    assert "sending-broke-off" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_engine_with_work_under_way_is_not_ended(settings: Any) -> None:
    settings.PUMP_SECONDS = 0
    engine = Counting(5)
    engine.under_way = [1]
    pump.run("poll", engine)
    assert engine.ticks == 5


def test_back_off_is_jittered_and_bounded(settings: Any) -> None:
    settings.BACKOFF_BASE_SECONDS, settings.BACKOFF_MAX_SECONDS = 2, 300
    waits = [back_off(tries) for tries in range(40)]
    assert all(0 <= wait <= 300 for wait in waits)
    assert all(wait <= 4 for wait in [back_off(1) for _ in range(50)])
    assert len(set(waits)) > 30


def test_polls_grow_only_after_the_usual_time(settings: Any) -> None:
    assert next_poll(10, 60) == settings.TICK_SECONDS
    assert 8 < next_poll(160, 60) < 14
    assert next_poll(10**6, 60) == 3600


def test_due_soon_keeps_a_pump_alive(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now() + timedelta(seconds=3))
    assert pump.has_work("submit")
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now() + timedelta(seconds=60))
    assert not pump.has_work("submit")
