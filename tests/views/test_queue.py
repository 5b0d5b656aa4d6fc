"""What of one's own waits to be sent: told on the studio's page, and taken back in one press."""

from __future__ import annotations

import pytest
from django.test import Client

from gallery.models import Task, TaskStatus, User
from gallery.views import cards
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
    assert "0 pictures are canceled." in by_alice.post("/tasks/cancel/", follow=True).text
    check_money()


def test_of_a_long_queue_what_is_next_is_shown(
    by_alice: Client, alice: User, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "MOST_CARDS", 4)
    batches = [submit(alice, f"a bird {number}", count=2) for number in range(4)]
    last = batches[-1].tasks.latest("pk")
    assert Task.objects.claim_send(last.pk)
    page = by_alice.get("/").text
    shown = [task.pk for task in Task.objects.order_by("pk") if f'id="task-{task.pk}"' in page]
    first = list(Task.objects.order_by("pk")[:3].values_list("pk", flat=True))
    assert shown == [*first, last.pk]
    assert f"7 {WAIT}" in page
    assert "Those that are next are shown." in page
