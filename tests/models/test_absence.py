from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Absence, Charge, Image, Task, User, absence
from gallery.models.user import AWAY_AFTER, NOTED_EVERY
from tests.conftest import Submit
from tests.trash import trash
from tests.views.conftest import accept, doubt, refuse
from tests.views.conftest import finish as finish
from tests.views.conftest import picture as picture

SECOND = timedelta(seconds=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def alice(db: None) -> User:
    """Never seen so far."""
    return User.objects.create_user("alice", password="wonderland-1865")


def visit(user: User, when: datetime) -> int:
    """Somebody asks for something at that moment, and is told how many times that was written."""
    with patch.object(timezone, "now", lambda: when), CaptureQueriesContext(connection) as asked:
        User.objects.visit(user)
    return len(asked)


def test_a_visit_is_not_written_with_each_request(alice: User, now: datetime) -> None:
    assert visit(alice, now) == 1
    assert visit(alice, now + NOTED_EVERY - SECOND) == 0
    assert visit(alice, now + NOTED_EVERY) == 1
    alice.refresh_from_db()
    assert alice.seen_at == now + NOTED_EVERY
    assert alice.left_at is None
    assert absence(alice) is None


def test_whoever_asks_for_nothing_for_long_has_left(alice: User, now: datetime) -> None:
    visit(alice, now)
    visit(alice, now + AWAY_AFTER - SECOND)
    assert alice.left_at is None
    visit(alice, now + 2 * AWAY_AFTER)
    times: tuple[Any, Any] = (alice.left_at, alice.back_at)
    assert times == (now + AWAY_AFTER - SECOND, now + 2 * AWAY_AFTER)
    # The visit goes on, and what is told stays the same.
    visit(alice, now + 2 * AWAY_AFTER + NOTED_EVERY)
    alice.refresh_from_db()
    assert alice.back_at == now + 2 * AWAY_AFTER


def test_of_two_requests_at_once_one_begins_the_visit(alice: User, now: datetime) -> None:
    visit(alice, now)
    twin = User.objects.get(pk=alice.pk)
    visit(alice, now + 2 * AWAY_AFTER)
    visit(twin, now + 2 * AWAY_AFTER + SECOND)
    assert (twin.left_at, twin.back_at) == (alice.left_at, alice.back_at)


def test_it_tells_what_came_failed_and_was_spent_in_between(
    alice: User, bob: User, submit: Submit, finish: Callable[[Task], Image], now: datetime
) -> None:
    finish(submit(alice, "before").tasks.get())
    alice.left_at = timezone.now()
    first, second = (finish(submit(alice, text).tasks.get()) for text in ("one", "two"))
    finish(submit(bob, "theirs").tasks.get())
    failed, unknown, lost = (submit(alice, text).tasks.get() for text in ("f", "u", "l"))
    refuse(failed)
    doubt(unknown)
    accept(lost)
    Task.objects.lose(lost.pk, "too-old")
    trash(finish(submit(alice, "thrown away").tasks.get()).pk)
    alice.back_at = timezone.now()
    finish(submit(alice, "after").tasks.get())
    found = absence(alice)
    assert found == Absence(alice.left_at, 2, first.pk, second.pk, 1, 2, 4 * 400)
    spent = Charge.objects.filter(user=alice, created_at__range=(alice.left_at, alice.back_at))
    assert found.spent == sum(spent.values_list("spent_kopecks", flat=True))


def test_the_figures_are_asked_for_once_a_visit(alice: User, now: datetime) -> None:
    alice.left_at, alice.back_at = now - AWAY_AFTER, now
    with CaptureQueriesContext(connection) as first:
        assert absence(alice) is None
    with CaptureQueriesContext(connection) as again:
        assert absence(alice) is None
    assert (len(first), len(again)) == (4, 0)


def test_what_was_read_is_told_no_more(alice: User, now: datetime) -> None:
    visit(alice, now)
    visit(alice, now + 2 * AWAY_AFTER)
    User.objects.hear(alice)
    alice.refresh_from_db()
    assert absence(alice) is None
    assert alice.seen_at == now + 2 * AWAY_AFTER
