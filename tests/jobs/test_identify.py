"""The job that asks the provider for the id which an administrator gave for an unknown task."""

from __future__ import annotations

import contextlib
import itertools
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gallery.jobs import balance, identify, sweep
from gallery.models import (
    Balance,
    Event,
    Lease,
    Question,
    RemoteIdTaken,
    Standing,
    Studio,
    Task,
    TaskStatus,
    User,
)
from tests.conftest import KEY, Submit
from tests.demo.server import DemoServer
from tests.invariants import check_money
from tests.jobs.test_submit import send
from tests.provider.servers import answering, http, serving
from tests.queue import empty_queue, queued

S = TaskStatus
numbers = itertools.count()


@pytest.fixture(autouse=True)
def books(db: None) -> Iterator[None]:
    yield
    check_money()


@pytest.fixture
def task(provider: DemoServer, submit: Submit, alice: User) -> Task:
    """Unknown to us, charged and known at the provider."""
    task = submit(alice, f"a task to be found, no. {next(numbers)} {uuid.uuid4()}").tasks.get()
    provider.fault("create", "charge-then-drop", match=task.batch.prompt.text)
    return send(task)


@pytest.fixture
def remote_id(provider: DemoServer, task: Task) -> str:
    return id_of(provider, task)


def id_of(provider: DemoServer, task: Task) -> str:
    (charge,) = [c for c in provider.charges() if c["prompt"] == task.batch.prompt.text]
    return str(charge["id"])


def state(task: Task) -> str:
    return str(Task.objects.values_list("status", flat=True).get(pk=task.pk))


def asked(task: Task, remote_id: str, by: User) -> Question:
    assert Question.objects.ask(task, remote_id, by=by)
    identify.run()
    return Question.objects.get(task=task)


def told(question: Question) -> tuple[str, list[str]]:
    return question.standing, question.reasons


def test_what_matches_is_identified(
    task: Task, remote_id: str, admin: User, provider: DemoServer
) -> None:
    found = asked(task, remote_id, admin)
    assert told(found) == (Standing.ANSWERED, [])
    known = Task.objects.get(pk=task.pk)
    assert (known.status, known.remote_id) == (S.RENDERING, remote_id)
    event = Event.objects.get(task=task, kind="identified")
    assert event.actor == admin
    assert len(provider.charges()) == len({c["id"] for c in provider.charges()})


def test_nothing_is_created_by_asking(
    task: Task, remote_id: str, admin: User, provider: DemoServer
) -> None:
    before = provider.requests()["creates"]
    asked(task, remote_id, admin)
    assert provider.requests()["creates"] == before


def test_an_id_that_is_not_known_is_refused(task: Task, admin: User) -> None:
    found = asked(task, "0123456789abcdef01234567", admin)
    assert told(found) == (Standing.REFUSED, ["no-such-task"])
    assert found.sentences == ["The provider does not know this id."]
    assert state(task) == S.UNKNOWN


def test_an_id_of_another_task_of_ours_is_refused_at_once(
    task: Task, admin: User, alice: User, submit: Submit
) -> None:
    other = send(submit(alice, "another").tasks.get())
    assert other.remote_id
    with pytest.raises(RemoteIdTaken):
        Question.objects.ask(task, other.remote_id, by=admin)
    assert not Question.objects.exists()


def test_an_id_that_became_anothers_meanwhile_is_refused(
    task: Task, remote_id: str, admin: User, alice: User, submit: Submit
) -> None:
    other = submit(alice, "another").tasks.get()
    assert Question.objects.ask(task, remote_id, by=admin)
    claim = Task.objects.claim_send(other.pk)
    assert claim
    assert Task.objects.accept(other.pk, claim, remote_id)
    identify.run()
    assert told(Question.objects.get()) == (Standing.REFUSED, ["taken"])
    assert state(task) == S.UNKNOWN


def test_another_prompt_waits_for_a_second_confirmation(
    task: Task, admin: User, alice: User, submit: Submit, provider: DemoServer
) -> None:
    other = submit(alice, "somebody else's words").tasks.get()
    provider.fault("create", "charge-then-drop", match=other.batch.prompt.text)
    send(other)
    stranger = id_of(provider, other)
    found = asked(task, stranger, admin)
    assert told(found) == (Standing.DOUBTED, ["prompt-differs"])
    assert found.heard_words == "somebody else's words"
    assert found.heard_at
    assert state(task) == S.UNKNOWN
    assert not Question.objects.confirm(task, "another-id", by=admin)
    assert state(task) == S.UNKNOWN
    assert Question.objects.confirm(task, stranger, by=admin)
    assert not Question.objects.confirm(task, stranger, by=admin)
    assert Task.objects.get(pk=task.pk).remote_id == stranger
    assert Question.objects.get().heard_words == ""
    line = Event.objects.get(task=task, kind="identified")
    assert line.actor == admin
    assert line.reason_sentence == "The provider has another prompt under this id.", "it stays"


def test_another_time_waits_for_a_second_confirmation(
    task: Task, remote_id: str, admin: User
) -> None:
    Task.objects.filter(pk=task.pk).update(sent_at=timezone.now() - timedelta(hours=3))
    task.refresh_from_db()
    assert told(asked(task, remote_id, admin)) == (Standing.DOUBTED, ["time-outside"])
    Task.objects.filter(pk=task.pk).update(sent_at=timezone.now() + timedelta(seconds=100))
    task.refresh_from_db()
    assert told(asked(task, remote_id, admin))[0] == Standing.ANSWERED, "clocks differ a little"


@pytest.mark.parametrize("second", [2**32, 253_402_300_000])
def test_a_time_that_no_calendar_of_ours_has_is_no_time(
    settings: Any, task: Task, admin: User, second: int
) -> None:
    """It could not be shown east of UTC: the page with the buttons that mend it would break."""
    text = task.batch.prompt.text
    body = {"code": 0, "id": "0" * 24, "status": "idle", "prompt": text, "created_at": second}
    with saying(settings, task, body):
        assert told(asked(task, "0" * 24, admin)) == (Standing.DOUBTED, ["time-untold"])
    assert Question.objects.get().heard_at is None


def test_after_a_restore_any_time_since_the_order_will_do(
    task: Task, remote_id: str, admin: User
) -> None:
    Task.objects.filter(pk=task.pk).update(sent_at=None)
    task.refresh_from_db()
    assert told(asked(task, remote_id, admin))[0] == Standing.ANSWERED


def test_after_a_restore_the_balance_names_it_until_it_is_found(
    provider: DemoServer, submit: Submit, alice: User, admin: User
) -> None:
    """Sent and charged after the backup, in which it still waits."""
    balance.run()
    task = submit(alice, f"ordered before the backup {uuid.uuid4()}").tasks.get()
    assert send(task).status == S.RENDERING
    Task.objects.filter(pk=task.pk).update(
        status=S.QUEUED, sent_at=None, claim=None, remote_id=None, accepted_at=None
    )
    Event.objects.filter(task=task).exclude(kind="held").delete()
    assert Task.objects.doubt_restored(task.pk)
    Balance.objects.update(
        asked_at=timezone.now() - timedelta(hours=1), read_at=timezone.now() - timedelta(hours=1)
    )
    balance.run()
    row = Balance.objects.order_by("-pk")[0]
    assert (row.unexplained_kopecks, row.candidates) == (400, [task.pk])
    task.refresh_from_db()
    found = asked(task, id_of(provider, task), admin)
    assert told(found) == (Standing.ANSWERED, [])
    sent_at = Task.objects.get(pk=task.pk).sent_at
    assert sent_at
    assert timezone.now() - sent_at < timedelta(minutes=1)
    balance.run()
    row.refresh_from_db()
    assert (row.unexplained_kopecks, row.candidates) == (0, [])


@contextlib.contextmanager
def saying(settings: Any, task: Task, body: Any, status: int = 200) -> Iterator[None]:
    """A provider that answers every question like this."""
    with serving(answering(http(status, body))) as server:
        settings.PROVIDER = settings.PROVIDER_URL = server.url
        settings.PROVIDER_KEY = KEY
        Task.objects.filter(pk=task.pk).update(provider=server.url)
        task.refresh_from_db()
        yield


ID = "abcdef0123456789"


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({}, []),
        ({"status": "done", "url": "https://storage.yandexcloud.net/x.webp"}, []),
        ({"status": "failed", "code": 1}, []),
        ({"model": "quite-another"}, []),  # the API's own examples name a wrong one
        ({"prompt": None}, ["prompt-untold"]),
        ({"prompt": ["a list"]}, ["prompt-untold"]),
        ({"prompt": "shds-secret-of-somebody words"}, ["prompt-differs"]),
        ({"created_at": None}, ["time-untold"]),
        ({"created_at": "yesterday"}, ["time-untold"]),
        ({"created_at": 1}, ["time-outside"]),
        ({"created_at": 10**4000}, ["time-untold"]),
        ({"created_at": 2**39}, ["time-untold"]),
        ({"prompt": None, "created_at": None}, ["prompt-untold", "time-untold"]),
    ],
)
def test_what_the_answer_says(
    task: Task, admin: User, settings: Any, fields: dict[str, Any], reasons: list[str]
) -> None:
    told_by_it = {
        "code": 0, "id": ID, "status": "idle", "prompt": task.batch.prompt.text,
        "created_at": int(timezone.now().timestamp()),
    } | fields  # fmt: skip
    with saying(settings, task, told_by_it):
        found = asked(task, ID, admin)
    assert found.reasons == reasons
    assert found.standing == (Standing.DOUBTED if reasons else Standing.ANSWERED)
    assert state(task) == (S.UNKNOWN if reasons else S.RENDERING)
    assert "secret" not in found.heard_words


def test_spaces_and_line_ends_do_not_count(
    provider: DemoServer, admin: User, alice: User, submit: Submit, settings: Any
) -> None:
    task = submit(alice, "ёлка  в снегу\r\nи лиса").tasks.get()
    provider.fault("create", "charge-then-drop", match="и лиса")
    task = send(task)
    body = {"code": 0, "id": ID, "status": "idle", "prompt": "е\u0308лка в снегу\nи лиса ",
            "created_at": int(timezone.now().timestamp())}  # fmt: skip
    with saying(settings, task, body):
        assert told(asked(task, ID, admin)) == (Standing.ANSWERED, [])


def test_silence_is_asked_again_and_given_up_in_the_end(
    task: Task, admin: User, settings: Any
) -> None:
    with saying(settings, task, b"<html>", 502):
        found = asked(task, ID, admin)
        assert told(found) == (Standing.ASKING, [])
        identify.run()
        assert Question.objects.get().times == 1, "not at once again"
        for _ in range(4):
            Question.objects.update(asked_at=timezone.now() - timedelta(minutes=1))
            identify.run()
    assert told(Question.objects.get()) == (Standing.REFUSED, ["no-answer"])
    assert state(task) == S.UNKNOWN


def test_a_refused_key_is_said_and_pauses_spending(task: Task, admin: User, settings: Any) -> None:
    with saying(settings, task, {"code": 2, "message": "who are you"}):
        found = asked(task, ID, admin)
    assert found.sentences == ["The provider refuses the API key."]
    assert Studio.objects.current().pause_reason == "key-refused"


def test_a_late_answer_of_its_own_is_first(task: Task, remote_id: str, admin: User) -> None:
    claim = Task.objects.get(pk=task.pk).claim
    assert claim
    assert Question.objects.ask(task, remote_id, by=admin)
    assert Task.objects.accept(task.pk, claim, remote_id)
    identify.run()
    assert told(Question.objects.get()) == (Standing.REFUSED, ["moved-on"])
    assert state(task) == S.RENDERING


def test_an_answer_about_an_id_that_was_replaced_is_nothing(
    task: Task, remote_id: str, admin: User
) -> None:
    assert Question.objects.ask(task, "00000000", by=admin)
    old = Question.objects.get()
    assert Question.objects.ask(task, remote_id, by=admin)
    prompt = task.batch.prompt.text
    assert not Question.objects.hear(old.pk, "00000000", prompt, prompt, timezone.now())
    assert not Question.objects.refuse(old.pk, "00000000", "no-such-task")
    assert state(task) == S.UNKNOWN
    identify.run()
    assert state(task) == S.RENDERING


def test_withdrawn_is_forgotten(task: Task, remote_id: str, admin: User) -> None:
    assert Question.objects.ask(task, remote_id, by=admin)
    assert Question.objects.withdraw(task)
    assert not Question.objects.withdraw(task)
    identify.run()
    assert state(task) == S.UNKNOWN


def test_only_what_is_unknown_is_asked_about(
    provider: DemoServer, admin: User, alice: User, submit: Submit
) -> None:
    queued_one = submit(alice).tasks.get()
    assert not Question.objects.ask(queued_one, ID, by=admin)


def test_another_providers_task_waits(task: Task, remote_id: str, admin: User) -> None:
    Task.objects.filter(pk=task.pk).update(provider="https://other.example/v1")
    assert told(asked(task, remote_id, admin)) == (Standing.ASKING, [])
    assert Question.objects.get().times == 0


def test_the_sweep_wakes_what_waits(
    task: Task, remote_id: str, admin: User, django_capture_on_commit_callbacks: Any
) -> None:
    assert Question.objects.ask(task, remote_id, by=admin)
    empty_queue()
    with django_capture_on_commit_callbacks(execute=True):
        sweep.run()
    assert "gallery.jobs.identify.run" in queued()


def test_one_asks_at_a_time(task: Task, remote_id: str, admin: User) -> None:
    assert Question.objects.ask(task, remote_id, by=admin)
    assert Lease.objects.acquire("identify", 60)
    identify.run()
    assert state(task) == S.UNKNOWN
