"""Collections: their pages, their order, cover and name; and that their pictures stay."""

from __future__ import annotations

import itertools
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.http import QueryDict
from django.test import Client

from gallery.forms import FindForm, SelectionForm
from gallery.models import Change, Collection, Image, Membership, User
from gallery.models.collection import GAP
from gallery.views import collections
from tests.models.test_change import hang
from tests.trash import restore, trash
from tests.views.test_image_list import tiles

from .conftest import HTMX


@pytest.fixture
def prints(alice: User) -> Collection:
    """Five pictures in it, by number."""
    hang(alice, 5)
    made, _is_new = Collection.objects.named(alice, "Prints")
    Change.objects.collect(alice, Image.objects.order_by("pk"), made)
    return made


def order(found: Collection) -> list[int]:
    return list(Membership.objects.filter(collection=found).values_list("image", flat=True))


def undo(client: Client) -> None:
    assert client.post(f"/changes/{Change.objects.latest('pk').pk}/undo/").status_code == 302


def test_new_ones_by_name(by_alice: Client, by_bob: Client) -> None:
    assert "No collections yet" in by_alice.get("/collections/").text
    answer = by_alice.post("/collections/", {"name": " For  print "})
    made = Collection.objects.get()
    assert answer["Location"] == f"/collections/{made.pk}/"
    assert "Nothing in it yet" in by_alice.get(answer["Location"]).text
    for bad, words in (
        ("FOR PRINT", "of this name already"),
        ("x" * 101, "at most 100"),
        ("", "Write"),
    ):
        refused = by_alice.post("/collections/", {"name": bad})
        assert refused.status_code == 422
        assert words in refused.text
    assert by_bob.post("/collections/", {"name": "For print"}).status_code == 302
    assert "For print" in by_alice.get("/collections/").text


def test_the_shelf_beside_the_gallery_is_had_alone(by_alice: Client, by_bob: Client) -> None:
    by_alice.post("/collections/", {"name": "For print"})
    shelf = by_alice.get("/collections/", headers=HTMX).text
    assert shelf.lstrip().startswith("<section")
    assert "For print" in shelf
    assert "For print" not in by_bob.get("/collections/", headers=HTMX).text


def paged(client: Client, shelf: Collection, pages: int, headers: dict[str, str]) -> list[int]:
    """The pictures of all its pages, which are so many, by the links from each to the next."""
    seen: list[int] = []
    after = ""
    for _ in range(pages):
        answer = client.get(f"/collections/{shelf.pk}/?after={after}", headers=headers)
        seen += [member.image_id for member in answer.context["members"]]
        after = answer.context["after"]
        assert f"?after={after}" in answer.text or not after
    assert after == ""
    return seen


def test_its_page_has_its_order_in_parts(
    by_alice: Client, prints: Collection, monkeypatch: Any
) -> None:
    monkeypatch.setattr(collections, "MEMBERS", 2)
    seen = paged(by_alice, prints, 3, HTMX)
    assert seen == order(prints)
    trash(seen[0])
    page = by_alice.get(f"/collections/{prints.pk}/")
    assert [member.image_id for member in page.context["members"]] == seen[1:3]
    assert "4 pictures" in page.text


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["more of it", "a page of its own"])
def test_what_was_moved_to_the_front_is_paged_through(
    by_alice: Client, prints: Collection, monkeypatch: Any, headers: dict[str, str]
) -> None:
    """Its place is before zero."""
    monkeypatch.setattr(collections, "MEMBERS", 1)
    for image in order(prints)[1:] * 2:
        by_alice.post(f"/collections/{prints.pk}/move/", {"image": image, "after": 0})
    assert Membership.objects.filter(place__lt=0).count() > 2
    assert paged(by_alice, prints, 5, headers) == order(prints)


def test_its_order_is_that_of_the_gallery_the_large_view_and_the_run(
    by_alice: Client, alice: User, prints: Collection, monkeypatch: Any
) -> None:
    """Also of pictures that were moved to its front, whose places are below nothing."""
    first, second, third, fourth, fifth = Image.objects.order_by("pk").values_list("pk", flat=True)
    for pk in (second, fifth):
        by_alice.post(f"/collections/{prints.pk}/move/", {"image": pk, "place": 1})
    wanted = [fifth, second, first, third, fourth]
    assert order(prints) == wanted
    assert Membership.objects.filter(place__lt=0).exists()
    query = "q=in:Prints&sort=place"
    assert query in by_alice.get(f"/collections/{prints.pk}/").text.replace("&amp;", "&").replace(
        "%22", ""
    )
    assert tiles(by_alice.get(f"/gallery/?{query}").text) == wanted
    monkeypatch.setattr(settings, "PAGE_SIZE", 2)
    seen: list[int] = []
    page = by_alice.get(f"/gallery/?{query}", headers=HTMX).text
    while page:
        seen += tiles(page)
        after = re.search(r"after=([-.\d]+)", page)
        page = by_alice.get(f"/gallery/?{query}&after={after[1]}").text if after else ""
    assert seen == wanted
    for before, here in itertools.pairwise(wanted):
        assert (
            f'rel="next" href="/images/{here}/' in by_alice.get(f"/images/{before}/?{query}").text
        )
        assert (
            f'rel="prev" href="/images/{before}/' in by_alice.get(f"/images/{here}/?{query}").text
        )
        stop = by_alice.get(f"/gallery/cull/?{query}&at={before}", headers=HTMX).text
        assert f"at={here}" in stop
    trash(second)
    assert f"at={first}" in by_alice.get(f"/gallery/cull/?{query}&at={fifth}", headers=HTMX).text
    chosen = SelectionForm(QueryDict(f"all=on&{query}"), user=alice).images()
    assert list(chosen.values_list("pk", flat=True)) == [fifth, first, third, fourth]
    assert 'value="place"' not in by_alice.get("/gallery/").text
    by_alice.post("/collections/", {"name": "Other"})
    for line in ("", "-in:Prints", "in:Prints in:Other"):  # no order of its own
        found = FindForm(QueryDict(urlencode({"q": line, "sort": "place"})), user=alice)
        assert found.sort_order == "newest"
        list(found.found())


@pytest.mark.parametrize("after", ["x-", "-", ".", "1.", "--1.1", "1-1", f"{'9' * 30}.1", "١.١"])
def test_a_place_that_is_none_is_the_beginning(
    by_alice: Client, prints: Collection, after: str
) -> None:
    page = by_alice.get(f"/collections/{prints.pk}/", {"after": after})
    assert [member.image_id for member in page.context["members"]] == order(prints)


def test_a_picture_is_moved_by_its_neighbour_and_by_its_place(
    by_alice: Client, prints: Collection
) -> None:
    a, b, c, d, e = order(prints)
    path = f"/collections/{prints.pk}/move/"
    for sent, expected in (
        ({"image": e, "after": 0}, [e, a, b, c, d]),
        ({"image": e, "after": b}, [a, b, e, c, d]),
        ({"image": a, "place": 3}, [b, e, a, c, d]),
        ({"image": a, "place": 1}, [a, b, e, c, d]),
        ({"image": a, "place": 99}, [b, e, c, d, a]),
        ({"image": b, "after": 10**9}, [e, c, d, a, b]),
    ):
        assert by_alice.post(path, sent, headers=HTMX).status_code == 200
        assert order(prints) == expected, sent
    undo(by_alice)
    assert order(prints) == [b, e, c, d, a]
    for bad in ({"image": a}, {"image": a, "place": 0}, {"image": "x", "place": 1}, {}):
        assert by_alice.post(path, bad, headers=HTMX).status_code == 422
        assert "A place is a number" in by_alice.post(path, bad).text
    assert by_alice.post(path, {"image": 10**9, "place": 1}, headers=HTMX).status_code == 200
    assert order(prints) == [b, e, c, d, a]


def test_there_is_always_room(
    alice: User, prints: Collection, django_assert_max_num_queries: Any
) -> None:
    """Halving the same gap ends, and then all that follow make room, by one statement."""
    Membership.objects.update(place=GAP)
    hang(alice, 700)
    Change.objects.collect(alice, Image.objects.all(), prints)
    first, *_rest, last = order(prints)
    for _ in range(40):
        middle = order(prints)[2]
        with django_assert_max_num_queries(11):
            change = Change.objects.move(alice, prints, middle, after=first)
        assert order(prints)[1] == middle
    assert (order(prints)[0], order(prints)[-1]) == (first, last)
    change.undo()
    assert order(prints)[2] == middle
    for place in (2, 3):
        Membership.objects.update(place=GAP)
        before = order(prints)
        change = Change.objects.move(alice, prints, before[3], place=place)
        assert order(prints)[place - 1] == before[3]
        change.undo()
        assert order(prints) == before


def test_cover_taking_out_and_name_are_taken_back(by_alice: Client, prints: Collection) -> None:
    a, b, *rest = order(prints)
    path = f"/collections/{prints.pk}"
    assert f"/images/{a}/thumbs/" in by_alice.get("/collections/").text
    by_alice.post(f"{path}/cover/", {"image": b})
    assert f"/images/{b}/thumbs/" in by_alice.get("/collections/").text
    trash(b)
    assert f"/images/{a}/thumbs/" in by_alice.get("/collections/").text, "the first stands for it"
    restore(b)
    by_alice.post(f"{path}/drop/", {"image": b})
    assert order(prints) == [a, *rest]
    undo(by_alice)
    assert order(prints) == [a, b, *rest]
    assert Collection.objects.get().cover_id == b
    by_alice.post(f"{path}/cover/", {"image": a})
    undo(by_alice)
    assert Collection.objects.get().cover_id == b
    by_alice.post(f"{path}/rename/", {"name": "Posters"})
    assert "Posters" in by_alice.get(f"{path}/").text
    undo(by_alice)
    assert Collection.objects.get().name == "Prints"
    refused = by_alice.post(f"{path}/rename/", {"name": "x" * 101})
    assert refused.status_code == 422
    assert "at most 100" in refused.text


def test_deleting_asks_and_keeps_the_pictures(by_alice: Client, prints: Collection) -> None:
    path = f"/collections/{prints.pk}/delete/"
    assert "5 pictures" in by_alice.get(path).text
    assert by_alice.post(path)["Location"] == "/collections/"
    assert Image.objects.in_gallery().count() == 5
    assert by_alice.get(path).status_code == 404


def test_anothers(by_bob: Client, prints: Collection) -> None:
    before = order(prints)
    for verb in ("", "move/", "cover/", "drop/", "rename/", "delete/"):
        sent = {"image": str(before[1]), "place": "1", "name": "x"}
        act = by_bob.post if verb else by_bob.get
        assert act(f"/collections/{prints.pk}/{verb}", sent).status_code == 404
    assert order(prints) == before
    assert "Prints" not in by_bob.get("/collections/").text


def test_as_many_queries_for_one_as_for_a_thousand(
    by_alice: Client, alice: User, prints: Collection, django_assert_max_num_queries: Any
) -> None:
    pages = (f"/collections/{prints.pk}/", "/collections/")
    by_alice.get("/collections/")
    for more in (0, 995):
        hang(alice, more)
        Change.objects.collect(alice, Image.objects.all(), prints)
        for number in range(10 if more else 0):
            Collection.objects.named(alice, f"c{number}")
        for path in pages:
            with django_assert_max_num_queries(6):
                assert by_alice.get(path).status_code == 200
    assert len(order(prints)) == 1000
