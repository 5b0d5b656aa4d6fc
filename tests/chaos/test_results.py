"""Each way in which a question about a task may be answered, once; and then the picture comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gallery.jobs import remote
from gallery.models import Studio, Task, TaskStatus, User
from gallery.provider.answers import Failed
from tests.chaos.conftest import Scene
from tests.chaos.hostile.behaviours import Behaviour
from tests.chaos.hostile.results import RESULTS, Result
from tests.conftest import Submit

S = TaskStatus


@pytest.fixture
def rendering(scene: Scene, own_task: Task) -> Task:
    """A task that the provider has accepted."""
    task = scene.send(own_task)
    assert task.status == S.RENDERING
    return task


@pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in RESULTS.behaviours.items()]
)
def test_each_result(
    scene: Scene, rendering: Task, settings: Any, behaviour: Behaviour[Result]
) -> None:
    if behaviour.slow:
        settings.RESULT_SECONDS = 1.0
    expects = behaviour.expects
    scene.provider.rule("result", behaviour.name, match=rendering.batch.prompt.text)
    asked = scene.ask(rendering)
    assert asked.status == behaviour.outcome, (asked.reason, asked.detail)
    assert asked.reason == expects.get("reason", "")
    assert Studio.objects.current().pause_reason == expects.get("pauses", "")
    if "waits" in expects:
        assert 0 <= expects["waits"] - (asked.due_at - timezone.now()).total_seconds() < 30
    scene.check()

    if "fetch" in expects:
        asked = scene.fetch(asked)
        assert (asked.status, asked.reason) == (S.RENDERING, expects["fetch"])
        scene.check()
    [charge] = scene.provider.charges(rendering.batch.prompt.text)
    if asked.status == S.FAILED:
        assert (asked.cost_kopecks or 0) == charge.billed_kopecks
    else:
        done = scene.finish(asked)
        spent = done.price_kopecks if done.cost_kopecks is None else done.cost_kopecks
        assert spent == charge.billed_kopecks
    assert scene.attempts(rendering) == 1
    scene.check()


@pytest.mark.parametrize("behaviour", ["no-such-task", "garbage", "404-page", "done-then-idle"])
def test_for_a_while(scene: Scene, rendering: Task, behaviour: str) -> None:
    """However often: the picture comes when the right answer does."""
    scene.provider.rule("result", behaviour, match=rendering.batch.prompt.text, times=6)
    task = rendering
    for _ in range(6):
        task = scene.ask(task)
        assert task.status in (S.RENDERING, S.SAVING)
    scene.finish(task)
    scene.check()


def test_for_ever_forgotten_is_paid_and_lost_and_may_yet_be_rescued(
    scene: Scene, rendering: Task, admin: User
) -> None:
    scene.provider.rule("result", "forgets", match=rendering.batch.prompt.text)
    for _ in range(3):
        assert scene.ask(rendering).status == S.RENDERING, "often, but not for long"
    past = timezone.now() - timedelta(hours=2)
    Task.objects.filter(pk=rendering.pk).update(missing_since=past)
    lost = scene.ask(rendering)
    assert (lost.status, lost.reason) == (S.LOST, "no-such-task")
    scene.check()
    assert Task.objects.ask_again(lost.pk, by=admin)
    scene.finish(scene.fresh(lost))
    scene.check()


def test_what_is_left_on_a_kept_connection_is_nobodys_answer(
    scene: Scene, submit: Submit, alice: User
) -> None:
    """The second question must not read what was added behind the answer to the first."""
    first, second = (scene.send(submit(alice, f"kept connection {n}").tasks.get()) for n in (1, 2))
    scene.provider.rule("result", "adds-another-answer", match="kept connection 1")
    client = remote.client()
    try:
        client.result(first.remote_id or "")
        found = client.result(second.remote_id or "")
    finally:
        client.close()
    assert not isinstance(found, Failed)


def test_there_is_enough_of_everything() -> None:
    assert len(RESULTS.behaviours) >= 100
    outcomes = {each.outcome for each in RESULTS.behaviours.values()}
    assert outcomes == {S.SAVING, S.RENDERING, S.FAILED}
