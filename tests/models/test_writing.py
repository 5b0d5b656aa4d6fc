"""A database that can only be read is known without writing to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from gallery.models import User, takes_writes


@pytest.fixture
def read_only(alice: User) -> Iterator[None]:
    lock, unlock = {
        "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        "postgresql": ("SET TRANSACTION READ ONLY", "SELECT 1"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(lock)
    yield
    with connection.cursor() as cursor:
        cursor.execute(unlock)


def test_a_database_that_takes_all(alice: User) -> None:
    assert takes_writes()


def test_a_database_that_can_only_be_read(read_only: None) -> None:
    assert not takes_writes()
    assert User.objects.filter(username="alice").exists()
