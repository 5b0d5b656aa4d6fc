"""The page of one's tags: counts, other names, two that become one, doing without."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from gallery.models import Change, Image, Tag, User
from tests.trash import trash

from .conftest import MakeImage


@pytest.fixture
def images(alice: User, make_image: MakeImage) -> list[Image]:
    """Two pictures: both by the sea, one of them under the sky."""
    found = [make_image(alice) for _ in range(2)]
    Change.objects.tag(alice, Image.objects.all(), ["sea"])
    Change.objects.tag(alice, Image.objects.filter(pk=found[0].pk), ["sky"])
    return found


def pk(name: str) -> int:
    return Tag.objects.get(name=name).pk


def names(image: Image) -> list[str]:
    return list(Tag.objects.filter(images=image).values_list("name", flat=True))


def test_counts_are_of_the_gallery(by_alice: Client, images: list[Image]) -> None:
    assert "2 pictures" in by_alice.get("/tags/").text
    for image in images:
        trash(image.pk)
    page = by_alice.get("/tags/").text
    assert ("sky" in page, page.count("0 pictures")) == (True, 2)
    Tag.objects.all().delete()
    assert "No tags yet" in by_alice.get("/tags/").text


def test_another_name_and_back(by_alice: Client, images: list[Image]) -> None:
    path = f"/tags/{pk('sea')}/rename/"
    assert 'value="sea"' in by_alice.get(path).text
    assert by_alice.post(path, {"name": " Deep  SEA "})["Location"] == "/tags/"
    assert names(images[1]) == ["Deep SEA"]
    by_alice.post(f"/changes/{Change.objects.latest('pk').pk}/undo/")
    assert names(images[1]) == ["sea"]
    assert by_alice.post(path, {"name": "Sea"}).status_code == 302, "the same word in other letters"
    for bad in ("", "x" * 51, "a,b", 'a"b', " "):
        assert by_alice.post(path, {"name": bad}).status_code == 422
    assert names(images[1]) == ["Sea"]


def test_two_become_one_when_it_is_meant(by_alice: Client, images: list[Image]) -> None:
    path = f"/tags/{pk('sky')}/rename/"
    asked = by_alice.post(path, {"name": "SEA"})
    assert asked.status_code == 422
    assert "Make one tag of two?" in asked.text
    assert Tag.objects.count() == 2
    assert by_alice.post(path, {"name": "SEA", "merge": "on"}).status_code == 302
    assert [names(image) for image in images] == [["sea"], ["sea"]]


def test_deleting_asks(by_alice: Client, by_bob: Client, images: list[Image]) -> None:
    path = f"/tags/{pk('sea')}/delete/"
    assert "2 pictures" in by_alice.get(path).text
    for verb in ("rename", "delete"):
        assert by_bob.post(f"/tags/{pk('sea')}/{verb}/", {"name": "x"}).status_code == 404
    assert by_alice.post(path)["Location"] == "/tags/"
    assert [names(image) for image in images] == [["sky"], []]
    assert by_alice.get(path).status_code == 404
    assert "sky" not in by_bob.get("/tags/").text


def test_as_many_queries_for_one_as_for_ten(
    by_alice: Client, alice: User, images: list[Image], django_assert_max_num_queries: Any
) -> None:
    by_alice.get("/tags/")
    with django_assert_max_num_queries(5):
        by_alice.get("/tags/")
    Change.objects.tag(alice, Image.objects.all(), [f"t{n}" for n in range(10)])
    with django_assert_max_num_queries(5):
        by_alice.get("/tags/")
