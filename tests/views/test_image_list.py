"""The gallery's page: stretches by number and by place, in every order, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Image, Task, User
from tests.conftest import Submit
from tests.trash import trash
from tests.views.conftest import HTMX

SORTS = ("newest", "oldest", "rating", "price")


def hang(owner: User, count: int, **fields: Any) -> list[Image]:
    """Imported pictures, rated and priced in turn."""
    start = Image.objects.count()
    rows = [
        Image(
            owner=owner, demo=True, file=f"originals/{owner.pk}-{start + number}.webp",
            sha256=f"{start + number:064x}", size=1, mime="image/webp", width=96, height=64,
            color="#705030", rating=number % 3, cost_kopecks=number % 4 * 100, **fields,
        )
        for number in range(count)
    ]  # fmt: skip
    return Image.objects.bulk_create(rows)


def tiles(text: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<div id="image-(\d+)"', text)]


def link(text: str, kind: str) -> str:
    """The address that the fragment asks for next, empty when there is none."""
    found = re.search(rf'class="{kind} button"[^>]* hx-get="([^"]+)"', text)
    return found[1].replace("&amp;", "&") if found else ""


@pytest.fixture(autouse=True)
def short_pages(settings: Any) -> None:
    settings.PAGE_SIZE = 5


def by_hand(owner: User, sort: str) -> list[int]:
    keys = {
        "newest": lambda image: -image.pk,
        "oldest": lambda image: image.pk,
        "rating": lambda image: (-image.rating, -image.pk),
        "price": lambda image: (-image.cost_kopecks, -image.pk),
    }
    kept = Image.objects.of(owner).in_gallery()
    return [image.pk for image in sorted(kept, key=keys[sort])]


@pytest.mark.parametrize("sort", SORTS)
def test_each_order_by_pages_and_by_going_on(
    by_alice: Client, alice: User, bob: User, sort: str
) -> None:
    hang(alice, 23)
    hang(bob, 4)
    wanted = by_hand(alice, sort)
    pages = [tiles(by_alice.get(f"/gallery/?sort={sort}&page={n}").text) for n in range(1, 6)]
    assert [pk for page in pages for pk in page] == wanted
    seen: list[int] = []
    url = f"/gallery/?sort={sort}"
    while url:
        text = by_alice.get(url, headers=HTMX if seen else {}).text
        assert not link(text, "earlier")
        seen += tiles(text)
        url = link(text, "more")
    assert seen == wanted
    middle = by_alice.get(f"/gallery/?sort={sort}&at={wanted[12]}").text
    assert tiles(middle) == wanted[12:17]
    earlier = by_alice.get(link(middle, "earlier"), headers=HTMX).text
    assert tiles(earlier) == wanted[7:12]
    assert not link(earlier, "more")
    assert tiles(by_alice.get(f"/gallery/?sort={sort}&page=last", follow=True).text) == wanted[20:]


@pytest.mark.parametrize("sort", SORTS)
def test_what_comes_and_goes_in_between_is_neither_doubled_nor_skipped(
    by_alice: Client, alice: User, sort: str
) -> None:
    hang(alice, 14)
    before = by_hand(alice, sort)
    text = by_alice.get(f"/gallery/?sort={sort}").text
    hang(alice, 3)
    gone = [before[1], before[4], before[7]]  # the last one seen among them
    for pk in gone:
        trash(pk)
    Image.objects.filter(pk=before[0]).update(rating=5)
    seen = tiles(text)
    while url := link(text, "more"):
        text = by_alice.get(url, headers=HTMX).text
        seen += tiles(text)
    assert len(set(seen)) == len(seen)
    assert set(before) - set(gone) <= set(seen)


def test_a_place_that_is_none_is_the_beginning(by_alice: Client, alice: User, bob: User) -> None:
    own = [image.pk for image in hang(alice, 6)][::-1]
    strange = hang(bob, 1)[0].pk
    for asked in ("at=x", "at=1.2.3", f"sort=rating&at={strange}", "page=0", "page=x", "after="):
        assert tiles(by_alice.get(f"/gallery/?{asked}").text)
    assert tiles(by_alice.get("/gallery/?page=1").text) == own[:5]
    beyond = by_alice.get("/gallery/?page=900")
    assert beyond.status_code == 302
    assert beyond["Location"] == "/gallery/?page=2"


def test_nothing_yet_nothing_found_and_not_understood(by_alice: Client, alice: User) -> None:
    assert "Your pictures will hang here" in by_alice.get("/gallery/").text
    hang(alice, 1)
    nothing = by_alice.get("/gallery/", {"q": "zebra"}).text
    assert "zebra" in nothing
    assert 'href="/gallery/">Show all' in nothing
    refused = by_alice.get("/gallery/", {"sort": "sideways"})
    assert refused.status_code == 422
    assert not tiles(refused.text)


def test_the_size_is_remembered(by_alice: Client, alice: User) -> None:
    hang(alice, 1)
    assert "found-medium" in by_alice.get("/gallery/").text
    assert "found-large" in by_alice.get("/gallery/?density=large").text
    assert "found-large" in by_alice.get("/gallery/").text
    assert "found-large" in by_alice.get("/gallery/?density=enormous").text.replace(
        "found-medium", "found-large"
    )


def test_as_many_queries_for_many_pictures_as_for_few(by_alice: Client, alice: User) -> None:
    def count(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert tiles(by_alice.get(path).text)
        return len(queries)

    hang(alice, 6)
    paths = ("/gallery/", "/gallery/?page=2", "/gallery/?sort=price&at=3", "/gallery/?sort=rating")
    few = [count(path) for path in paths]
    hang(alice, 60)
    assert [count(path) for path in paths] == few


def test_neighbours_are_those_of_the_search(by_alice: Client, alice: User) -> None:
    hang(alice, 7)
    wanted = by_hand(alice, "rating")
    page = by_alice.get(f"/images/{wanted[3]}/?sort=rating").text
    assert f'rel="prev" href="/images/{wanted[2]}/?sort=rating"' in page
    assert f'rel="next" href="/images/{wanted[4]}/?sort=rating"' in page
    assert f"/gallery/?sort=rating&amp;at={wanted[3]}#image-{wanted[3]}" in page


def test_a_stack_stands_for_its_prompt_and_opens(
    by_alice: Client, alice: User, submit: Submit, finish: Callable[[Task], Image]
) -> None:
    fox = [finish(task) for task in submit(alice, "a fox", count=3).tasks.order_by("pk")]
    owl = [finish(task) for task in submit(alice, "an owl", count=2).tasks.order_by("pk")]
    (alone,) = hang(alice, 1)
    trash(owl[1].pk)
    text = by_alice.get("/gallery/?stack=on").text
    assert tiles(text) == [alone.pk, owl[0].pk, fox[2].pk]
    assert text.count("3 pictures") == 1
    opened = by_alice.get(f"/gallery/?prompt={fox[0].prompt_id}").text
    assert tiles(opened) == [image.pk for image in fox[::-1]]
    assert "All of “a fox”" in opened
    # What only an older one of the prompt answers to is found in the stacks too.
    Image.objects.filter(pk=fox[0].pk).update(rating=5)
    assert tiles(by_alice.get("/gallery/", {"stack": "on", "q": "rating:5"}).text) == [fox[0].pk]


def test_a_prompt_of_another_is_no_stack_of_ones_own(
    by_bob: Client, alice: User, submit: Submit, finish: Callable[[Task], Image]
) -> None:
    image = finish(submit(alice, "a secret").tasks.get())
    text = by_bob.get(f"/gallery/?prompt={image.prompt_id}").text
    assert "a secret" not in text
    assert not tiles(text)


def test_what_is_put_away_and_brought_back_needs_nothing_of_htmx(
    by_alice: Client, alice: User
) -> None:
    """The script brings tiles back as they were written, and tells htmx of none."""
    hang(alice, 2)
    chunk = by_alice.get("/gallery/").text.split('<div class="chunk')[1].split("</section>")[0]
    assert chunk.count("data-pk=") == 2
    assert " hx-" not in chunk
