"""The history: found by words, model, ratio, outcome and day; the address is the search."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Batch, Image, ImageModel, Order, Prompt, Task, User
from gallery.views import entries, prompts
from tests.conftest import Submit

from .conftest import HTMX, MakeImage, doubt, refuse
from .test_prompts import press


def shown(answer: Any) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="prompt-(\d+)" class="entry"', answer.text)]


def look(browser: Client, **fields: str) -> list[int]:
    answer = browser.get("/history/", fields)
    assert answer.status_code == 200
    return shown(answer)


def written(prompt: Prompt, *moment: int) -> Prompt:
    Prompt.objects.filter(pk=prompt.pk).update(created_at=datetime(*moment, tzinfo=UTC))  # type: ignore[arg-type,misc]
    return prompt


def test_by_model(by_alice: Client, alice: User, submit: Submit) -> None:
    medium = ImageModel.objects.get(remote_id="gpt-image-1-medium")
    low = submit(alice).prompt
    other = submit(alice, model=medium).prompt
    assert look(by_alice, model="gpt-image-1-low") == [low.pk]
    assert look(by_alice, model="gpt-image-1-medium") == [other.pk]
    ImageModel.objects.switch_off(medium.pk, "model-forbidden")
    assert look(by_alice, model="gpt-image-1-medium") == [other.pk]


def test_by_ratio_and_words_together(by_alice: Client, alice: User, submit: Submit) -> None:
    wide = submit(alice, "a fox", ratio="16:9").prompt
    submit(alice, "a fox")
    submit(alice, "a hen", ratio="16:9")
    assert look(by_alice, ratio="16:9", q="FOX") == [wide.pk]


def test_by_outcome(by_alice: Client, alice: User, submit: Submit, make_image: MakeImage) -> None:
    image = make_image(alice)
    assert image.task
    refused, doubted, waiting = (submit(alice) for _ in range(3))
    refuse(refused.tasks.get())
    doubt(doubted.tasks.get())
    assert look(by_alice, outcome="picture") == [image.task.batch.prompt_id]
    assert look(by_alice, outcome="failed") == [refused.prompt_id]
    assert look(by_alice, outcome="free") == [refused.prompt_id]
    assert look(by_alice, outcome="doubtful") == [doubted.prompt_id]
    assert look(by_alice, outcome="open") == [waiting.prompt_id]


@pytest.mark.parametrize("outcome", ["picture", "failed", "doubtful", "open", "free"])
def test_no_outcome_shows_what_is_anothers(
    by_bob: Client, make_image: MakeImage, alice: User, submit: Submit, outcome: str
) -> None:
    make_image(alice)
    refuse(submit(alice).tasks.get())
    doubt(submit(alice).tasks.get())
    submit(alice)
    assert look(by_bob, outcome=outcome) == []


def test_days_are_days_where_one_is(
    by_alice: Client, alice: User, submit: Submit, settings: Any
) -> None:
    first = written(submit(alice).prompt, 2026, 3, 31, 20, 59)
    second = written(submit(alice).prompt, 2026, 3, 31, 21, 0)
    with timezone.override("Europe/Moscow"):
        settings.TIME_ZONE = "Europe/Moscow"
        User.objects.filter(pk=alice.pk).update(time_zone="Europe/Moscow")
        assert look(by_alice, until="2026-03-31") == [first.pk]
        assert look(by_alice, since="2026-04-01") == [second.pk]
        assert look(by_alice, since="2026-03-31", until="2026-04-01") == [second.pk, first.pk]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"since": "yesterday"}, "This is not a date"),
        ({"since": "2026-02-30"}, "This is not a date"),
        ({"until": "0001-01-01"}, "This is not a date"),
        ({"until": "9999-12-31"}, "This is not a date"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "This day is before the first one"),
        ({"model": "no-such-model"}, "This is none of the choices"),
        ({"model": "x\0"}, "Null characters are not allowed"),
        ({"ratio": "17:3"}, "This is none of the choices"),
        ({"outcome": "'; drop table"}, "This is none of the choices"),
        ({"q": "x" * 201}, "A search has at most 200 characters"),
        ({"q": "\0"}, "Null characters are not allowed"),
    ],
)
@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_what_cannot_be_understood_is_said_beside_its_field(
    by_alice: Client, task: Task, fields: dict[str, str], words: str, headers: dict[str, str]
) -> None:
    answer = by_alice.get("/history/", fields, headers=headers)
    assert answer.status_code == 422
    name = list(fields)[-1]
    assert re.search(rf'id="history-{name}-error" class="error"[^>]*>{words}', answer.text)
    assert shown(answer) == []
    assert "Not looked for yet" in answer.text


@pytest.mark.parametrize("before", ["x", "-1", "", "9" * 30, "1.5", "²"])
def test_a_page_that_is_none_is_the_first(by_alice: Client, task: Task, before: str) -> None:
    assert look(by_alice, before=before) == [task.batch.prompt_id]


@pytest.mark.parametrize("words", ["ёлка", "ЁЛКА", "елка", "Е\u0308лка"])
def test_yo_is_found_however_it_is_written(
    by_alice: Client, alice: User, submit: Submit, words: str
) -> None:
    found = [submit(alice, text).prompt_id for text in ("Ёлка", "елка", "Е\u0308ЛКА")]
    assert look(by_alice, q=words) == found[::-1]


@pytest.mark.parametrize("sign", ["%", "_", "'", '"', "\\", "*", "?", "&", "<b>"])
def test_signs_are_plain_letters(by_alice: Client, alice: User, submit: Submit, sign: str) -> None:
    found = submit(alice, f"one{sign}two").prompt
    submit(alice, "one two")
    assert look(by_alice, q=f"e{sign}t") == [found.pk]


def test_a_long_search_is_looked_for_whole(by_alice: Client, alice: User, submit: Submit) -> None:
    found = submit(alice, "a " * 99 + "zz").prompt
    submit(alice, "a " * 99)
    assert look(by_alice, q="a " * 99 + "zz") == [found.pk]


def test_pages_keep_the_filters(by_alice: Client, alice: User, submit: Submit) -> None:
    pks = [submit(alice, "a fox & hen").prompt_id for _ in range(prompts.PAGE + 1)]
    submit(alice, "a fox & hen", ratio="16:9")
    answer = by_alice.get("/history/", {"q": "fox &", "ratio": "1:1", "outcome": "open"})
    more = re.search(r'class="more button" href="([^"]+)"', answer.text)
    assert more
    link = more[1].replace("&amp;", "&")
    assert parse_qs(urlsplit(link).query) == {
        "q": ["fox &"],
        "ratio": ["1:1"],
        "outcome": ["open"],
        "before": [str(shown(answer)[-1])],
    }
    rest = by_alice.get(link, headers=HTMX)
    assert shown(answer) + shown(rest) == pks[::-1]
    assert "<html" not in rest.text
    assert "HX-Push-Url" not in rest.headers


def test_each_filter_can_be_taken_off(by_alice: Client, task: Task) -> None:
    fields = {"q": "cat", "ratio": "1:1", "outcome": "open", "since": "2026-01-01", "model": ""}
    page = by_alice.get("/history/", fields).text
    chips = {
        link.replace("&amp;", "&") for link in re.findall(r'class="chip" href="([^"]+)"', page)
    }
    assert chips == {
        "/history/?q=cat&outcome=open&since=2026-01-01",
        "/history/?q=cat&ratio=1%3A1&since=2026-01-01",
        "/history/?q=cat&ratio=1%3A1&outcome=open",
    }
    assert '<a class="chip quiet" href="/history/">Clear filters</a>' in page
    assert "Clear filters" not in by_alice.get("/history/").text


def test_htmx_gets_what_was_found_and_its_address(by_alice: Client, task: Task) -> None:
    answer = by_alice.get("/history/", {"q": "cat", "model": "", "since": ""}, headers=HTMX)
    assert "<html" not in answer.text
    assert 'id="found"' in answer.text
    assert answer["HX-Push-Url"] == "/history/?q=cat"
    assert "1 prompt found." in answer.text
    assert "HX-Request" in answer["Vary"]


def test_the_same_search_is_no_step_of_the_browsers_history(by_alice: Client, task: Task) -> None:
    headers = HTMX | {"HX-Current-URL": "http://testserver/history/?q=cat"}
    assert by_alice.get("/history/", {"q": "cat"}, headers=headers)["HX-Push-Url"] == "false"


def test_going_back_gives_the_whole_page(by_alice: Client, task: Task) -> None:
    headers = HTMX | {"HX-History-Restore-Request": "true"}
    assert "<html" in by_alice.get("/history/", {"q": "cat"}, headers=headers).text


def test_deleted_prompts_are_in_no_history(by_alice: Client, alice: User, submit: Submit) -> None:
    parent = submit(alice, "canary of a parent").prompt
    child = submit(alice, "of the nest", parent=parent).prompt
    kept = submit(alice, "kept", parent=parent).prompt
    Prompt.objects.filter(pk__in=[parent.pk, child.pk]).update(trashed_at=timezone.now())
    answer = by_alice.get("/history/")
    assert shown(answer) == [kept.pk]
    assert "canary" not in answer.text
    assert "Edited from a deleted prompt" in answer.text
    assert "canary" not in by_alice.get(f"/prompts/{kept.pk}/").text
    for path in ("", "text/"):
        assert by_alice.get(f"/prompts/{parent.pk}/{path}").status_code == 404
    assert by_alice.post(f"/prompts/{parent.pk}/rerun/", press()).status_code == 404
    Prompt.objects.filter(pk=parent.pk).update(trashed_at=None)
    page = by_alice.get(f"/prompts/{parent.pk}/").text
    assert "of the nest" not in page
    assert "Deleted prompt" in page


def test_parent_and_children_are_linked(by_alice: Client, alice: User, submit: Submit) -> None:
    parent = submit(alice, "the parent").prompt
    for _ in range(2):
        submit(alice, "the child", parent=parent)
    page = by_alice.get("/history/").text
    assert page.count(f'<a href="/prompts/{parent.pk}/" dir="auto">the parent</a>') == 2
    assert f'<a href="/prompts/{parent.pk}/#children">Edited into 2 prompts</a>' in page


def test_trouble_is_said_in_words(by_alice: Client, alice: User, submit: Submit) -> None:
    refuse(submit(alice).tasks.get())
    page = by_alice.get("/history/").text
    assert "The provider refused the content of this prompt." in page
    assert ">Failed</a>" in page


def test_a_long_text_is_copied_whole(
    by_alice: Client, by_bob: Client, alice: User, submit: Submit
) -> None:
    short = submit(alice, "short & <b>").prompt
    long = submit(alice, "long " * 1000 + "\nend").prompt
    page = by_alice.get("/history/").text
    assert f'data-copy-from="/prompts/{long.pk}/text/"' in page
    assert f"/prompts/{short.pk}/text/" not in page
    answer = by_alice.get(f"/prompts/{long.pk}/text/")
    assert answer.text == long.text
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert by_bob.get(f"/prompts/{long.pk}/text/").status_code == 404


def test_empty_pages_teach(by_alice: Client, alice: User, submit: Submit) -> None:
    page = by_alice.get("/history/").text
    assert "No history yet" in page
    assert re.search(r'id="history-form"[^>]* hidden', page)
    submit(alice)
    page = by_alice.get("/history/", {"q": "zebra"}).text
    assert "Nothing found" in page
    assert "No history yet" not in page
    assert "Nothing older" in by_alice.get("/history/", {"before": "1"}).text


def test_as_many_queries_for_one_prompt_as_for_twenty(
    by_alice: Client, alice: User, submit: Submit, finish: Callable[[Task], Image]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            by_alice.get("/history/", {"q": "cat", "outcome": "picture", "since": "2026-01-01"})
        return len(caught)

    def grow() -> None:
        parent = submit(alice, count=2).prompt
        batch = submit(alice, count=2, parent=parent)
        for task in Task.objects.filter(batch__prompt__in=[parent, batch.prompt]):
            finish(task)

    grow()
    queries()  # What the first visit fills caches with is not counted.
    before = queries()
    for _ in range(6):
        grow()
    assert queries() == before


def test_a_prompts_newest_cards_are_shown(by_alice: Client, alice: User, submit: Submit) -> None:
    batch = submit(alice, count=8)
    order = Order.rerun(batch.prompt, token=press()["token"], count=3, price_kopecks=400)  # type: ignore[arg-type]
    again = Batch.objects.submit(alice, order)
    page = by_alice.get("/history/").text
    cards = [int(pk) for pk in re.findall(r'<article id="task-(\d+)"', page)]
    newest = sorted(task.pk for one in (batch, again) for task in one.tasks.all())[::-1]
    assert cards == newest[: entries.SHOWN]


@pytest.mark.parametrize("typed", ["yesterday", "2026-02-30"])
def test_what_is_no_date_is_kept_where_it_was_typed(by_alice: Client, typed: str) -> None:
    """A browser's calendar would show nothing in its place."""
    field = re.search(
        r'<input[^>]*name="since"[^>]*>', by_alice.get(f"/history/?since={typed}").text
    )
    assert field
    assert 'type="text"' in field[0]
    assert f'value="{typed}"' in field[0]
    assert 'type="date" name="since"' in by_alice.get("/history/?since=2026-02-28").text


@pytest.mark.parametrize("path", ["/history/", "/prompts/{}/"])
def test_refused_content_is_not_run_again_by_one_click(
    by_alice: Client, alice: User, submit: Submit, make_image: MakeImage, path: str
) -> None:
    """Repeats endanger the key: "Edit and run" leads to the composer, which warns."""
    task = submit(alice, "something refused").tasks.get()
    address = path.format(task.batch.prompt_id)
    again = f"/prompts/{task.batch.prompt_id}/rerun/"
    assert again in by_alice.get(address).text
    refuse(task)
    page = by_alice.get(address).text
    assert again not in page
    assert f"/?from={task.batch.prompt_id}" in page
