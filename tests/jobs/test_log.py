"""What jobs write to the log: each change of a task's state, and no word of what was asked for."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from django.db import transaction
from django.test import Client

from gallery.jobs import cluster, poll, save, sweep
from gallery.jobs import submit as senders
from gallery.models import ImageModel, Studio, Task, TaskStatus, User
from project.log import Line
from tests.conftest import KEY, Submit
from tests.demo.server import DemoServer

S = TaskStatus
PROMPT = "a zebra whispering\nlevel=error event=forged to an umbrella"


@pytest.fixture
def written() -> Iterator[StringIO]:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Line())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}


def story(written: StringIO, task: Task) -> list[str]:
    """The events of the task's own lines."""
    found = [line for line in written.getvalue().splitlines() if f" task={task.pk}" in line]
    return [line.split(" event=", 1)[1].split(" ", 1)[0] for line in found]


@pytest.mark.django_db(transaction=True)
def test_from_the_form_to_the_picture(
    written: StringIO, provider: DemoServer, alice: User, settings: Any, no_undo: None
) -> None:
    settings.TICK_SECONDS = 0.1
    provider.settings(seconds=[0.1, 0.2])
    client = Client()
    client.post("/login/", {"username": "alice", "password": "wonderland-1865"})
    client.get("/")
    model = ImageModel.objects.get(remote_id="gpt-image-1-low")
    typed = {
        "prompt": PROMPT,
        "model": model.remote_id,
        "ratio": "1:1",
        "count": "1",
        "token": str(uuid.uuid4()),
        f"price-{model.pk}": str(model.price_kopecks),
    }
    answer = client.post("/batches/", typed)
    assert answer.status_code == 302
    task = Task.objects.get()
    for _ in range(10):
        for pump in (senders, poll, save):
            cluster._begin_lines({"func": f"{pump.__name__}.run", "id": "0123456789"})
            pump.run()
            cluster._end_lines()
        if Task.objects.get().status == S.DONE:
            break
    client.get(f"/tasks/{task.pk}/")
    client.get("/history/", {"q": "zebra"})
    assert story(written, task) == ["held", "sending", "accepted", "ready", "saved", "request"]
    found = written.getvalue()
    assert len(found.splitlines()) == 5 + found.count(" event=request ")
    for line in found.splitlines():
        assert line.startswith("time=")
        assert " level=info " in line
    ready = next(line for line in found.splitlines() if " event=ready " in line)
    assert " job=poll " in ready
    assert " run=01234567" in ready
    for word in ("zebra", "whispering", "umbrella", "forged", KEY, "wonderland", "csrf"):
        assert word not in found.lower()
    for secret in (client.cookies["sessionid"].value, client.cookies["csrftoken"].value):
        assert secret not in found
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.django_db(transaction=True)
def test_what_a_provider_says_is_no_line_of_ours(
    written: StringIO, provider: DemoServer, submit: Submit, alice: User
) -> None:
    task = submit(alice, PROMPT).tasks.get()
    provider.fault("create", "code-1001", match="zebra", message=f"refused: {PROMPT}")
    senders.run()
    assert Task.objects.get().status == S.FAILED
    assert story(written, task) == ["held", "sending", "refused"]
    assert "reason=content-refused" in written.getvalue()
    assert "zebra" not in written.getvalue()


@pytest.mark.django_db(transaction=True)
def test_what_an_operator_should_see_is_a_warning(
    written: StringIO, provider: DemoServer, submit: Submit, alice: User, admin: User
) -> None:
    task = submit(alice).tasks.get()
    Task.objects.claim_send(task.pk)
    Task.objects.filter(pk=task.pk).update(claimed_until="2026-01-01T00:00:00Z")
    sweep.run()
    Studio.objects.pause("disk-full")
    Studio.objects.pause("disk-full")
    Studio.objects.resume(by=admin)
    ImageModel.objects.switch_off(task.model_id, "model-forbidden", "the provider's own words")
    warnings = [line for line in written.getvalue().splitlines() if " level=warning " in line]
    assert [line.split(" event=", 1)[1] for line in warnings] == [
        f"unknown task={task.pk} reason=sender-died",
        "spending-paused reason=disk-full",
        f"spending-resumed by={admin.pk}",
        f"model-off model={task.model_id} reason=model-forbidden",
    ]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_told(written: StringIO, task: Task) -> None:
    before = written.getvalue()
    with pytest.raises(RuntimeError), transaction.atomic():
        assert Task.objects.claim_send(task.pk)
        Studio.objects.pause("disk-full")
        raise RuntimeError
    assert written.getvalue() == before


def test_a_job_leaves_no_name_behind() -> None:
    structlog.contextvars.bind_contextvars(task=99)
    cluster._begin_lines({"func": "gallery.jobs.sweep.run", "id": "abcdefghijkl"})
    assert structlog.contextvars.get_contextvars() == {"job": "sweep", "run": "abcdefgh"}
    cluster._end_lines()
    assert structlog.contextvars.get_contextvars() == {}
