"""The job that reads the balance, against a real provider."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gallery.jobs import balance, sweep
from gallery.models import Balance, Comparison, Lease, Studio, Task, TaskStatus, User, Verdict
from tests.conftest import KEY, Submit
from tests.demo.server import DemoServer
from tests.jobs.test_submit import send
from tests.provider.servers import answering, http, serving
from tests.queue import empty_queue, queued

JOB = "gallery.jobs.balance.run"


def asked(provider: DemoServer) -> int:
    return provider.requests()["calls"].get("balance", 0)


def older(seconds: float) -> None:
    """As if the readings had been made so many seconds earlier."""
    for row in Balance.objects.all():
        Balance.objects.filter(pk=row.pk).update(
            asked_at=row.asked_at - timedelta(seconds=seconds),
            read_at=row.read_at - timedelta(seconds=seconds),
        )


@contextlib.contextmanager
def saying(settings: Any, status: int, body: Any) -> Iterator[None]:
    """A provider that answers every question about the balance like this."""
    with serving(answering(http(status, body))) as server:
        settings.IS_DEMO = False
        settings.PROVIDER = settings.PROVIDER_URL = server.url
        settings.PROVIDER_KEY = KEY
        yield


def test_a_reading_is_kept_and_not_repeated_for_a_minute(provider: DemoServer, db: None) -> None:
    provider.settings(balance=123.45)
    before = asked(provider)
    balance.run()
    balance.run()
    row = Balance.objects.get()
    assert (row.kopecks, row.provider, row.reason) == (12_345, provider.url, "")
    assert row.asked_at <= row.read_at
    assert asked(provider) == before + 1
    older(61)
    balance.run()
    assert asked(provider) == before + 2
    assert Balance.objects.order_by("-pk")[0].moved_kopecks == 0


def test_one_reads_at_a_time(provider: DemoServer, db: None) -> None:
    token = Lease.objects.acquire("balance", 60)
    assert token
    balance.run()
    assert not Balance.objects.exists()
    Lease.objects.release("balance", token)
    balance.run()
    assert Balance.objects.exists()
    assert not Lease.objects.is_held("balance")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (502, b"<html>", "http-502"),
        (200, b"[]", "not-json"),
        (200, {"balance": "much"}, "no-balance"),
        (401, {"error": "no"}, "key-refused"),
        (402, {"error": "no"}, "balance-empty"),
        (200, {"code": 2}, "key-refused"),
    ],
)
def test_one_that_cannot_be_read_is_kept_and_pauses_nothing(
    settings: Any, status: int, body: Any, reason: str
) -> None:
    with saying(settings, status, body):
        balance.run()
    row = Balance.objects.get()
    assert (row.kopecks, row.reason) == (None, reason)
    assert row.reason_sentence
    assert not Studio.objects.current().is_paused


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("left", "credit", "is_paused"),
    [(0.01, 0, False), (0, 0, True), (-5, 0, True), (-5, 10, False), (-10, 10, True)],
)
def test_an_empty_account_pauses_spending(
    settings: Any, left: float, credit: float, is_paused: bool
) -> None:
    with saying(settings, 200, {"balance": left, "creditLimit": credit}):
        balance.run()
    studio = Studio.objects.current()
    assert studio.pause_reason == ("balance-empty" if is_paused else "")


@pytest.mark.django_db
def test_the_demo_s_empty_account_pauses_nothing(settings: Any) -> None:
    with saying(settings, 200, {"balance": 0}):
        settings.IS_DEMO, settings.PROVIDER = True, "demo"
        balance.run()
    assert Balance.objects.get().kopecks == 0
    assert not Studio.objects.current().is_paused


def test_a_page_wakes_it_once_and_waits_for_nothing(
    provider: DemoServer, db: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        balance.refresh()
        balance.refresh()
    assert queued() == [JOB]
    empty_queue()
    balance.run()
    with django_capture_on_commit_callbacks(execute=True):
        balance.refresh()
    assert queued() == []


def test_the_sweep_wakes_it_once_an_hour(
    provider: DemoServer, db: None, django_capture_on_commit_callbacks: Any
) -> None:
    def woken() -> bool:
        empty_queue()
        with django_capture_on_commit_callbacks(execute=True):
            sweep.run()
        return JOB in queued()

    assert woken()
    balance.run()
    assert not woken()
    older(3500)
    assert not woken()
    older(200)
    assert woken()


@pytest.fixture
def task(provider: DemoServer, submit: Submit, alice: User, request: Any) -> Task:
    return submit(alice, f"balance {request.node.name}").tasks.get()


@pytest.mark.parametrize(
    ("behaviour", "verdict"),
    [("charge-then-drop", Verdict.CHARGED), ("http-502-html", Verdict.FREE)],
)
def test_what_became_unknown_is_read_compared_and_flagged(
    task: Task,
    provider: DemoServer,
    behaviour: str,
    verdict: Verdict,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """The provider's own charge log is what the verdict is held against."""
    balance.run()
    older(120)
    provider.fault("create", behaviour, match=task.batch.prompt.text)
    with django_capture_on_commit_callbacks(execute=True):
        assert send(task).status == TaskStatus.UNKNOWN
    assert JOB in queued()
    balance.run()
    charges = [c for c in provider.charges() if c["prompt"] == task.batch.prompt.text]
    assert bool(charges) == (verdict == Verdict.CHARGED)
    row = Balance.objects.order_by("-pk")[0]
    assert row.unexplained_kopecks == (400 if charges else 0)
    assert row.candidates == ([task.pk] if charges else [])
    # A quarter of an hour later, all that can come has come.
    older(1000)
    sent = timezone.now() - timedelta(seconds=1010)
    Task.objects.filter(pk=task.pk).update(sent_at=sent)
    Balance.objects.filter(pk=row.pk).update(
        asked_at=timezone.now() - timedelta(seconds=70),
        read_at=timezone.now() - timedelta(seconds=70),
    )
    balance.run()
    assert Comparison.objects.get().verdict == verdict
