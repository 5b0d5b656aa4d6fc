"""Pausing, resuming, and the one-time token for the first administrator."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from gallery.models import Pause, Studio, User

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


@pytest.mark.django_db(transaction=True)
def test_spending_is_paused_though_no_line_can_be_written() -> None:
    def full(execute: Any, sql: str, *rest: Any) -> Any:
        if "INSERT" in sql and Pause._meta.db_table in sql:
            raise OperationalError("database or disk is full")
        return execute(sql, *rest)

    with connection.execute_wrapper(full):
        assert Studio.objects.pause("disk-full")
    assert Studio.objects.current().is_paused
    assert not Pause.objects.exists()


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
