"""Asking: what the provider says of a task, however oddly, and when it is asked again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gallery.jobs import poll, remote
from gallery.models import Charge, Event, Studio, Task, TaskStatus, User
from gallery.provider.client import clock
from tests.conftest import Submit
from tests.demo.server import DemoServer
from tests.invariants import check_money
from tests.jobs.test_submit import send

S = TaskStatus


@pytest.fixture
def task(provider: DemoServer, submit: Submit, alice: User, request: Any) -> Task:
    """A rendering task, ready at the provider."""
    task = send(submit(alice, f"poll {request.node.name}").tasks.get())
    provider.ready(id=task.remote_id)
    return task


def ask(task: Task) -> Task:
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now())
    client = remote.client()
    try:
        poll.poll(task.pk, client)
    finally:
        client.close()
    return Task.objects.get(pk=task.pk)


def test_a_link_counts_from_when_it_was_accepted(
    provider: DemoServer, submit: Submit, alice: User
) -> None:
    """Until the provider says that the picture is not ready yet: then from that moment."""
    sent = send(submit(alice, "how old is its link").tasks.get())
    since = sent.link_since
    assert since
    assert since == sent.accepted_at
    asked = ask(sent)
    assert asked.status == S.RENDERING
    assert asked.link_since
    assert asked.link_since > since
    provider.ready(id=sent.remote_id)
    assert ask(asked).link_since == asked.link_since


def test_ready(task: Task) -> None:
    asked = ask(task)
    assert asked.status == S.SAVING
    assert asked.result_url.startswith("http://127.0.0.1:")
    assert ask(task).status == S.SAVING, "delivered twice"


def test_working_is_asked_again_in_a_second(task: Task, provider: DemoServer) -> None:
    provider.fault("result", "idle-forever", match=task.batch.prompt.text)
    asked = ask(task)
    assert (asked.status, asked.polls) == (S.RENDERING, 1)
    assert 0.5 < (asked.due_at - timezone.now()).total_seconds() <= 1.0


@pytest.mark.parametrize(
    "behaviour",
    ["done-without-url", "unknown-word", "garbage", "html", "http-502-html", "drop", "other-id"],
)
def test_odd_answers_end_nothing(task: Task, provider: DemoServer, behaviour: str) -> None:
    provider.fault("result", behaviour, match=task.batch.prompt.text, times=1, word="dreaming")
    assert ask(task).status == S.RENDERING
    assert ask(task).status == S.SAVING


@pytest.mark.parametrize(("behaviour", "spent"), [("failed", 0), ("failed-with-cost", 400)])
def test_failed(task: Task, provider: DemoServer, behaviour: str, spent: int) -> None:
    provider.fault("result", behaviour, match=task.batch.prompt.text, message="out of paint")
    asked = ask(task)
    assert (asked.status, asked.reason) == (S.FAILED, "provider-failed")
    assert "out of paint" in asked.detail
    assert (asked.cost_kopecks or 0) == spent
    check_money()


def test_a_content_refusal_says_so(task: Task, provider: DemoServer) -> None:
    provider.fault("result", "failed", match=task.batch.prompt.text, code=1001)
    assert ask(task).reason == "content-refused"


def test_cost_is_kept(task: Task, provider: DemoServer) -> None:
    provider.fault("result", "done-with-cost", match=task.batch.prompt.text, cost=3.5)
    assert ask(task).cost_kopecks == 350


def test_not_found_for_a_while_is_no_loss(task: Task, provider: DemoServer) -> None:
    provider.fault("result", "not-found", match=task.batch.prompt.text, times=5)
    for _ in range(5):
        assert ask(task).status == S.RENDERING
    assert ask(task).status == S.SAVING


def test_not_found_several_times_over_long_is_lost(task: Task, provider: DemoServer) -> None:
    provider.fault("result", "not-found", match=task.batch.prompt.text)
    ask(task)
    ask(task)
    assert ask(task).status == S.RENDERING, "often enough, but not for long enough"
    Task.objects.filter(pk=task.pk).update(missing_since=timezone.now() - timedelta(hours=2))
    lost = ask(task)
    assert (lost.status, lost.reason) == (S.LOST, "no-such-task")
    check_money()


@pytest.mark.parametrize("behaviour", ["idle-forever", "not-found"])
def test_after_72_hours_it_is_lost(task: Task, provider: DemoServer, behaviour: str) -> None:
    provider.fault("result", behaviour, match=task.batch.prompt.text)
    Task.objects.filter(pk=task.pk).update(give_up_at=timezone.now())
    assert ask(task).status == S.LOST


def test_longer_than_usual_says_so_and_is_asked_more_slowly(
    task: Task, provider: DemoServer
) -> None:
    provider.fault("result", "idle-forever", match=task.batch.prompt.text)
    Task.objects.filter(pk=task.pk).update(accepted_at=timezone.now() - timedelta(minutes=30))
    asked = ask(task)
    wait = (asked.due_at - timezone.now()).total_seconds()
    assert asked.reason == "slow"
    assert 60 < wait < 240


def test_a_refused_key_pauses_spending_and_asking_goes_on(task: Task, provider: DemoServer) -> None:
    provider.fault("result", "code-2", match=task.batch.prompt.text, times=1)
    assert ask(task).status == S.RENDERING
    assert Studio.objects.current().pause_reason == "key-refused"
    assert ask(task).status == S.SAVING


def test_a_row_that_is_gone_or_another_providers_is_not_asked(
    task: Task, provider: DemoServer
) -> None:
    Task.objects.filter(pk=task.pk).update(provider="https://other.example/v1")
    before = provider.requests()["results"].get(task.remote_id or "", 0)
    ask(task)
    client = remote.client()
    poll.poll(999_999, client)
    client.close()
    assert provider.requests()["results"].get(task.remote_id or "", 0) == before


def test_at_most_the_poll_rate_is_asked_in_a_second(
    provider: DemoServer, submit: Submit, alice: User, settings: Any
) -> None:
    settings.POLL_RATE = 3
    tasks = [send(task) for task in submit(alice, "a rate", count=5).tasks.all()]
    provider.ready(match="a rate")
    client = remote.client()
    poller = poll.Poller(client)
    begun = clock()
    try:
        poller.tick()
        assert Task.objects.filter(status=S.SAVING).count() == 3
        assert not poller.is_idle()
        while not poller.is_idle():
            poller.tick()
        assert clock() - begun >= 2 / 3, "two more than the rate at first allowed"
    finally:
        poller.finish()
        client.close()
    assert Event.objects.filter(kind="ready").count() == len(tasks)


def test_a_hanging_poll_holds_up_no_other(
    provider: DemoServer, submit: Submit, alice: User, settings: Any
) -> None:
    settings.RESULT_SECONDS = 2
    hanging = send(submit(alice, "hanging").tasks.get())
    quick = send(submit(alice, "quick").tasks.get())
    provider.ready(match="quick")
    provider.fault("result", "hang", match="hanging", seconds=3)
    client = remote.client()
    poller = poll.Poller(client)
    try:
        poller.tick()
        assert Task.objects.get(pk=quick.pk).status == S.SAVING
        assert Task.objects.get(pk=hanging.pk).polls == 0
    finally:
        poller.finish()
        client.close()
    assert Task.objects.get(pk=hanging.pk).polls == 1


def test_a_row_that_cannot_be_written_holds_up_no_other(
    provider: DemoServer, submit: Submit, alice: User
) -> None:
    broken, well = (send(task) for task in submit(alice, "poisoned", count=2).tasks.all())
    provider.fault("result", "failed", match="poisoned")
    Charge.objects.filter(task=broken)._raw_delete("default")
    client = remote.client()
    poller = poll.Poller(client)
    try:
        poller.tick()
    finally:
        poller.finish()
        client.close()
    assert Task.objects.get(pk=well.pk).status == S.FAILED
    left = Task.objects.get(pk=broken.pk)
    assert left.status == S.RENDERING
    assert left.due_at > timezone.now(), "not the first in each tick for ever"


@pytest.mark.parametrize(
    ("reason", "status"),
    [("download-failed", S.SAVING), ("host-forbidden", S.SAVING), ("gone", S.LOST)],
)
def test_a_link_that_may_live_is_tried_again_before_a_forgotten_task_is_lost(
    task: Task, provider: DemoServer, reason: str, status: TaskStatus
) -> None:
    ready = ask(task)
    claim = Task.objects.claim_save(task.pk)
    assert claim is not None
    Task.objects.relink(task.pk, claim, reason, "", 0)
    provider.fault("result", "not-found", match=task.batch.prompt.text)
    ask(task)
    ask(task)
    Task.objects.filter(pk=task.pk).update(missing_since=timezone.now() - timedelta(hours=2))
    asked = ask(task)
    assert (asked.status, asked.result_url) == (status, ready.result_url)
    check_money()
