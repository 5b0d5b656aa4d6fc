"""Pausing, resuming, and the one-time token for the first administrator."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from gallery.jobs import restored
from gallery.models import Event, Pause, Studio, Task, User

pytestmark = pytest.mark.django_db


def test_there_is_one_row() -> None:
    assert Studio.objects.current() == Studio.objects.current()
    with pytest.raises(IntegrityError), transaction.atomic():
        Studio.objects.create(pk=2)


def test_the_first_reason_of_a_pause_stays(admin: User) -> None:
    assert Studio.objects.pause("balance-empty", note="x" * 600)
    assert not Studio.objects.pause("breaker")
    studio = Studio.objects.current()
    assert studio.is_paused
    assert "balance" in studio.pause_sentence
    assert Studio.objects.resume(by=admin)
    assert not Studio.objects.resume(by=admin)
    assert Studio.objects.current().pause_sentence == ""


@pytest.mark.django_db(transaction=True)
def test_every_pause_is_a_line_of_the_history(admin: User) -> None:
    Studio.objects.pause("balance-empty", note="Not enough money")
    Studio.objects.pause("breaker")  # while it is paused: no cause of its own
    Studio.objects.resume(by=admin)
    Studio.objects.pause("by-hand", by=admin)
    Studio.objects.pause("restored", anew=True)
    lines = Pause.objects.order_by("pk").values_list("reason", "note", "paused_by", "resumed_by")
    assert list(lines) == [
        ("balance-empty", "Not enough money", None, admin.pk),
        ("by-hand", "", admin.pk, None),
        ("restored", "", None, None),
    ]
    assert Pause.objects.get(ended_at=None).reason == "restored"
    assert Studio.objects.current().paused_at == Pause.objects.get(ended_at=None).paused_at


def full(execute: Any, sql: str, *rest: Any) -> Any:
    """A disk that has no room for another line of the history."""
    if "INSERT" in sql and Pause._meta.db_table in sql:
        raise OperationalError("database or disk is full")
    return execute(sql, *rest)


@pytest.mark.django_db(transaction=True)
def test_spending_is_paused_though_no_line_can_be_written() -> None:
    with connection.execute_wrapper(full):
        assert Studio.objects.pause("disk-full")
    assert Studio.objects.current().is_paused
    assert not Pause.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_restore_is_told_until_its_line_stands() -> None:
    """By it comparisons of the balance know that orders may be missing."""
    restored.announce()
    with connection.execute_wrapper(full), pytest.raises(OperationalError):
        restored.finish()
    restored.finish()
    assert Pause.objects.get().reason == "restored"
    assert Studio.objects.current().pause_reason == "restored"


@pytest.mark.django_db(transaction=True)
def test_a_line_that_comes_late_ends_nothing_and_is_ended(admin: User) -> None:
    def resumed_first(execute: Any, sql: str, *rest: Any) -> Any:
        if "UPDATE" in sql and "paused_at" in sql and not resumed:
            resumed.append(execute(sql, *rest))
            transaction.on_commit(lambda: Studio.objects.resume(by=admin))
            return resumed[0]
        return execute(sql, *rest)

    resumed: list[Any] = []
    with connection.execute_wrapper(resumed_first):
        Studio.objects.pause("breaker")
    assert not Studio.objects.current().is_paused
    line = Pause.objects.get()
    assert (line.reason, line.resumed_by) == ("breaker", admin)
    assert line.ended_at
    assert line.ended_at >= line.paused_at


def test_what_was_there_before_the_lines_is_told_once(task: Task) -> None:
    """By the migration: a restore that an event knows, and the pause that it began."""
    assert Task.objects.doubt_restored(task.pk)
    long_ago = timezone.now() - timedelta(days=3)
    Event.objects.record(task.pk, "restored")
    Event.objects.filter(pk=Event.objects.latest("pk").pk).update(created_at=long_ago)
    Studio.objects.filter(pk=1).update(paused_at=timezone.now(), pause_reason="restored")
    import_module("gallery.migrations.0022_pauses_and_explanations").tell(apps, None)
    lines = Pause.objects.order_by("pk").values_list("reason", "ended_at")
    assert list(lines) == [("restored", long_ago), ("restored", None)]


def test_a_setup_token_works_once_and_only_the_newest() -> None:
    first = Studio.objects.issue_setup_token()
    second = Studio.objects.issue_setup_token()
    assert first is not None
    assert second is not None
    assert not Studio.objects.is_setup_token(first)
    assert not Studio.objects.use_setup_token("")
    assert Studio.objects.is_setup_token(second)
    assert Studio.objects.use_setup_token(second)
    assert not Studio.objects.use_setup_token(second)


def test_no_token_once_there_is_an_administrator() -> None:
    token = Studio.objects.issue_setup_token()
    assert token is not None
    User.objects.create_superuser("carol", password="keeper-of-keys-7")
    assert not Studio.objects.is_setup_token(token)
    assert Studio.objects.issue_setup_token() is None


def test_what_is_kept_of_a_setup_token_is_nothing_without_the_secret_key(settings: Any) -> None:
    """A dump of the database is no way in, not even for who has seen the link."""
    token = Studio.objects.issue_setup_token()
    assert token
    settings.SECRET_KEY = "of another installation"
    assert not Studio.objects.is_setup_token(token)
    assert not Studio.objects.use_setup_token(token)
