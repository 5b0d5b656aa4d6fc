"""A clock that is set while money is out: nothing is given up by it, and no charge denied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from gallery.jobs import balance, poll, save, sweep
from gallery.jobs.clocks import ClockGuard
from gallery.models import (
    Balance,
    Comparison,
    Image,
    Pause,
    Studio,
    Task,
    TaskStatus,
    User,
    Verdict,
)
from gallery.provider import answers
from gallery.provider.client import clock
from tests.conftest import Submit
from tests.demo.server import DemoServer
from tests.trash import trash
from tests.views import conftest as views

from .test_poll import ask
from .test_save import fetch
from .test_submit import send

S = TaskStatus

finish, picture = views.finish, views.picture


class Wall:
    """The clock on the wall, and the guard that compares it with one that nobody sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed = self.set_by = timedelta()
        real = timezone.now
        monkeypatch.setattr(timezone, "now", lambda: real() + self.passed + self.set_by)
        self.guard = ClockGuard(
            wall=lambda: clock() + (self.passed + self.set_by).total_seconds(),
            steady=lambda: clock() + self.passed.total_seconds(),
        )

    def wait(self, **time: float) -> None:
        """Time passes."""
        self.passed += timedelta(**time)

    def jump(self, **time: float) -> None:
        """Somebody, or the network's time, sets the clock."""
        self.set_by += timedelta(**time)
        self.guard.look()


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch, provider: DemoServer) -> Wall:
    return Wall(monkeypatch)


def watch(wall: Wall, minutes: int) -> list[str]:
    """What the balance says of the only unknown, minute by minute, when it changes."""
    seen: list[str] = []
    for _ in range(minutes):
        if Balance.objects.is_due():
            balance.run()
        Comparison.objects.renew()
        verdict = Comparison.objects.get().verdict
        if seen[-1:] != [verdict]:
            seen.append(verdict)
        wall.wait(seconds=61)
    return seen


@pytest.fixture
def charged(wall: Wall, provider: DemoServer, submit: Submit, alice: User, request: Any) -> Task:
    """An unknown task that was charged, after a reading of the balance."""
    balance.run()
    wall.wait(minutes=20)
    text = f"a set clock {request.node.name}"
    provider.fault("create", "charge-then-502", match=text)
    task = send(submit(alice, text).tasks.get())
    provider.no_faults()
    assert task.status == S.UNKNOWN
    return task


@pytest.mark.parametrize("back", [30, 240, 3 * 3600])
def test_a_reading_after_the_charge_is_not_taken_for_one_before(
    charged: Task, wall: Wall, back: int
) -> None:
    """By the clock that was set back it was made before the task was sent."""
    wall.jump(seconds=-back)
    assert Verdict.FREE not in watch(wall, back // 60 + 25)


@pytest.mark.parametrize(("after", "back"), [(1, 240), (90, 240), (3600, 3 * 3600)])
def test_what_is_known_to_be_charged_stays_so(
    charged: Task, wall: Wall, after: int, back: int
) -> None:
    balance.run()
    assert Comparison.objects.get().verdict == Verdict.CHARGED
    if after > 60:
        watch(wall, after // 61)
    wall.jump(seconds=-back)
    assert watch(wall, back // 60 + 25) == [Verdict.CHARGED]


def send_in_vain(submit: Submit, owner: User) -> None:
    """Nothing is charged, but for a quarter of an hour nobody can know."""
    task = submit(owner, "in vain").tasks.get()
    newest = Balance.objects.newest()
    assert newest
    claim = Task.objects.claim_send(task.pk, last_reading=newest.pk)
    assert claim
    assert Task.objects.doubt(task.pk, claim, "reset", "")


def test_a_reading_before_the_sending_is_not_taken_for_one_after(
    wall: Wall, submit: Submit, alice: User, admin: User
) -> None:
    """Of the time that the clock goes through a second time."""
    balance.run()
    for _ in range(4):
        wall.wait(minutes=30)
        balance.run()
    wall.jump(minutes=-100)
    Studio.objects.resume(by=admin)
    send_in_vain(submit, alice)
    assert watch(wall, 10) == [Verdict.UNTOLD]


def test_a_jump_ahead_is_no_quarter_of_an_hour(wall: Wall, submit: Submit, alice: User) -> None:
    """In which a charge may still come."""
    balance.run()
    wall.wait(seconds=70)
    send_in_vain(submit, alice)
    wall.jump(hours=3)
    assert watch(wall, 10) == [Verdict.UNTOLD]
    assert watch(wall, 65)[-1] == Verdict.FREE, "by the reading of the next hour"


def test_a_jump_ahead_gives_nothing_up(
    wall: Wall, provider: DemoServer, submit: Submit, alice: User, admin: User
) -> None:
    provider_slow, ready = submit(alice, "four days", count=2).tasks.order_by("pk")
    rendering, saving = send(provider_slow), send(ready)
    provider.fault("download", "gone", match="four days")
    provider.ready(id=saving.remote_id)
    saving = ask(saving)
    wall.jump(days=4)
    assert ask(rendering).status == S.RENDERING
    assert fetch(saving).status == S.RENDERING
    wall.jump(days=-4)
    assert Studio.objects.resume(by=admin)
    provider.no_faults()
    provider.ready(id=rendering.remote_id)
    assert ask(rendering).status == S.SAVING


def test_a_jump_ahead_empties_no_trash(
    wall: Wall, finish: Callable[[Task], Image], submit: Submit, alice: User, admin: User
) -> None:
    trash(finish(submit(alice).tasks.get()).pk)
    Studio.objects.pause("by-hand", by=admin)  # the jump is not what spending is paused for
    wall.jump(days=40)
    sweep.sweep()
    assert not Image.objects.purged().exists()
    Studio.objects.resume(by=admin)
    sweep.sweep()
    assert Image.objects.purged().exists()


def test_after_days_without_a_network_one_silence_loses_nothing(
    wall: Wall, provider: DemoServer, submit: Submit, alice: User, settings: Any
) -> None:
    task = send(submit(alice, "three days off").tasks.get())
    provider.ready(id=task.remote_id)
    wall.wait(days=3, hours=1)
    good = settings.PROVIDER_URL
    settings.PROVIDER_URL = "http://127.0.0.1:9/v1"
    assert ask(task).status == S.RENDERING
    settings.PROVIDER_URL = good
    assert ask(task).status == S.SAVING


def test_silence_that_lasts_is_given_up(
    wall: Wall, provider: DemoServer, submit: Submit, alice: User, settings: Any
) -> None:
    task = send(submit(alice, "for ever").tasks.get())
    wall.wait(days=3, hours=1)
    settings.PROVIDER_URL = "http://127.0.0.1:9/v1"
    for _ in range(django_settings.NOT_FOUND_TIMES):
        assert ask(task).status == S.RENDERING
    wall.wait(seconds=django_settings.NOT_FOUND_SECONDS)
    lost = ask(task)
    assert (lost.status, lost.reason) == (S.LOST, "never-came")


def test_who_asked_before_says_nothing_of_what_is_being_saved(
    provider: DemoServer, submit: Submit, alice: User, data_dir: Path
) -> None:
    """A poller whose lease is gone may have an answer of before the link came."""
    task = send(submit(alice, "two pollers").tasks.get())
    provider.ready(id=task.remote_id)
    Task.objects.filter(pk=task.pk).update(
        give_up_at=timezone.now(), missing_count=9, missing_since=timezone.now() - timedelta(1)
    )
    stale = Task.objects.get(pk=task.pk)
    assert ask(task).status == S.SAVING
    claim = Task.objects.claim_save(task.pk)
    assert claim
    file = save._fetch(Task.objects.get(pk=task.pk))
    poll.record([(stale, answers.AskAgain("timeout")), (stale, answers.NoSuchTask(""))])
    save._keep(Task.objects.get(pk=task.pk), claim, file)
    assert Task.objects.get(pk=task.pk).status == S.DONE
    assert (data_dir / file.name).exists()


@pytest.mark.parametrize("pausing", ["", "by-hand"])
def test_no_send_is_surely_over_because_the_clock_jumped(
    wall: Wall, submit: Submit, alice: User, admin: User, pausing: str
) -> None:
    """Also when spending was paused before, and when it is resumed a moment later."""
    task = submit(alice, "on the wire").tasks.get()
    claim = Task.objects.claim_send(task.pk)
    assert claim
    if pausing:
        Studio.objects.pause(pausing, by=admin)
    wall.jump(hours=1)
    assert Task.objects.doubt_overdue(task.pk)
    for _ in range(2):
        assert not Task.objects.clear(task.pk, "not in their list", by=admin)
        assert not Task.objects.write_off(task.pk, "given-up", by=admin)
        Studio.objects.resume(by=admin)
    assert Task.objects.accept(task.pk, claim, "late-but-here")


def test_a_jump_is_one_line_with_its_length(wall: Wall, admin: User) -> None:
    Studio.objects.pause("by-hand", by=admin)
    wall.jump(hours=2)
    (jump,) = Pause.objects.filter(reason="clock")
    assert jump.jump_seconds == 7200
    assert Studio.objects.current().pause_reason == "by-hand", "the first cause stays"
    Studio.objects.resume(by=admin)
    assert not Pause.objects.is_clock_doubted()


@pytest.mark.django_db(transaction=True)
def test_a_pause_for_a_jump_is_one_line_too(wall: Wall) -> None:
    wall.jump(hours=-2)
    (line,) = Pause.objects.all()
    assert (line.reason, line.jump_seconds, line.note) == ("clock", -7200, "-7200 s")
