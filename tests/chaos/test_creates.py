"""Each way in which a create may be answered, once: the state, the money, and the truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gallery.models import ImageModel, Studio, Task, TaskStatus, User
from tests.chaos.conftest import Scene
from tests.chaos.hostile.behaviours import Behaviour
from tests.chaos.hostile.creates import CREATES, Create
from tests.chaos.hostile.doors import DOORS, Door
from tests.conftest import Submit

S = TaskStatus


def is_unknown(task: Task) -> None:
    assert task.status == S.UNKNOWN
    assert task.claim is not None, "its own late answer can heal it"


def is_accepted(task: Task) -> None:
    assert task.status in (S.RENDERING, S.SAVING, S.FAILED)
    assert task.remote_id


def is_queued(task: Task) -> None:
    assert (task.status, task.remote_id, task.claim) == (S.QUEUED, None, None)
    assert not Studio.objects.current().is_paused


def is_gated_by_the_operator(task: Task) -> None:
    assert (task.status, task.remote_id) == (S.QUEUED, None)
    assert Studio.objects.current().pause_reason == task.reason


def is_gated_by_its_model(task: Task) -> None:
    assert (task.status, task.remote_id) == (S.QUEUED, None)
    assert not ImageModel.objects.get(pk=task.model_id).is_enabled


def is_refused(task: Task) -> None:
    assert (task.status, task.remote_id) == (S.FAILED, None)


CLASSES: dict[str, Callable[[Task], None]] = {
    "accepted": is_accepted,
    "unknown": is_unknown,
    "later": is_queued,
    "operator": is_gated_by_the_operator,
    "model": is_gated_by_its_model,
    "refused": is_refused,
}


def class_of(task: Task) -> str:
    """The class of the outcome table that the task's state tells of."""
    if task.status == S.UNKNOWN:
        return "unknown"
    if task.remote_id:
        return "accepted"
    if task.status == S.FAILED:
        return "refused"
    if Studio.objects.current().is_paused:
        return "operator"
    return "later" if ImageModel.objects.get(pk=task.model_id).is_enabled else "model"


def each_create() -> list[Any]:
    return [pytest.param(behaviour, id=name) for name, behaviour in CREATES.behaviours.items()]


@pytest.mark.parametrize("behaviour", each_create())
def test_each_create(
    scene: Scene,
    own_task: Task,
    submit: Submit,
    alice: User,
    admin: User,
    settings: Any,
    behaviour: Behaviour[Create],
) -> None:
    if behaviour.slow:
        settings.CREATE_SECONDS = 1.0
    if behaviour.expects.get("needs_another"):
        another = submit(alice, f"another, of {own_task.batch.prompt.text}").tasks.get()
        assert scene.send(another).status == S.RENDERING
    scene.provider.rule("create", behaviour.name, match=own_task.batch.prompt.text)
    sent = scene.send(own_task)

    found = class_of(sent)
    assert found in behaviour.outcome.split("|"), (sent.status, sent.reason, sent.detail)
    CLASSES[found](sent)
    if "reason" in behaviour.expects:
        assert sent.reason in behaviour.expects["reason"].split("|")
    if "waits" in behaviour.expects:
        wait = (sent.due_at - timezone.now()).total_seconds()
        assert 0 <= behaviour.expects["waits"] - wait < 30
    if found == "accepted":
        assert sent.status == behaviour.expects.get("state", S.RENDERING)
    assert scene.attempts(own_task) == 1
    assert scene.charged(own_task) == behaviour.expects["charged"]
    scene.check()
    FOLLOWS[found](scene, sent, admin)
    scene.check()


def follow_accepted(scene: Scene, task: Task, admin: User) -> None:
    never_again(scene, task)
    if task.status == S.FAILED:
        [charge] = scene.provider.charges(task.batch.prompt.text)
        assert (task.cost_kopecks or 0) == charge.billed_kopecks
    else:
        scene.finish(task)


def follow_unknown(scene: Scene, task: Task, admin: User) -> None:
    """The administrator looks at the provider's book: an id heals it, no charge releases it."""
    never_again(scene, task)
    charges = scene.provider.charges(task.batch.prompt.text)
    if charges:
        assert Task.objects.identify(task.pk, charges[0].id, by=admin)
        scene.finish(scene.fresh(task))
    else:
        past = timezone.now() - timedelta(seconds=1)
        Task.objects.filter(pk=task.pk).update(claimed_until=past)
        assert Task.objects.clear(task.pk, "not in the provider's book", by=admin)


def follow_queued(scene: Scene, task: Task, admin: User) -> None:
    """Once what held it is gone it is sent, and charged for the first time."""
    scene.provider.no_rules()
    Studio.objects.resume(by=admin)
    ImageModel.objects.filter(pk=task.model_id).update(is_enabled=True)
    sent = scene.send(task)
    assert (sent.status, scene.charged(task), scene.attempts(task)) == (S.RENDERING, 1, 2)
    scene.finish(sent)


def never_again(scene: Scene, task: Task, admin: User | None = None) -> None:
    """Nothing sends it a second time, and nothing moves it by itself."""
    assert scene.send(task).status == task.status
    assert scene.attempts(task) == 1


FOLLOWS: dict[str, Callable[[Scene, Task, User], None]] = {
    "accepted": follow_accepted,
    "unknown": follow_unknown,
    "later": follow_queued,
    "operator": follow_queued,
    "model": follow_queued,
    "refused": never_again,
}


@pytest.mark.parametrize("door", [pytest.param(door, id=door.name) for door in DOORS])
def test_what_found_no_open_door_was_not_sent(
    scene: Scene, own_task: Task, admin: User, settings: Any, door: Door
) -> None:
    with door.open() as port:
        settings.PROVIDER_URL = f"{door.scheme}://127.0.0.1:{port}/v1"
        sent = scene.send(own_task)
    is_queued(sent)
    assert (sent.reason, sent.sent_at) == (door.reason, None)
    assert scene.attempts(own_task) == 0
    scene.check()
    settings.PROVIDER_URL = settings.PROVIDER
    sent = scene.send(own_task)
    assert (sent.status, scene.charged(own_task), scene.attempts(own_task)) == (S.RENDERING, 1, 1)
    scene.finish(sent)
    scene.check()


def test_there_is_enough_of_everything() -> None:
    """What issue and promises name stays in the tables."""
    assert len(CREATES.behaviours) >= 150
    classes = {name for each in CREATES.behaviours.values() for name in each.outcome.split("|")}
    assert classes == set(CLASSES)
