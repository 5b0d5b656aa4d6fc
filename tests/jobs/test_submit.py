"""Sending: every class of outcome, told by a real server and its own charge log."""

from __future__ import annotations

import logging
import socket
import threading
import uuid
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from gallery.jobs import journal, remote, submit
from gallery.jobs import submit as senders
from gallery.models import Budget, ImageModel, Order, Studio, Task, TaskStatus, User
from gallery.provider import answers
from gallery.provider.client import clock
from tests.conftest import KEY, Submit
from tests.demo.server import DemoServer
from tests.invariants import check_money
from tests.provider.servers import Peer, serving
from tests.running import wait_for

S = TaskStatus


def send(task: Task) -> Task:
    client = remote.client()
    try:
        submit.send(task.pk, client)
    finally:
        client.close()
    return Task.objects.get(pk=task.pk)


def charges(provider: DemoServer, task: Task) -> int:
    text = task.batch.prompt.text
    return sum(1 for charge in provider.charges() if charge["prompt"] == text)


@pytest.fixture
def task(provider: DemoServer, submit: Submit, alice: User, request: Any) -> Task:
    """A task for the steered provider, with a prompt of its own."""
    return submit(alice, f"prompt of {request.node.name}").tasks.get()


def test_accepted(task: Task, provider: DemoServer) -> None:
    sent = send(task)
    assert sent.status == S.RENDERING
    assert charges(provider, task) == 1
    assert provider.charges()[-1]["id"] == sent.remote_id
    check_money()


def test_what_is_sent(provider: DemoServer, submit: Submit, alice: User) -> None:
    text = "Кот « 🐈 » \u202e rtl"
    links = ("https://a.example/1.png", "https://b.example/2.png")
    task = submit(alice, text, ratio="16:9", references=links).tasks.get()
    send(task)
    charge = provider.charges()[-1]
    assert (charge["prompt"], charge["ar"], charge["images"]) == (text, "16:9", list(links))
    assert charge["model"] == "gpt-image-1-low"


def test_delivered_twice_is_sent_once(task: Task, provider: DemoServer) -> None:
    send(task)
    send(task)
    assert charges(provider, task) == 1


def test_a_row_that_is_gone_is_no_error(provider: DemoServer, db: None) -> None:
    client = remote.client()
    submit.send(999_999, client)
    client.close()


@pytest.mark.parametrize(
    "behaviour", ["charge-then-drop", "charge-then-502", "half-json", "no-id", "charge-then-hang"]
)
def test_silence_after_the_charge_is_unknown_and_never_sent_again(
    task: Task, provider: DemoServer, behaviour: str, settings: Any
) -> None:
    settings.CREATE_SECONDS = 1
    provider.fault("create", behaviour, match=task.batch.prompt.text, seconds=5)
    assert send(task).status == S.UNKNOWN
    assert send(task).status == S.UNKNOWN
    assert charges(provider, task) == 1
    check_money()


@pytest.mark.parametrize(
    ("number", "status"),
    [(1, S.UNKNOWN), (500, S.UNKNOWN), (3, S.FAILED), (99, S.FAILED), (1001, S.FAILED)],
)
def test_codes(task: Task, provider: DemoServer, number: int, status: TaskStatus) -> None:
    provider.fault("create", f"code-{number}", match=task.batch.prompt.text)
    assert send(task).status == status
    check_money()


def test_a_content_refusal_says_so(task: Task, provider: DemoServer) -> None:
    provider.fault("create", "code-1001", match=task.batch.prompt.text)
    assert send(task).reason == "content-refused"


@pytest.mark.parametrize(("number", "reason"), [(2, "key-refused"), (5, "balance-empty")])
def test_an_operators_refusal_pauses_spending_and_fails_nothing(
    task: Task, provider: DemoServer, number: int, reason: str
) -> None:
    provider.fault("create", f"code-{number}", match=task.batch.prompt.text)
    sent = send(task)
    studio = Studio.objects.current()
    assert (sent.status, studio.pause_reason) == (S.QUEUED, reason)
    assert Task.objects.claim_send(task.pk) is None
    check_money()


def test_what_an_operators_refusal_sent_back_leaves_with_the_resume(
    task: Task, provider: DemoServer, admin: User, settings: Any
) -> None:
    settings.BACKOFF_MAX_SECONDS = 300
    provider.fault("create", "code-5", match=task.batch.prompt.text, times=1)
    assert send(task).status == S.QUEUED
    Studio.objects.resume(by=admin)
    assert send(task).status == S.RENDERING


def test_a_forbidden_model_is_switched_off_and_its_tasks_wait(
    task: Task, provider: DemoServer
) -> None:
    provider.fault("create", "code-7", match=task.batch.prompt.text)
    assert send(task).status == S.QUEUED
    assert not ImageModel.objects.get(pk=task.model_id).is_enabled
    assert send(task).status == S.QUEUED
    assert charges(provider, task) == 0


@pytest.mark.parametrize("behaviour", ["code-6", "http-429", "http-503"])
def test_try_later_is_tried_later_then_sent(
    task: Task, provider: DemoServer, behaviour: str
) -> None:
    provider.fault("create", behaviour, match=task.batch.prompt.text, times=1)
    assert send(task).status == S.QUEUED
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now())
    assert send(task).status == S.RENDERING
    assert charges(provider, task) == 1


def test_not_sent_is_queued_again(task: Task, settings: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    settings.PROVIDER_URL = f"http://127.0.0.1:{port}/v1"
    sent = send(task)
    assert (sent.status, sent.reason, sent.sent_at) == (S.QUEUED, "refused", None)
    assert not Studio.objects.current().is_paused


@pytest.mark.django_db(transaction=True)
def test_the_claim_is_committed_before_the_first_byte(
    submit: Submit, alice: User, settings: Any
) -> None:
    """Whoever dies with the request on the wire leaves a row that says so."""
    seen: list[tuple[str, int]] = []

    def look(peer: Peer) -> None:
        """As another process sees the rows: on a connection of its own."""
        try:
            peer.request()
            seen.extend(Task.objects.values_list("status", "attempts"))
        finally:
            connection.close()

    submit(alice)
    with serving(look) as server:
        settings.PROVIDER_URL = server.url
        with closing(remote.client()) as client:
            sender = senders.Sender(client)
            sender.tick()
            sender.finish()
    assert seen == [(S.SENDING, 1)]


@pytest.mark.django_db(transaction=True)
def test_an_id_is_on_its_row_while_another_create_still_hangs(
    provider: DemoServer, submit: Submit, alice: User
) -> None:
    submit(alice, "hanging for a while")
    task = submit(alice, "quick as a flash").tasks.get()
    provider.fault("create", "charge-then-late", match="hanging", seconds=2)
    with closing(remote.client()) as client:
        sender = senders.Sender(client)
        sender.tick()
        wait_for(lambda: Task.objects.get(pk=task.pk).remote_id, 5, "the id")
        assert len(sender.under_way) == 2, "nobody has looked at what came back"
        sending = Task.objects.filter(status=S.SENDING)
        assert sending.count() == 1, "the other is still on the wire"
        sender.finish()


def test_done_at_once(task: Task, provider: DemoServer) -> None:
    provider.fault("create", "done-at-once", match=task.batch.prompt.text)
    assert send(task).status == S.SAVING


def test_failed_at_once(task: Task, provider: DemoServer) -> None:
    provider.fault("create", "failed-at-once", match=task.batch.prompt.text)
    assert send(task).status == S.FAILED
    check_money()


def test_a_known_id_is_no_answer(task: Task, provider: DemoServer) -> None:
    first = send(task)
    order = Order.rerun(task.batch.prompt, token=task.batch.form_token, count=1, price_kopecks=400)
    again = submit.accept(User.objects.create_user("dave"), order).tasks.get()
    provider.fault("create", "known-id", match=task.batch.prompt.text, id=first.remote_id)
    sent = send(again)
    assert (sent.status, sent.reason) == (S.UNKNOWN, "known-id")


def test_two_unknowns_trip_the_breaker(
    provider: DemoServer, submit: Submit, alice: User, admin: User
) -> None:
    provider.fault("create", "charge-then-drop", match="breaker")
    tasks = list(submit(alice, "breaker", count=3).tasks.all())
    send(tasks[0])
    assert not Studio.objects.current().is_paused
    send(tasks[1])
    assert Studio.objects.current().pause_reason == "breaker"
    assert send(tasks[2]).status == S.QUEUED
    Studio.objects.resume(by=admin)
    send(tasks[2])
    assert not Studio.objects.current().is_paused, "what was before the resume does not count"


def test_our_own_dead_senders_do_not_trip_the_breaker(
    provider: DemoServer, submit: Submit, alice: User
) -> None:
    for task in submit(alice, "dead senders", count=3).tasks.all():
        Task.objects.claim_send(task.pk)
        Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now())
        Task.objects.doubt_overdue(task.pk)
    assert Task.objects.doubted_since(timezone.now() - timedelta(minutes=10)) == 0


def test_the_fence_holds_a_late_send_back(task: Task, provider: DemoServer, settings: Any) -> None:
    settings.CREATE_SECONDS = -1
    sent = send(task)
    assert (sent.status, sent.reason) == (S.QUEUED, "fence")
    assert charges(provider, task) == 0


def test_a_hold_that_trips_while_it_connects_keeps_the_send_back(
    task: Task, provider: DemoServer, alice: User
) -> None:
    """Claimed already, and the last look before the first byte sees the third refusal."""
    claim = Task.objects.claim_send(task.pk)
    assert claim
    User.objects.filter(pk=alice.pk).update(held_until=timezone.now() + timedelta(hours=24))
    client = remote.client()
    submit.transmit(client, task.pk, claim, clock() + 3)
    client.close()
    task.refresh_from_db()
    assert (task.status, charges(provider, task)) == (S.QUEUED, 0)
    assert send(task).status == S.QUEUED
    User.objects.filter(pk=alice.pk).update(held_until=timezone.now())
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now())
    assert send(task).status == S.RENDERING
    check_money()


def test_the_providers_own_refusals_hold_their_owner(
    provider: DemoServer, submit: Submit, alice: User
) -> None:
    tasks = list(submit(alice, "refused thrice", count=4).tasks.all())
    provider.fault("create", "code-1001", match="refused thrice")
    found = [send(task).status for task in tasks]
    assert found == [S.FAILED, S.FAILED, S.FAILED, S.QUEUED]
    assert User.objects.held().get() == alice
    check_money()


@pytest.mark.parametrize("seconds", [0, 1, 10])
def test_nothing_leaves_before_its_time_and_until_then_canceling_is_free(
    provider: DemoServer, submit: Submit, alice: User, seconds: int
) -> None:
    Studio.objects.filter(pk=1).update(undo_send_seconds=seconds)
    kept, taken = submit(alice, f"in {seconds} s", count=2).tasks.all()
    if seconds:
        waits = (kept.due_at - timezone.now()).total_seconds()
        assert seconds - 1 < waits <= seconds
        assert send(kept).status == S.QUEUED
        assert kept.gate(Studio.objects.current()) == "undo"
    assert Task.objects.cancel(taken.pk, by=alice)
    due = timezone.now() - timedelta(seconds=1)
    Task.objects.filter(pk__in=(kept.pk, taken.pk)).update(due_at=due)
    assert send(taken).status == S.CANCELED
    assert send(kept).status == S.RENDERING
    assert charges(provider, kept) == 1
    check_money()


def test_an_id_that_the_database_refuses_is_kept_in_the_journal(
    task: Task, provider: DemoServer
) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE gallery_event RENAME TO gallery_event_gone")
    accepted = answers.Accepted("a1" * 12, answers.Working("idle"))
    try:
        with pytest.raises(Exception, match="gallery_event"):
            submit.settle_outcome(task, claim, accepted)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gallery_event_gone RENAME TO gallery_event")
    assert Task.objects.get(pk=task.pk).status == S.SENDING
    assert journal.replay() == 1
    healed = Task.objects.get(pk=task.pk)
    assert (healed.status, healed.remote_id) == (S.RENDERING, "a1" * 12)
    assert journal.replay() == 0


def test_an_id_is_kept_whatever_else_breaks(task: Task, provider: DemoServer) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    Budget.objects.all().delete()
    accepted = answers.Accepted("a2" * 12, answers.Failed("", None, None))
    with pytest.raises(RuntimeError):
        submit.settle_outcome(task, claim, accepted)
    assert journal.replay() == 1
    assert Task.objects.get(pk=task.pk).remote_id == "a2" * 12


def test_an_id_that_can_be_written_nowhere_is_in_the_log(
    task: Task, provider: DemoServer, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (data_dir / "journal").write_text("a file where the folder should be")
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    Budget.objects.all().delete()
    accepted = answers.Accepted("a3" * 12, answers.Failed("", None, None))
    with pytest.raises(submit.IdNotKept):
        submit.settle_outcome(task, claim, accepted)
    assert "a3" * 12 in caplog.text


@pytest.mark.django_db(transaction=True)  # whose failure spoils nothing that comes after
def test_a_database_that_cannot_say_yes_says_no(task: Task, provider: DemoServer) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    assert submit._may_send(task.pk, claim)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE gallery_studio RENAME TO gallery_studio_gone")
    try:
        assert not submit._may_send(task.pk, claim)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gallery_studio_gone RENAME TO gallery_studio")


def _rename(old: str, new: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_an_outcome_that_the_database_refuses_is_written_down_later(
    provider: DemoServer, submit: Submit, alice: User, settings: Any
) -> None:
    """A refusal during an outage of the database: failed and released, and not unknown."""
    settings.CLAIM_SECONDS = 30.0
    task = submit(alice, "an outage").tasks.get()
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    _rename("gallery_event", "gallery_event_gone")
    healing = threading.Timer(0.7, _rename, ("gallery_event_gone", "gallery_event"))
    healing.start()
    refused = answers.Refused("request-refused", "no")
    senders._write_down(task, claim, refused, seconds=0.1)
    healing.join()
    assert Task.objects.get(pk=task.pk).status == S.FAILED
    check_money()


def _claimed(submit: Submit, owner: User) -> tuple[Task, uuid.UUID]:
    task = submit(owner, "a full disk").tasks.get()
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    return task, claim


def _without_room(data_dir: Path) -> Path:
    """Neither the row nor the journal takes an id; what stands in the journal's way."""
    in_the_way = data_dir / "journal"
    in_the_way.write_text("a file where the folder should be")
    _rename("gallery_event", "gallery_event_gone")
    return in_the_way


@pytest.mark.django_db(transaction=True)
def test_an_id_that_neither_row_nor_journal_takes_is_held_until_one_does(
    provider: DemoServer, submit: Submit, alice: User, data_dir: Path, settings: Any
) -> None:
    """A disk that is full for a moment refuses both at once: only the sender has the id then."""
    settings.CLAIM_SECONDS = 30.0
    task, claim = _claimed(submit, alice)
    in_the_way = _without_room(data_dir)
    healing = threading.Timer(1.2, _rename, ("gallery_event_gone", "gallery_event"))
    healing.start()
    accepted = answers.Accepted("a4" * 12, answers.Working("idle"))
    senders._write_down(task, claim, accepted, seconds=0.1)
    healing.join()
    row = Task.objects.get(pk=task.pk)
    assert (row.status, row.remote_id) == (S.RENDERING, "a4" * 12)
    in_the_way.unlink()


@pytest.mark.django_db(transaction=True)
def test_an_id_that_the_journal_takes_later_is_there(
    provider: DemoServer, submit: Submit, alice: User, data_dir: Path, settings: Any
) -> None:
    settings.CLAIM_SECONDS = 30.0
    task, claim = _claimed(submit, alice)
    in_the_way = _without_room(data_dir)
    healing = threading.Timer(1.2, in_the_way.unlink)
    healing.start()
    accepted = answers.Accepted("a5" * 12, answers.Working("idle"))
    try:
        with pytest.raises(DatabaseError):
            senders._write_down(task, claim, accepted, seconds=0.1)
    finally:
        healing.join()
        _rename("gallery_event_gone", "gallery_event")
    assert journal.replay() == 1
    assert Task.objects.get(pk=task.pk).remote_id == "a5" * 12


def test_a_full_disk_pauses_spending(provider: DemoServer, task: Task, settings: Any) -> None:
    submit.guard_disk()
    assert not Studio.objects.current().is_paused
    settings.DISK_FLOOR_BYTES = 2**62
    submit.guard_disk()
    assert Studio.objects.current().pause_reason == "disk-full"


def test_the_key_is_in_no_log_row_or_story(
    task: Task, provider: DemoServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.fault("create", "code-3", match=task.batch.prompt.text, message=f"bad key {KEY}")
    sent = send(task)
    story = [str(event.facts) for event in task.events.all()]
    assert KEY not in caplog.text + sent.detail + "".join(story)
    assert sent.status == S.FAILED
