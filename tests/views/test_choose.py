"""Hearts, stars, tags and collections of one picture, and taking each back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from gallery.models import MOST_TAGS, Change, Collection, Image, Membership, Tag, User
from tests.trash import restore, trash

from .conftest import HTMX, MakeImage


@pytest.fixture
def image(alice: User, make_image: MakeImage) -> Image:
    return make_image(alice)


def names(image: Image) -> list[str]:
    return list(Tag.objects.filter(images=image).values_list("name", flat=True))


def shelved(image: Image) -> list[str]:
    return list(image.memberships.values_list("collection__name", flat=True))


def event(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer["HX-Trigger"])["changed"]
    return found


def undo(client: Client, **headers: Any) -> Any:
    return client.post(f"/changes/{Change.objects.latest('pk').pk}/undo/", **headers)


@pytest.mark.parametrize(
    ("path", "sent", "read"),
    [
        ("rate", {"rating": "4"}, lambda image: image.rating),
        ("favourite", {"on": "on"}, lambda image: image.favourite),
        ("tags", {"tags": " Ёлка , sea"}, lambda image: names(image)),
        ("collections", {"collection": "Prints"}, lambda image: shelved(image)),
    ],
)
def test_each_mark_is_set_in_place_and_without_a_script_and_taken_back(
    by_alice: Client, image: Image, path: str, sent: dict[str, str], read: Any
) -> None:
    before = read(image)
    answer = by_alice.post(f"/images/{image.pk}/{path}/", sent, headers=HTMX)
    assert answer.status_code == 200
    assert "undo-button" in answer.text
    told = event(answer)
    assert (told["ids"], told["undone"]) == ([image.pk], False)
    image.refresh_from_db()
    assert read(image) != before
    answer = undo(by_alice, headers=HTMX)
    assert "undo-button" not in answer.text
    assert event(answer)["undone"]
    assert event(answer)["marks"] == {str(image.pk): [0, False]}
    image.refresh_from_db()
    assert read(image) == before
    # And without a script: back on the page that the form was on, which offers the same.
    headers = {"Referer": "http://testserver/gallery/?q=cat"}
    answer = by_alice.post(f"/images/{image.pk}/{path}/", sent, headers=headers)
    assert (answer.status_code, answer["Location"]) == (302, "/gallery/?q=cat")
    assert "/undo/" in by_alice.get(f"/images/{image.pk}/").text
    assert undo(by_alice, headers=headers)["Location"] == "/gallery/?q=cat"
    image.refresh_from_db()
    assert read(image) == before


def test_marks_are_shown_wherever_the_picture_is(by_alice: Client, image: Image) -> None:
    page = f"/images/{image.pk}/"
    by_alice.post(f"{page}rate/", {"rating": 3})
    by_alice.post(f"{page}favourite/", {"on": "on"})
    by_alice.post(f"{page}tags/", {"tags": "sea, <b>"})
    by_alice.post(f"{page}collections/", {"collection": "Prints"})
    for text in (
        by_alice.get(page).text,
        by_alice.get(page, headers=HTMX).text,
        by_alice.get(f"{page}marks/", headers=HTMX).text,
    ):
        assert f'id="marks-{image.pk}"' in text
        assert 'data-rating="3"' in text
        assert f'id="favour-{image.pk}" class="mark" name="on" value=""' in text
        assert 'q=tag:%22%3Cb%3E%22"' in text
        assert "Prints" in text
    tile = by_alice.get("/gallery/").text
    assert f'data-pk="{image.pk}" data-rating="3" data-favourite="true"' in tile
    states = by_alice.get(f"/gallery/marks/?image={image.pk}&image=x&image=99999999").json()
    assert states == {str(image.pk): [3, True]}
    trash(image.pk)
    assert 'class="marks"' not in by_alice.get(page).text, "in the trash"
    assert by_alice.post(f"{page}rate/", {"rating": 1}).status_code == 404
    restore(image.pk)
    assert 'data-rating="3"' in by_alice.get(page).text


@pytest.mark.parametrize(
    ("path", "sent", "words"),
    [
        ("tags", {"tags": ""}, "Write a tag."),
        ("tags", {"tags": " , ,"}, "Write a tag."),
        ("tags", {"tags": "x" * 51}, "A tag has at most 50 characters."),
        ("tags", {"tags": "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 50}, "at most 50"),
        ("tags", {"tags": ",".join(f"t{n}" for n in range(MOST_TAGS + 1))}, "at most 50 tags"),
        ("tags", {"tags": 'a"b'}, "no quotation marks"),
        ("tags", {"tags": "a\0b"}, "Null characters"),
        ("collections", {"collection": " "}, "Write a name."),
        ("collections", {"collection": "x" * 101}, "A name has at most 100 characters."),
        ("rate", {"rating": "6"}, ""),
        ("rate", {}, ""),
    ],
)
def test_bad_input_is_told_beside_its_cause(
    by_alice: Client, image: Image, path: str, sent: dict[str, str], words: str
) -> None:
    answer = by_alice.post(f"/images/{image.pk}/{path}/", sent, headers=HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (422, f"#marks-{image.pk}")
    assert words in answer.text
    page = by_alice.post(f"/images/{image.pk}/{path}/", sent)
    assert page.status_code == 422
    assert words in page.text
    assert "<h1" in page.text
    assert not Change.objects.exists()
    # From that page, which is no address to go back to, the next form leads to the picture's.
    headers = {"Referer": f"http://testserver/images/{image.pk}/{path}/"}
    answer = by_alice.post(f"/images/{image.pk}/rate/", {"rating": 1}, headers=headers)
    assert answer["Location"] == f"/images/{image.pk}/"


def test_no_picture_has_too_many_tags(by_alice: Client, image: Image) -> None:
    path = f"/images/{image.pk}/tags/"
    by_alice.post(path, {"tags": ",".join(f"t{n}" for n in range(MOST_TAGS))})
    answer = by_alice.post(path, {"tags": "one more"}, headers=HTMX)
    assert answer.status_code == 422
    assert "at most 50 tags" in answer.text
    assert not Tag.objects.filter(name="one more").exists()


def test_taking_away(by_alice: Client, image: Image, alice: User) -> None:
    page = f"/images/{image.pk}"
    by_alice.post(f"{page}/tags/", {"tags": "sea, sky"})
    by_alice.post(f"{page}/tags/", {"tags": "SEA", "off": "on"})
    assert names(image) == ["sky"]
    undo(by_alice)
    assert names(image) == ["sea", "sky"]
    by_alice.post(f"{page}/collections/", {"collection": "Prints"})
    undo(by_alice)
    assert not Collection.objects.exists(), "one that was made for it goes with it"
    Collection.objects.named(alice, "Prints")
    by_alice.post(f"{page}/collections/", {"collection": "PRINTS"})
    by_alice.post(f"{page}/collections/", {"collection": "prints", "off": "on"})
    assert (shelved(image), Collection.objects.count()) == ([], 1)
    undo(by_alice)
    assert shelved(image) == ["Prints"]
    other = {"collection": "none", "off": "on"}
    assert by_alice.post(f"{page}/collections/", other).status_code == 404
    again = by_alice.post(f"{page}/tags/", {"tags": "sky"}, headers=HTMX)
    # A second press does not take away what can be taken back.
    assert "Nothing had to be changed. Before that: " in again.text
    assert "undo-button" in again.text


def test_words_while_one_types(
    by_alice: Client, by_bob: Client, image: Image, bob: User, make_image: MakeImage
) -> None:
    for tags in ("Ёлка зимой, sea", "sea"):
        by_alice.post(f"/images/{image.pk}/tags/", {"tags": tags})
    theirs = make_image(bob)
    by_bob.post(f"/images/{theirs.pk}/tags/", {"tags": "seal"})
    by_alice.post(f"/images/{image.pk}/collections/", {"collection": "Для печати"})
    assert (
        by_alice.get("/tags/words/?tags=ел").text.strip() == '<option value="Ёлка зимой"></option>'
    )
    assert 'value="x, sea"' in by_alice.get("/tags/words/?tags=x,SE").text
    assert "seal" not in by_alice.get("/tags/words/").text
    assert "Ёлка" in by_alice.get("/tags/words/?tags=зи").text, "any word of it"
    assert "Для печати" in by_alice.get("/collections/words/?collection=ПЕЧ").text
    assert "печати" not in by_bob.get("/collections/words/").text


def test_anothers_picture_and_change(by_alice: Client, by_bob: Client, image: Image) -> None:
    by_alice.post(f"/images/{image.pk}/rate/", {"rating": 3})
    sent = {"rating": "1", "on": "on", "tags": "x", "collection": "x"}
    for path in ("rate", "favourite", "tags", "collections"):
        assert by_bob.post(f"/images/{image.pk}/{path}/", sent).status_code == 404
    assert by_bob.get(f"/images/{image.pk}/marks/", headers=HTMX).status_code == 404
    assert undo(by_bob).status_code == 404
    assert by_bob.get(f"/gallery/marks/?image={image.pk}").json() == {}
    image.refresh_from_db()
    assert image.rating == 3
    assert not Membership.objects.exists()


def test_as_many_queries_whatever_hangs_on_a_picture(
    by_alice: Client, image: Image, django_assert_max_num_queries: Any
) -> None:
    by_alice.get(f"/images/{image.pk}/")
    for count in (1, 12):
        for n in range(count):
            by_alice.post(f"/images/{image.pk}/tags/", {"tags": f"t{n}"})
            by_alice.post(f"/images/{image.pk}/collections/", {"collection": f"c{n}"})
        by_alice.get(f"/images/{image.pk}/")
        with django_assert_max_num_queries(5):
            by_alice.get(f"/images/{image.pk}/marks/", headers=HTMX)
