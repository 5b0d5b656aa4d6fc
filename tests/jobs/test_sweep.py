"""The sweeper: dead sends, kept ids, stale files, a dead archive, sleeping pumps."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.utils import timezone

from gallery.jobs import journal, sweep
from gallery.models import Lease, Studio, Task, TaskStatus, User, attempt
from tests.conftest import Submit
from tests.demo.server import DemoServer
from tests.invariants import check_money
from tests.jobs.test_poll import ask
from tests.jobs.test_submit import send
from tests.queue import queued

S = TaskStatus


@pytest.fixture
def task(provider: DemoServer, submit: Submit, alice: User, request: Any) -> Task:
    return submit(alice, f"sweep {request.node.name}").tasks.get()


def test_a_send_whose_claim_ran_out_is_unknown(task: Task) -> None:
    Task.objects.claim_send(task.pk)
    sweep.run()
    assert Task.objects.get(pk=task.pk).status == S.SENDING
    Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now())
    sweep.run()
    assert Task.objects.get(pk=task.pk).status == S.UNKNOWN


def test_a_kept_id_heals_a_dead_send(task: Task) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now())
    Task.objects.doubt_overdue(task.pk)
    journal.note(task.pk, claim, "b2" * 12)
    sweep.run()
    healed = Task.objects.get(pk=task.pk)
    assert (healed.status, healed.remote_id) == (S.RENDERING, "b2" * 12)


def test_an_id_whose_writer_died_before_it_was_kept_is_not_lost(task: Task) -> None:
    """A draft is whole on the disk before it gets its name: what a kill left there is the id."""
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    journal.note(task.pk, claim, "b2" * 12)
    kept = next(journal.folder().glob("*.json"))
    draft = kept.rename(kept.with_suffix(".tmp"))
    torn = journal.folder() / "9-torn.tmp"
    torn.write_text('{"task": 9, "cl')
    sweep.run()
    assert draft.exists(), "its writer may be at work"
    for path in (draft, torn):
        os.utime(path, (0, 0))
    sweep.run()
    assert Task.objects.get(pk=task.pk).remote_id == "b2" * 12
    assert list(journal.folder().iterdir()) == []


def test_a_kept_id_that_fits_no_task_stays(task: Task, submit: Submit, alice: User) -> None:
    journal.note(task.pk, uuid.uuid4(), "c3" * 12)
    assert journal.replay() == 0
    assert len(list(journal.folder().glob("*.json"))) == 1


def test_a_kept_id_that_is_taken_stays(task: Task, submit: Submit, alice: User) -> None:
    other = send(submit(alice, "another").tasks.get())
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    assert other.remote_id is not None
    journal.note(task.pk, claim, other.remote_id)
    assert journal.replay() == 0
    assert Task.objects.get(pk=task.pk).status == S.SENDING


def test_a_kept_id_that_has_arrived_meanwhile_is_forgotten(task: Task) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    journal.note(task.pk, claim, "d4" * 12)
    Task.objects.accept(task.pk, claim, "d4" * 12)
    assert journal.replay() == 1


def test_what_is_sent_back_after_its_account_was_closed_is_canceled(
    task: Task, alice: User, admin: User
) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim
    User.objects.deactivate(alice, by=admin)
    assert Task.objects.send_back(task.pk, claim, "dns", "", 0)
    assert Task.objects.get(pk=task.pk).status == S.QUEUED
    sweep.run()
    assert Task.objects.get(pk=task.pk).status == S.CANCELED
    check_money()


def test_a_draft_that_cannot_be_read_holds_up_nothing(task: Task) -> None:
    draft = journal.folder() / "9-folder.tmp"
    draft.mkdir()
    os.utime(draft, (0, 0))
    assert Task.objects.claim_send(task.pk)
    Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now())
    sweep.run()
    assert Task.objects.get(pk=task.pk).status == S.UNKNOWN


@pytest.mark.parametrize("content", ["", "[]", '{"task": 1}', '{"task": 1, "claim": "?"}', "\xff"])
def test_a_spoiled_entry_of_the_journal_holds_up_nothing(task: Task, content: str) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    (journal.folder() / "0-spoiled.json").write_text(content, "latin-1")
    journal.note(task.pk, claim, "e5" * 12)
    sweep.run()
    assert Task.objects.get(pk=task.pk).remote_id == "e5" * 12


def test_stale_incoming_files_go_and_fresh_ones_stay(task: Task, data_dir: Path) -> None:
    folder = data_dir / "incoming"
    folder.mkdir()
    old, new = folder / "old.part", folder / "new.part"
    old.write_text("x")
    new.write_text("x")
    os.utime(old, (0, 0))
    sweep.run()
    assert (old.exists(), new.exists()) == (False, True)


def test_sleeping_pumps_are_woken(task: Task, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        sweep.run()
    assert queued() == ["gallery.jobs.submit.run", "gallery.jobs.balance.run"]


def test_a_second_sweeper_goes_away(task: Task) -> None:
    Task.objects.claim_send(task.pk)
    Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now())
    assert Lease.objects.acquire("sweep", 60) is not None
    sweep.run()
    assert Task.objects.get(pk=task.pk).status == S.SENDING


def test_a_dead_archive_pauses_spending(task: Task, provider: DemoServer) -> None:
    sent = send(task)
    provider.ready(id=sent.remote_id)
    ready = ask(sent)
    assert ready.status == S.SAVING
    sweep.guard_archive()
    assert not Studio.objects.current().is_paused
    long_ago = timezone.now() - timedelta(minutes=11)
    Task.objects.filter(pk=task.pk).update(ready_at=long_ago, reason="disk", saves=3)
    sweep.guard_archive()
    assert Studio.objects.current().pause_reason == "archiver-dead"


@pytest.mark.parametrize(
    ("reason", "tasks", "pauses"),
    [
        ("host-forbidden", 1, True),
        ("download-failed", 2, True),
        ("download-failed", 1, False),
        ("gone", 2, False),
    ],
)
def test_pictures_that_we_cannot_fetch_pause_spending(
    provider: DemoServer, submit: Submit, alice: User, reason: str, tasks: int, pauses: bool
) -> None:
    long_ago = timezone.now() - timedelta(minutes=11)
    for task in submit(alice, f"unfetched {reason}", count=tasks).tasks.all():
        send(task)
        Task.objects.filter(pk=task.pk).update(ready_at=long_ago, reason=reason, saves=3)
    sweep.guard_archive()
    assert Studio.objects.current().is_paused is pauses


def test_a_resumed_archive_is_given_time(task: Task, provider: DemoServer, admin: User) -> None:
    send(task)
    long_ago = timezone.now() - timedelta(minutes=11)
    Task.objects.filter(pk=task.pk).update(ready_at=long_ago, reason="host-forbidden", saves=3)
    sweep.guard_archive()
    Studio.objects.resume(by=admin)
    sweep.guard_archive()
    assert not Studio.objects.current().is_paused


def test_without_a_key_waiting_real_tasks_pause_spending(task: Task, settings: Any) -> None:
    sweep.guard_key()
    assert not Studio.objects.current().is_paused
    settings.IS_DEMO, settings.PROVIDER = True, "demo"
    sweep.guard_key()
    assert Studio.objects.current().pause_reason == "no-key"


def test_attempts_that_count_no_more_are_forgotten(task: Task) -> None:
    attempt("login", "alice", "198.51.100.7", account_limit=9, address_limit=9)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    attempt("login", "alice", "198.51.100.7", account_limit=9, address_limit=9)
    sweep.run()
    assert AccessAttempt.objects.count() == 1
