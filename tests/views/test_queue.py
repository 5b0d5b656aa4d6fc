"""What of one's own waits to be sent: told on the studio's page, and taken back in one press."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Task, TaskStatus, User
from gallery.views import queue, studio
from tests.conftest import Submit
from tests.invariants import check_money

from .conftest import HTMX

WAIT = "pictures wait to be sent"
STUDIO = {**HTMX, "HX-Current-URL": "http://testserver/"}


def states(user: User) -> list[str]:
    return list(Task.objects.of(user).order_by("pk").values_list("status", flat=True))


def test_the_page_says_what_waits_and_for_how_much(
    by_alice: Client, alice: User, bob: User, submit: Submit
) -> None:
    submit(bob, count=8)
    submit(alice)
    assert WAIT not in by_alice.get("/").text  # its card has a button of its own
    batch = submit(alice, "two more", count=2)
    page = by_alice.get("/").text
    assert f"3 {WAIT}, 12\u00a0₽ held." in page
    assert 'href="/tasks/cancel/"' in page
    first = batch.tasks.order_by("pk")[0]
    canceled = by_alice.post(f"/tasks/{first.pk}/cancel/", headers=STUDIO).text
    assert f"2 {WAIT}" in canceled
    assert Task.objects.claim_send(first.pk + 1)
    live = by_alice.post("/tasks/live/", {"v": f"{first.pk + 1}:0"}, headers=STUDIO).text
    assert 'id="queue" hx-swap-oob="innerHTML"' in live
    assert WAIT not in live


def test_other_pages_are_not_told(by_alice: Client, alice: User, submit: Submit) -> None:
    task = submit(alice, count=3).tasks.latest("pk")
    page = {**HTMX, "HX-Current-URL": f"http://testserver/tasks/{task.pk}/"}
    assert (
        'id="queue"' not in by_alice.post("/tasks/live/", {"v": f"{task.pk}:0"}, headers=page).text
    )


def test_all_of_it_is_taken_back_after_a_question(
    by_alice: Client, alice: User, bob: User, submit: Submit
) -> None:
    submit(bob)
    submit(alice, count=2)
    asked = by_alice.get("/tasks/cancel/").text
    assert "Cancel 2 pictures?" in asked
    assert "8\u00a0₽" in asked
    assert states(alice) == [TaskStatus.QUEUED] * 2
    page = by_alice.post("/tasks/cancel/", follow=True).text
    assert "2 pictures are canceled." in page
    assert states(alice) == [TaskStatus.CANCELED] * 2
    assert states(bob) == [TaskStatus.QUEUED]
    assert "Nothing waits to be sent" in by_alice.get("/tasks/cancel/").text
    assert "Nothing waited any more." in by_alice.post("/tasks/cancel/", follow=True).text
    check_money()


def test_the_other_money_is_not_told_nor_taken_back(
    by_alice: Client, alice: User, submit: Submit
) -> None:
    submit(alice, count=2)
    Task.objects.update(provider="https://provider.example/v1")
    submit(alice, count=3)
    assert f"3 {WAIT}, 12\u00a0₽ held." in by_alice.get("/").text
    assert "Cancel 3 pictures?" in by_alice.get("/tasks/cancel/").text
    by_alice.post("/tasks/cancel/")
    assert states(alice) == [TaskStatus.QUEUED] * 2 + [TaskStatus.CANCELED] * 3


def test_of_a_long_queue_what_is_next_is_shown(
    by_alice: Client, alice: User, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no more than half of the page is of what is begun, or in trouble."""
    monkeypatch.setattr(queue, "MOST_CARDS", 4)
    monkeypatch.setattr(studio, "MOST_CARDS", 4)
    for number in range(5):
        submit(alice, f"a bird {number}", count=2)
    tasks = list(Task.objects.order_by("pk"))
    for task in tasks[-3:]:
        assert Task.objects.claim_send(task.pk)
    Task.objects.filter(pk=tasks[0].pk).update(due_at=timezone.now() + timedelta(minutes=15))
    page = by_alice.get("/").text
    shown = [task for task in tasks if f'id="task-{task.pk}"' in page]
    assert shown == [*tasks[1:3], *tasks[-2:]]
    assert f"7 {WAIT}" in page
    assert "Those that are next are shown." in page
