"""After a restore: what was queued may have been sent since the backup, and is not sent again."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

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
