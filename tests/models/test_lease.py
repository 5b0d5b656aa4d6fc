"""Leases: one holder at a time, run out, renewed, released; heartbeats."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from gallery.models import Lease

pytestmark = pytest.mark.django_db


def test_one_holder_at_a_time() -> None:
    token = Lease.objects.acquire("poll", 10)
    assert token is not None
    assert Lease.objects.is_held("poll")
    assert Lease.objects.acquire("poll", 10) is None
    assert Lease.objects.release("poll", token)
    assert not Lease.objects.is_held("poll")
    assert Lease.objects.acquire("poll", 10) is not None


def test_a_lease_that_ran_out_is_free() -> None:
    old = Lease.objects.acquire("poll", 10)
    assert old is not None
    Lease.objects.filter(name="poll").update(until=timezone.now() - timedelta(seconds=1))
    assert Lease.objects.acquire("poll", 10) is not None
    assert not Lease.objects.renew("poll", old, 10)
    assert not Lease.objects.release("poll", old)


def test_renewing_moves_the_end() -> None:
    token = Lease.objects.acquire("poll", 1)
    assert token is not None
    assert Lease.objects.renew("poll", token, 100)
    until = Lease.objects.get(name="poll").until
    assert until is not None
    assert until > timezone.now() + timedelta(seconds=50)
    assert not Lease.objects.renew("poll", uuid.uuid4(), 100)


def test_break_all_frees_everything() -> None:
    Lease.objects.acquire("poll", 100)
    Lease.objects.acquire("save", 100)
    assert Lease.objects.break_all() == 2
    assert Lease.objects.acquire("poll", 1) is not None


def test_heartbeats() -> None:
    assert Lease.objects.seen("queue") is None
    Lease.objects.beat("queue")
    first = Lease.objects.seen("queue")
    Lease.objects.beat("queue")
    second = Lease.objects.seen("queue")
    assert first is not None
    assert second is not None
    assert second >= first
    assert str(Lease.objects.get(name="queue")) == "queue"
