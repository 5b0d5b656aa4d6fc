"""After a restore: what was queued may have been sent since the backup, and is not sent again."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from gallery.jobs.processes import LockFile
from gallery.models import Studio, Task, TaskStatus, User
from tests.conftest import Submit
from tests.invariants import check_money

S = TaskStatus


@pytest.fixture
def real(settings: Any) -> None:
    settings.IS_DEMO = False
    settings.PROVIDER = "https://provider.example/v1"


def restored() -> str:
    written = StringIO()
    call_command("restored", stdout=written)
    return written.getvalue()


def test_what_was_queued_is_unknown_and_spending_waits(
    real: None, submit: Submit, alice: User
) -> None:
    submit(alice, count=2)
    being_sent = submit(alice).tasks.get()
    Task.objects.claim_send(being_sent.pk)
    assert "sent since the backup: 2." in restored()
    states = sorted(Task.objects.values_list("status", flat=True))
    assert states == [S.SENDING, S.UNKNOWN, S.UNKNOWN], "its claim runs out by itself"
    assert Studio.objects.current().pause_reason == "restored"
    assert not Task.objects.sendable().exists()
    check_money()


def test_told_twice_it_is_the_same(real: None, submit: Submit, alice: User) -> None:
    submit(alice)
    restored()
    assert "sent since the backup: 0." in restored()


def test_pictures_of_the_demo_cost_nothing_and_stay_queued(submit: Submit, alice: User) -> None:
    task = submit(alice).tasks.get()
    restored()
    assert Task.objects.get(pk=task.pk).status == S.QUEUED


def test_a_set_up_link_of_before_lets_nobody_in(alice: User) -> None:
    """Whoever had it must not become the administrator of what was restored."""
    token = Studio.objects.issue_setup_token()
    assert token
    assert Studio.objects.is_setup_token(token)
    restored()
    assert not Studio.objects.is_setup_token(token)
    newer = Studio.objects.issue_setup_token()
    assert newer
    assert Studio.objects.is_setup_token(newer)


def test_a_house_that_runs_is_left_alone(real: None, submit: Submit, alice: User) -> None:
    """One wrong environment in a drill would pause it, and doubt all that is queued."""
    task = submit(alice).tasks.get()
    lock = LockFile(settings.DATA_DIR / "serve.lock")
    assert lock.acquire()
    try:
        with pytest.raises(CommandError, match="Artel is running on DATA_DIR"):
            restored()
    finally:
        lock.release()
    assert Task.objects.get(pk=task.pk).status == S.QUEUED
    assert not Studio.objects.current().is_paused


@pytest.mark.parametrize(
    "name",
    [
        "originals/2026/11/task-{}-0123456789abcdef.webp",
        "quarantine/task-{}.0123456789ab",
        "journal/{}-6f1d2a.json",
    ],
)
def test_no_new_task_gets_the_number_of_what_lies_on_the_disk(
    real: None, data_dir: Path, submit: Submit, alice: User, name: str
) -> None:
    """It is of after the backup: the next task's save would remove it, or its owner see it."""
    later = submit(alice).tasks.get().pk + 900
    path = data_dir / name.format(later)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"of after the backup")
    restored()
    assert submit(alice).tasks.get().pk == later + 1
    restored()
    assert submit(alice).tasks.get().pk > later + 1, "never back"


def test_numbers_go_on_also_in_an_empty_database(
    real: None, data_dir: Path, submit: Submit, alice: User
) -> None:
    (data_dir / "originals").mkdir()
    (data_dir / "originals/task-70-0123.webp").write_bytes(b"x")
    restored()
    assert submit(alice).tasks.get().pk >= 71


def test_the_file_of_a_task_that_is_in_doubt_is_named(
    real: None, data_dir: Path, submit: Submit, alice: User
) -> None:
    """Whoever sent it again would pay twice for what lies there."""
    queued, other = submit(alice, count=2).tasks.order_by("pk")
    kept = data_dir / f"originals/2026/11/task-{queued.pk}-0123456789abcdef.webp"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"saved since the backup")
    told = restored()
    assert f"Task {queued.pk} is unknown, and was saved since: {kept.relative_to(data_dir)}" in told
    assert f"Task {other.pk}" not in told
