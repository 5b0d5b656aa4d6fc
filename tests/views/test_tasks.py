"""A task's own page, and what can be done with it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from gallery.models import Budget, Comparison, Event, Studio, Task, TaskStatus, User, Verdict
from gallery.templatetags.artel import rub
from tests.conftest import Submit

from .conftest import HTMX, accept, doubt, refuse, state


@pytest.mark.parametrize("action", ["", "cancel/", "dismiss/", "ask/", "again/", "note/"])
def test_anothers_task_is_missing(by_bob: Client, task: Task, action: str) -> None:
    for pk in (task.pk, task.pk + 1000, 10**17):
        path = f"/tasks/{pk}/{action}"
        answer = by_bob.get(path) if not action else by_bob.post(path)
        assert answer.status_code == 404
    assert state(task) == TaskStatus.QUEUED


def test_the_page_tells_the_story_and_the_money(by_alice: Client, task: Task) -> None:
    refuse(task, "the provider's <own> words")
    page = by_alice.get(f"/tasks/{task.pk}/").text
    assert f'<article id="task-{task.pk}"' in page
    assert 'data-status="failed"' in page
    assert "Accepted; its price is held" in page
    assert "Refused by the provider" in page
    assert "The provider refused the content of this prompt." in page
    assert "own&gt; words" in page
    assert "released" in page


def test_a_story_of_several_days_names_each_new_day(by_alice: Client, task: Task) -> None:
    refuse(task)
    path = f"/tasks/{task.pk}/"
    told = re.compile(r">(\d+ \w+ \d{4})<br>\d\d:\d\d:\d\d</time>")
    assert not told.findall(by_alice.get(path).text)
    last = Event.objects.filter(task=task).latest("pk")
    day = last.created_at + timedelta(days=3)
    Event.objects.filter(pk=last.pk).update(created_at=day)
    assert told.findall(by_alice.get(path).text) == [date_format(day, "SHORT_DATE_FORMAT")]


def test_cancel_while_queued(by_alice: Client, task: Task) -> None:
    answer = by_alice.post(f"/tasks/{task.pk}/cancel/", headers=HTMX)
    assert 'data-status="canceled"' in answer.text
    assert state(task) == TaskStatus.CANCELED
    assert set(Budget.objects.values_list("held_kopecks", flat=True)) == {0}


def test_cancel_comes_too_late(by_alice: Client, task: Task) -> None:
    accept(task)
    answer = by_alice.post(f"/tasks/{task.pk}/cancel/", headers=HTMX)
    assert 'data-status="rendering"' in answer.text
    assert by_alice.post(f"/tasks/{task.pk}/cancel/")["Location"] == "/"
    assert state(task) == TaskStatus.RENDERING


def test_dismiss_takes_the_card_away_and_moves_no_money(by_alice: Client, task: Task) -> None:
    doubt(task)
    answer = by_alice.post(f"/tasks/{task.pk}/dismiss/", headers=HTMX)
    assert answer.status_code == 200
    assert answer.text == ""
    assert f"task-{task.pk}" not in by_alice.get("/").text
    assert state(task) == TaskStatus.UNKNOWN
    assert set(Budget.objects.values_list("held_kopecks", flat=True)) == {400}


def test_an_open_task_cannot_be_dismissed(by_alice: Client, task: Task) -> None:
    assert by_alice.post(f"/tasks/{task.pk}/dismiss/")["Location"] == "/"
    assert f"task-{task.pk}" in by_alice.get("/").text


def test_ask_for_a_lost_picture_again(by_alice: Client, task: Task) -> None:
    accept(task)
    assert Task.objects.lose(task.pk, "never-came")
    assert "Ask again" in by_alice.get("/").text
    answer = by_alice.post(f"/tasks/{task.pk}/ask/", headers=HTMX)
    assert 'data-status="rendering"' in answer.text


def again_form(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(token|count|price)" value="([^"]+)"', page))


def test_a_canceled_card_can_be_dismissed(by_alice: Client, task: Task) -> None:
    card = by_alice.post(f"/tasks/{task.pk}/cancel/", headers=HTMX).text
    assert f"/tasks/{task.pk}/dismiss/" in card
    assert by_alice.post(f"/tasks/{task.pk}/dismiss/", headers=HTMX).text == ""
    assert state(task) == TaskStatus.CANCELED


def test_send_again_asks_first_then_does(by_alice: Client, task: Task) -> None:
    doubt(task)
    path = f"/tasks/{task.pk}/again/"
    page = by_alice.get(path).text
    assert "paid for twice" in page
    assert state(task) == TaskStatus.UNKNOWN
    assert by_alice.post(path, again_form(page))["Location"] == "/"
    assert state(task) == TaskStatus.WRITTEN_OFF
    assert Task.objects.count() == 2
    # The same press twice is one press.
    assert by_alice.post(path, again_form(page))["Location"] == "/"
    assert Task.objects.count() == 2


@pytest.mark.parametrize(
    ("verdict", "words", "warns"),
    [(Verdict.CHARGED, "Fits being charged.", True), (Verdict.FREE, "not being charged.", False)],
)
def test_send_again_shows_the_evidence(
    by_alice: Client, alice: User, task: Task, verdict: Verdict, words: str, warns: bool
) -> None:
    doubt(task)
    Comparison.objects.create(
        task=task, before_kopecks=100_000, after_kopecks=99_600, verdict=verdict
    )
    Task.objects.note(task.pk, "their list <b>has</b> it", by=alice)
    page = by_alice.get(f"/tasks/{task.pk}/again/").text
    assert words in page
    assert f"{rub(400)} left the studio" in page
    assert rub(100_000) not in page
    assert "their list &lt;b&gt;has&lt;/b&gt; it" in page
    assert ("has probably been paid for already" in page) == warns


def test_send_again_waits_for_the_claim(by_alice: Client, task: Task) -> None:
    doubt(task, over=False)
    path = f"/tasks/{task.pk}/again/"
    page = by_alice.get(path).text
    assert "Its answer may still come until" in page
    assert 'name="token"' not in page
    form = {"token": str(uuid.uuid4()), "count": "1", "price": "400"}
    answer = by_alice.post(path, form)
    assert answer.status_code == 422
    assert "not unknown any more" in answer.text
    assert Task.objects.count() == 1


@pytest.mark.parametrize("price", ["1", "x", "", "-1"])
def test_send_again_at_a_forged_price(by_alice: Client, task: Task, price: str) -> None:
    doubt(task)
    form = {"token": str(uuid.uuid4()), "count": "1", "price": price}
    assert by_alice.post(f"/tasks/{task.pk}/again/", form).status_code == 422
    assert state(task) == TaskStatus.UNKNOWN


@pytest.mark.parametrize(
    ("reason", "is_offered"), [("content-refused", False), ("request-refused", True)]
)
def test_what_was_refused_for_its_content_is_not_sent_again_in_one_press(
    by_alice: Client, task: Task, reason: str, is_offered: bool
) -> None:
    """Repeats endanger the studio's key, of which the composer warns."""
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.refuse(task.pk, claim, reason, "")
    for path in ("/", f"/tasks/{task.pk}/"):
        card = by_alice.get(path).text.partition("<article")[2].partition("</article>")[0]
        assert ("Re-run" in card) == is_offered
        assert f'href="/?from={task.batch.prompt_id}">Edit</a>' in card


def test_a_queued_card_says_why_it_waits(
    by_alice: Client, alice: User, submit: Submit, settings: Any
) -> None:
    settings.PROVIDER, settings.IS_DEMO = "https://api.example/v1", False
    submit(alice)
    Studio.objects.pause("by-hand")
    page = by_alice.get("/").text
    assert "<p>Spending is paused. An administrator paused spending.</p>" in page
    assert "built-in demo provider" not in page


def in_doubt(task: Task, **facts: object) -> str:
    """Sent, with these facts about the answer; the address of its page."""
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.doubt(task.pk, claim, "http-502", "", **facts)
    Task.objects.filter(pk=task.pk).update(claimed_until=None)
    return f"/tasks/{task.pk}/"


def test_an_unknown_card_says_what_is_known(by_alice: Client, task: Task) -> None:
    in_doubt(task, seconds=180.4, status=502, received=1234)
    sent = timezone.localtime(Task.objects.get(pk=task.pk).sent_at)
    card = " ".join(by_alice.get("/").text.split())
    for words in (
        "It was sent and may have been charged, up to 4 ₽.",
        "It will not be sent again by itself.",
        f"at {sent:%H:%M:%S}.",
        "Waited for 180 s.",
        "The answer began with HTTP 502.",
        "1,234 bytes of it came.",
    ):
        assert words in card


def test_an_unknown_page_says_what_the_balance_says(
    by_alice: Client, alice: User, task: Task
) -> None:
    """What left it, to its owner; what there is in all, to who may see the studio's money."""
    doubt(task)
    Comparison.objects.create(
        task=task, before_kopecks=100_000, after_kopecks=99_600, verdict=Verdict.CHARGED
    )
    page = by_alice.get(f"/tasks/{task.pk}/").text
    assert "Fits being charged." in page
    assert f"{rub(400)} left the studio" in page
    assert rub(100_000) not in page
    alice.user_permissions.add(Permission.objects.get(codename="view_charge"))
    page = by_alice.get(f"/tasks/{task.pk}/").text
    assert f"{rub(100_000)} before it, {rub(99_600)} after it." in page


def test_of_what_was_restored_nobody_says_that_it_was_sent(by_alice: Client, task: Task) -> None:
    assert Task.objects.doubt_restored(task.pk)
    for path in ("/", f"/tasks/{task.pk}/", f"/tasks/{task.pk}/again/"):
        page = " ".join(by_alice.get(path).text.split())
        assert "may have been" in page
        for words in ("It was sent", "This was sent"):
            assert words not in page, path


def test_an_unknown_says_what_the_balance_was_before_it(
    by_alice: Client, alice: User, task: Task
) -> None:
    """As soon as that is known: on the page with its time, on the card in short."""
    doubt(task)
    Comparison.objects.create(
        task=task, before_kopecks=98_400, before_at=timezone.now(), why="no-after"
    )
    assert "Balance: cannot be told." in by_alice.get("/").text
    assert rub(98_400) not in by_alice.get(f"/tasks/{task.pk}/").text
    alice.user_permissions.add(Permission.objects.get(codename="view_charge"))
    page = " ".join(by_alice.get(f"/tasks/{task.pk}/").text.split())
    assert "984 ₽ before it, read at <time" in page


def test_an_unknown_page_says_more(by_alice: Client, task: Task) -> None:
    page = by_alice.get(in_doubt(task, seconds=180.4, status=None, received=0)).text
    assert "up to 4\u00a0₽, which stay held" in page
    assert "<dt>Waited</dt><dd>180 s</dd>" in page
    assert "not a byte" in page
    assert "HTTP" not in page
    assert re.search(r"<dt>Sent</dt><dd>\s*<time[^>]*>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", page)


def test_what_a_dead_sender_left_says_that_nobody_was_there(by_alice: Client, task: Task) -> None:
    assert Task.objects.claim_send(task.pk)
    Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now())
    assert Task.objects.doubt_overdue(task.pk)
    page = by_alice.get(f"/tasks/{task.pk}/").text
    assert "nobody was there to read it" in page
    assert "Waited" not in page


def test_an_owners_note_is_a_word_and_releases_nothing(
    by_alice: Client, by_admin: Client, alice: User, task: Task
) -> None:
    path = in_doubt(task)
    text = "this was <b>not</b> charged"
    for _ in range(2):  # twice is one press
        assert by_alice.post(f"{path}note/", {"note": text})["Location"] == path
    line = Event.objects.get(task=task, kind="owner-note")
    assert (line.actor, line.facts) == (alice, {"note": text})
    shown = "this was &lt;b&gt;not&lt;/b&gt; charged"
    for page in (
        by_alice.get(path),
        by_alice.get(f"{path}receipt/"),
        by_admin.get(f"/admin/gallery/task/{task.pk}/change/"),
    ):
        assert page.text.count(shown) == 1
    assert state(task) == TaskStatus.UNKNOWN
    assert set(Budget.objects.values_list("held_kopecks", flat=True)) == {400}


@pytest.mark.parametrize("note", ["", "  ", "x" * 501, "\0"])
def test_a_note_that_is_none_is_refused_and_kept(by_alice: Client, task: Task, note: str) -> None:
    answer = by_alice.post(f"{in_doubt(task)}note/", {"note": note})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert not Event.objects.filter(kind="owner-note").exists()


def test_notes_are_for_trouble_and_come_to_an_end(by_alice: Client, task: Task) -> None:
    path = f"/tasks/{task.pk}/"
    assert by_alice.post(f"{path}note/", {"note": "too early"}).status_code == 422
    assert 'name="note"' not in by_alice.get(path).text
    in_doubt(task)
    answers = [by_alice.post(f"{path}note/", {"note": f"no. {n}"}).status_code for n in range(22)]
    assert answers == [302] * 20 + [422] * 2
    assert Event.objects.filter(kind="owner-note").count() == 20


def test_a_demo_picture_takes_no_real_ones_place(
    by_alice: Client, task: Task, settings: Any
) -> None:
    """Without its key the provider's unknown task stays, and its money."""
    path = f"{in_doubt(task)}again/"
    Task.objects.filter(pk=task.pk).update(provider="https://api.example/v1")
    assert settings.IS_DEMO
    page = by_alice.get(path).text
    assert 'name="token"' not in page
    assert "never takes a real one" in page
    form = {"token": str(uuid.uuid4()), "count": "1", "price": "400"}
    answer = by_alice.post(path, form)
    assert answer.status_code == 422
    assert state(task) == TaskStatus.UNKNOWN
    assert Task.objects.count() == 1


def test_a_failure_that_was_charged_says_so(by_alice: Client, task: Task) -> None:
    accept(task)
    assert Task.objects.fail(task.pk, "provider-failed", "", 150)
    for path in ("/", f"/tasks/{task.pk}/"):
        assert "The provider charged 1.50\u00a0₽ for it all the same." in by_alice.get(path).text
