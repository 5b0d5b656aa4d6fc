"""Culling: one picture after the other of what was found, with a form for each thing to do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Batch, Culling, Image, User
from tests.trash import trash

from .conftest import HTMX, MakeImage

CULL = "/gallery/cull/"


@pytest.fixture
def pks(alice: User, make_image: MakeImage) -> list[int]:
    """Newest first, as the run goes."""
    return [make_image(alice, f"a fox, no. {number}").pk for number in range(4)][::-1]


def shown(answer: Any) -> int:
    return int(re.findall(r'data-pk="(\d+)"', answer.content.decode())[0])


def count(page: str) -> str:
    return str(re.findall(r'id="cull-count"[^>]*>([^<]*)<', page)[0])


def press(person: Client, page: str, act: str, **more: str) -> Any:
    """Send one of the page's forms, as a browser without scripts does, and go where it leads."""
    form = re.findall(rf'<form[^>]*data-act="{act}".*?</form>', page, re.S)[0]
    fields = {
        name: value.replace("&amp;", "&")
        for name, value in re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form)
    }
    path = re.findall(r'action="([^"]+)"', form)[0]
    answer: Any = person.post(path, {**fields, **more}, follow=True)
    assert answer.status_code == 200
    return answer


def test_a_run_goes_on_by_links_alone(by_alice: Client, pks: list[int]) -> None:
    path = CULL
    for number, pk in enumerate(pks, 1):
        page = by_alice.get(path)
        assert shown(page) == pk
        assert count(page.text) == f"{number} of 4"
        path = re.findall(r'rel="next" href="([^"]+)"', page.text)[0].replace("&amp;", "&")
    end = by_alice.get(path).text
    assert "That was the last one" in end
    assert "No picture was marked" in end


def test_each_button_is_a_form_that_leads_to_the_next(by_alice: Client, pks: list[int]) -> None:
    page = press(by_alice, by_alice.get(CULL).text, "keep")
    assert shown(page) == pks[1]
    page = press(by_alice, page.content.decode(), "rate", rating="4")
    assert shown(page) == pks[2]
    page = press(by_alice, page.content.decode(), "trash")
    assert shown(page) == pks[3]
    assert count(page.content.decode()) == "3 of 3"
    page = press(by_alice, page.content.decode(), "tag", tags="dusk")
    assert shown(page) == pks[3]
    assert "dusk" in page.content.decode()
    end = press(by_alice, page.content.decode(), "keep").content.decode()
    marks = Image.objects.order_by("-pk").values_list("favourite", "rating", "trashed_at")
    assert [(one, two, bool(three)) for one, two, three in marks] == [
        (True, 0, False), (False, 4, False), (False, 0, True), (True, 0, False),
    ]  # fmt: skip
    for words in (
        "<strong>2</strong> pictures kept",
        "<strong>1</strong> picture rated",
        "<strong>1</strong> picture tagged",
        "<strong>1</strong> picture moved to the trash",
    ):
        assert words in end


def test_it_runs_again_once_a_press_at_the_price_it_shows(
    by_alice: Client, alice: User, pks: list[int]
) -> None:
    page = by_alice.get(CULL).text
    assert "4\u00a0₽" in page
    before = Batch.objects.count()
    for _ in range(2):
        assert shown(press(by_alice, page, "rerun")) == pks[0]
    assert Batch.objects.count() == before + 1


def test_a_search_is_gone_through_in_its_order(by_alice: Client, pks: list[int]) -> None:
    Image.objects.filter(pk=pks[2]).update(rating=5)
    page = by_alice.get(f"{CULL}?q=fox&sort=rating")
    assert shown(page) == pks[2]
    assert 'href="/gallery/?q=fox&amp;sort=rating"' in page.text
    # It keeps its neighbours when what is done to it takes it out of the search.
    Image.objects.filter(pk=pks[0]).update(rating=3)
    page = by_alice.get(f"{CULL}?q=rating:0&at={pks[1]}")
    assert shown(page) == pks[1]
    for query in (f"since={pks[2]}&until={pks[1]}&sort=oldest", f"since={pks[1]}"):
        assert shown(by_alice.get(f"{CULL}?{query}")) in {pks[2], pks[0]}
    assert "Nothing to go through" in by_alice.get(f"{CULL}?q=zebra").text
    assert "Nothing to go through" in by_alice.get(f"{CULL}?since=x").text


def test_one_goes_on_where_one_left_off(
    by_alice: Client, alice: User, by_bob: Client, pks: list[int]
) -> None:
    by_alice.get(f"{CULL}?at={pks[2]}")
    page = by_alice.get(CULL)
    assert shown(page) == pks[2]
    assert "You left off here" in page.text
    assert shown(by_alice.get(f"{CULL}?q=fox")) == pks[0]
    assert by_alice.post(f"{CULL}stand/", {"at": pks[1], "q": "fox"}).status_code == 204
    assert shown(by_alice.get(f"{CULL}?q=fox")) == pks[1]
    # What was left and is in the trash now: whatever followed it.
    trash(pks[1])
    assert shown(by_alice.get(f"{CULL}?q=fox")) == pks[2]
    assert shown(by_alice.get(f"{CULL}?at=start")) == pks[0]
    assert by_bob.post(f"{CULL}stand/", {"at": pks[1]}).status_code == 204
    assert not Culling.objects.filter(owner__username="bob").exists()
    for at in ("", "x", "-1", "9" * 30):
        assert by_alice.post(f"{CULL}stand/", {"at": at}).status_code == 422


def test_its_script_gets_a_picture_alone(by_alice: Client, pks: list[int]) -> None:
    by_alice.get(f"{CULL}?at={pks[0]}")
    page = by_alice.get(f"{CULL}?at={pks[1]}", headers=HTMX).text
    assert page.lstrip().startswith("<div")
    assert f'data-next="{CULL}?at={pks[2]}"' in page
    assert f'data-previous="{CULL}?at={pks[0]}"' in page
    # That was only made ready: one stands where one was.
    assert Culling.objects.get().at == pks[0]


def test_anothers_picture_is_missing(by_bob: Client, pks: list[int]) -> None:
    for at in (str(pks[0]), "999999999", "x", "9" * 30):
        assert by_bob.get(f"{CULL}?at={at}").status_code == 404
    assert "Nothing to go through" in by_bob.get(CULL).text


def test_as_many_queries_for_many_pictures(
    by_alice: Client, alice: User, pks: list[int], make_image: MakeImage
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert by_alice.get(f"{CULL}?at={pks[2]}").status_code == 200
        return len(asked)

    queries()
    few = queries()
    for _ in range(6):
        make_image(alice)
    assert queries() == few


@pytest.mark.parametrize("page", ["/gallery/cull/", "/gallery/slides/"])
def test_a_line_that_is_not_clear_is_explained(by_alice: Client, page: str) -> None:
    wrong = by_alice.get(f"{page}?q=rating:9").text
    assert wrong.count('<p class="error">') == 1
    assert '<p class="error">' not in by_alice.get(f"{page}?q=rating:5").text
