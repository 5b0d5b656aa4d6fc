from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import ImageModel, Studio, Task, User
from tests.conftest import Submit
from tests.queue import empty_queue, queued

from .conftest import HTMX, accept, doubt


def known(page: str) -> str:
    pairs = re.findall(r'<\w+ id="(?:task|note)-(\d+)"[^>]*data-version="([^"]+)"', page)
    return ",".join(f"{pk}:{version}" for pk, version in pairs)


def ask(client: Client, versions: str) -> Any:
    return client.post("/tasks/live/", {"v": versions}, headers=HTMX)


def test_nothing_new_is_204(by_alice: Client, alice: User, submit: Submit) -> None:
    submit(alice, count=3)
    answer = ask(by_alice, known(by_alice.get("/").text))
    assert answer.status_code == 204
    assert answer.content == b""


def test_only_changed_cards_come(by_alice: Client, alice: User, submit: Submit) -> None:
    first, second = submit(alice, count=2).tasks.all()
    before = known(by_alice.get("/").text)
    accept(second)
    page = ask(by_alice, before).text
    assert f'id="task-{first.pk}"' not in page
    assert re.search(rf'id="task-{second.pk}"[^>]*data-status="rendering"', page)
    assert re.search(rf'id="task-{second.pk}"[^>]*hx-swap-oob="true"', page)
    assert "Rendering: 1." in page
    after = re.sub(rf"\b{second.pk}:[^,]+", known(page), before)
    assert ask(by_alice, after).status_code == 204


def test_that_it_may_be_sent_again_is_news(by_alice: Client, alice: User, submit: Submit) -> None:
    task = submit(alice).tasks.get()
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    Task.objects.doubt(task.pk, claim, "timeout", "")
    page = by_alice.get("/").text
    assert "Send again…" not in page
    assert ask(by_alice, known(page)).status_code == 204
    Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now())
    news = ask(by_alice, known(page)).text
    assert "Send again…" in news


def test_a_gate_that_shuts_is_news(
    by_alice: Client, alice: User, submit: Submit, settings: Any
) -> None:
    settings.PROVIDER, settings.IS_DEMO = "https://api.example/v1", False
    submit(alice)
    before = known(by_alice.get("/").text)
    Studio.objects.pause("balance-empty")
    assert "The balance at the provider is used up." in ask(by_alice, before).text


def test_that_spending_is_paused_and_goes_on_is_news(
    by_alice: Client, alice: User, admin: User, submit: Submit
) -> None:
    """Also where no card changes by it, as what is rendering goes on."""
    accept(submit(alice).tasks.get())
    before = known(by_alice.get("/").text)
    assert "0:" in before
    assert ask(by_alice, before).status_code == 204
    Studio.objects.pause("balance-empty")
    news = ask(by_alice, before).text
    assert re.search(r'<div id="note-0"[^>]*hx-swap-oob="true"', news)
    assert "<article" not in news
    assert 'id="queue"' not in news
    assert "Spending is paused.</strong> The balance at the provider is used up." in news
    assert re.search(r'id="news"[^>]*>[^<]*Spending is paused. The balance', news)
    after = re.sub(r"\b0:[^,]+", known(news), before)
    assert ask(by_alice, after).status_code == 204
    Studio.objects.resume(by=admin)
    news = ask(by_alice, after).text
    assert "Spending is paused." not in news
    assert 'id="note-0"' in news


def test_each_notice_is_news(by_admin: Client, admin: User, submit: Submit, settings: Any) -> None:
    task = submit(admin).tasks.get()
    accept(task)
    before = known(by_admin.get("/").text)
    assert ask(by_admin, before).status_code == 204
    User.objects.filter(pk=admin.pk).update(held_until=timezone.now() + timedelta(hours=3))
    news = ask(by_admin, before).text
    assert "Your sending is held." in news
    for hours, words in ((2, "is paid for and not saved"), (7, "For six hours:"), (19, "last")):
        seen = re.sub(r"\b0:[^,]+", known(news), before)
        Task.objects.ready(task.pk, "https://pictures.example/one.webp", None)
        when = timezone.now() - timedelta(hours=hours)
        Task.objects.filter(pk=task.pk).update(ready_at=when, link_since=when)
        news = ask(by_admin, seen).text
        assert words in news


def test_a_page_of_before_notices_were_told_live_gets_none(by_alice: Client, task: Task) -> None:
    accept(task)
    cards_alone = re.sub(r"\b0:[^,]+,?", "", known(by_alice.get("/").text))
    Studio.objects.pause("balance-empty")
    assert ask(by_alice, cards_alone).status_code == 204


def test_a_card_says_why_its_model_is_off(by_alice: Client, alice: User, submit: Submit) -> None:
    task = submit(alice).tasks.get()
    before = known(by_alice.get("/").text)
    ImageModel.objects.switch_off(task.model_id, "model-forbidden")
    assert "does not allow this model" in ask(by_alice, before).text


def test_what_was_dismissed_meanwhile_is_no_news(
    by_alice: Client, alice: User, submit: Submit
) -> None:
    task = submit(alice).tasks.get()
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    Task.objects.refuse(task.pk, claim, "request-refused", "")
    before = known(by_alice.get("/").text)
    Task.objects.dismiss(task.pk)
    assert ask(by_alice, before).status_code == 204


def test_others_cards_and_nonsense_are_ignored(by_bob: Client, alice: User, submit: Submit) -> None:
    task = submit(alice).tasks.get()
    for versions in (f"{task.pk}:0.old", "", "x", "1:", "9" * 30 + ":1", "1:<b>", ",,,", "\0:\0"):
        assert ask(by_bob, versions).status_code == 204


def test_as_many_queries_for_many_cards_as_for_few(
    by_alice: Client, alice: User, submit: Submit
) -> None:
    def count(versions: str) -> int:
        cache.set("pumps:revived", value=True)
        ask(by_alice, versions)
        with CaptureQueriesContext(connection) as captured:
            ask(by_alice, versions)
        return len(captured)

    submit(alice)
    few = known(by_alice.get("/").text)
    for _ in range(12):
        submit(alice, count=8)
    many = known(by_alice.get("/").text)
    assert count(few) == count(many) <= 5
    stale = re.sub(r":\d+\.", ":99.", many)
    assert count(stale) == count(re.sub(r":\d+\.", ":99.", few)) <= 6


def test_it_wakes_pumps_that_have_work_and_no_holder(
    by_alice: Client, alice: User, submit: Submit, django_capture_on_commit_callbacks: Any
) -> None:
    submit(alice)
    cache.clear()
    empty_queue()
    with django_capture_on_commit_callbacks(execute=True):
        ask(by_alice, known(by_alice.get("/").text))
    assert queued() == ["gallery.jobs.submit.run"]


def test_a_finished_card_shows_its_picture(
    by_alice: Client, alice: User, submit: Submit, finish: Any
) -> None:
    task = submit(alice).tasks.get()
    before = known(by_alice.get("/").text)
    image = finish(task)
    page = ask(by_alice, before).text
    assert 'data-status="done"' in page
    assert f"/images/{image.pk}/thumbs/384/" in page
    assert Task.objects.get(pk=task.pk).image == image


def test_a_flood_of_digits_costs_no_time(by_alice: Client) -> None:
    begun = time.perf_counter()
    assert ask(by_alice, "1" * 4_000_000).status_code == 204
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0.01, "a link to it surely lives for 23 more hours."),
        (21.5, "a link to it surely lives for 2 more hours."),
        (22.5, "a link to it surely lives for 89 more minutes."),
        (23.992, "no link to it may live any more"),
        (40, "no link to it may live any more"),
    ],
)
def test_what_is_not_saved_says_how_long_its_link_lives(
    by_alice: Client, task: Task, hours: float, words: str
) -> None:
    accept(task)
    assert Task.objects.ready(task.pk, "https://pictures.example/one.webp", None)
    ready_at = timezone.now() - timedelta(hours=hours)
    Task.objects.filter(pk=task.pk).update(ready_at=ready_at)
    for path in ("/", f"/tasks/{task.pk}/"):
        assert words in by_alice.get(path).text


def test_that_a_link_grows_old_is_news(by_alice: Client, task: Task) -> None:
    accept(task)
    assert Task.objects.ready(task.pk, "https://pictures.example/one.webp", None)
    before = known(by_alice.get("/").text)
    assert ask(by_alice, before).status_code == 204
    for hours, words in ((5.5, "18 more hours"), (22.9, "more minutes"), (24, "may live any more")):
        ready_at = timezone.now() - timedelta(hours=hours)
        Task.objects.filter(pk=task.pk).update(ready_at=ready_at)
        news = ask(by_alice, before).text
        assert words in news
        before = known(news)
        assert ask(by_alice, before).status_code == 204


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (3, None),
        (11.9, None),
        (13, "Came after all, after 13 minutes"),
        (185, "Came after all, after 3 hours"),
        (3 * 24 * 60, "Came after all, after 3 days"),
    ],
)
def test_a_picture_that_came_after_all_says_so(
    by_alice: Client, task: Task, finish: Any, minutes: float, words: str | None
) -> None:
    saved_at = finish(task).task.ended_at or timezone.now()
    sent_at = saved_at - timedelta(minutes=minutes)
    Task.objects.filter(pk=task.pk).update(sent_at=sent_at)
    page = by_alice.get(f"/tasks/{task.pk}/").text
    assert ("Came after all" in page) == bool(words)
    assert words is None or page.count(words) == 2  # on its card, and among its facts


def test_as_many_queries_for_many_unknown_cards_as_for_few(
    by_alice: Client, alice: User, submit: Submit
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            by_alice.get("/")
        return len(captured)

    for task in submit(alice, count=2).tasks.all():
        doubt(task)
    count()
    few = count()
    for _ in range(4):
        for task in submit(alice, count=2).tasks.all():
            doubt(task)
    assert count() <= few
