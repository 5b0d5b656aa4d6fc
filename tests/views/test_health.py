"""/healthz: 200 when all is well, 503 with the reasons when not, open to everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from gallery.models import Lease

pytestmark = pytest.mark.django_db


@pytest.fixture
def beating(db: None) -> None:
    Lease.objects.beat("queue")


def test_all_is_well(client: Client, beating: None) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"web": True, "database": True, "queue": True, "archive": True},
        "reasons": {},
    }
    assert "no-store" in answer["Cache-Control"]


def test_no_heartbeat_yet(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert list(answer.json()["reasons"]) == ["queue"]


def test_a_late_heartbeat(client: Client, beating: None, settings: Any) -> None:
    late = timezone.now() - timedelta(seconds=settings.HEARTBEAT_LATE_SECONDS + 5)
    Lease.objects.filter(name="queue").update(seen_at=late)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "seconds ago" in answer.json()["reasons"]["queue"]


def test_a_heartbeat_of_a_clock_that_went_back(
    client: Client, beating: None, settings: Any
) -> None:
    """It says nothing of a queue that has stood still since."""
    ahead = timezone.now() + timedelta(seconds=settings.HEARTBEAT_LATE_SECONDS + 5)
    Lease.objects.filter(name="queue").update(seen_at=ahead)
    assert "clock went back" in client.get("/healthz").json()["reasons"]["queue"]


def test_a_missing_folder(client: Client, beating: None, settings: Any) -> None:
    settings.DATA_DIR = settings.DATA_DIR / "gone"
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert list(answer.json()["reasons"]) == ["archive"]


def test_a_database_that_does_not_answer(client: Client, beating: None) -> None:
    def refuse(*arguments: object) -> None:
        raise OperationalError("shds-secret could not connect")

    with connection.execute_wrapper(refuse):
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert set(answer.json()["reasons"]) == {"database", "queue"}
    assert b"shds" not in answer.content


def test_it_only_answers_questions(client: Client, beating: None) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.head("/healthz").status_code == 200
