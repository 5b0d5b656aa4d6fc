"""Pictures that are the same or look alike: found through indexes, and one's own alone."""

from __future__ import annotations

import random
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.jobs import purge
from gallery.models import Image, Likeness, User
from gallery.views import likenesses
from tests.trash import trash
from tests.views.test_image_list import hang, tiles

ALL = (1 << 64) - 1


def flip(value: int, bits: int, rng: random.Random) -> int:
    for bit in rng.sample(range(64), bits):
        value ^= 1 << bit
    return value


def test_all_within_the_distance_are_found_and_no_others(alice: User) -> None:
    rng = random.Random(5)
    across, down = rng.getrandbits(64), rng.getrandbits(64)
    images = hang(alice, 401)
    others = [(flip(across, n % 12, rng), flip(down, n % 16, rng)) for n in range(400)]
    hashes = [(across, down), *others]
    Likeness.objects.keep(zip(images, hashes, strict=True))
    wanted = {
        image.pk: (across ^ a).bit_count() + (down ^ b).bit_count()
        for image, (a, b) in zip(images[1:], hashes[1:], strict=True)
        if (across ^ a).bit_count() <= 7 and (across ^ a).bit_count() + (down ^ b).bit_count() <= 20
    }
    found = Likeness.objects.similar_to(images[0])
    assert found == wanted
    assert list(found.values()) == sorted(found.values())
    assert len(found) > 200


def test_the_page_shows_same_and_similar_of_ones_own(
    by_alice: Client, alice: User, bob: User
) -> None:
    one, same, near, far, plain = hang(alice, 5)
    (strange,) = hang(bob, 1)
    Image.objects.filter(pk__in=[same.pk, strange.pk]).update(sha256=one.sha256)
    looks = {one: 5, near: 4, far: ALL, strange: 5}
    Likeness.objects.keep((image, (hash_, hash_)) for image, hash_ in looks.items())
    page = by_alice.get(f"/images/{one.pk}/similar/").text
    assert tiles(page) == [same.pk, near.pk]
    assert "2 bits apart" in page
    assert "not been looked at yet" in by_alice.get(f"/images/{plain.pk}/similar/").text
    assert "No other picture" in by_alice.get(f"/images/{far.pk}/similar/").text
    assert by_alice.get(f"/images/{strange.pk}/similar/").status_code == 404
    trash(near.pk)
    assert tiles(by_alice.get(f"/images/{one.pk}/similar/").text) == [same.pk]


def more_of(page: str) -> str:
    """Where the next page is; empty: this is the last one."""
    found = re.search(r' href="(/gallery/duplicates/\?[^"]*after=[^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else ""


def test_duplicates_in_groups_with_as_many_queries_for_many(
    by_alice: Client, alice: User, bob: User
) -> None:
    by_file = "/gallery/duplicates/?same=file"
    for owner in (alice, bob):
        for number, image in enumerate(hang(owner, 9)):
            Image.objects.filter(pk=image.pk).update(sha256=f"{number // 3:064x}")
    with CaptureQueriesContext(connection) as few:
        page = by_alice.get(by_file).text
    own = set(Image.objects.of(alice).values_list("pk", flat=True))
    assert set(tiles(page)) == own
    assert page.count("3 pictures of one file") == 3
    for number, image in enumerate(hang(alice, 60)):
        Image.objects.filter(pk=image.pk).update(sha256=f"{100 + number // 2:064x}")
    with CaptureQueriesContext(connection) as many:
        page = by_alice.get(by_file).text
    assert len(many) == len(few)
    rest = by_alice.get(more_of(page)).text
    assert not set(tiles(rest)) & set(tiles(page))
    assert len(tiles(rest)) + len(tiles(page)) == 69


def test_what_looks_the_same_in_groups_with_as_many_queries_for_many(
    by_alice: Client, alice: User, bob: User
) -> None:
    """Of every look that there may be, also with the sign of the highest bit."""

    def look(owner: User, number: int) -> list[int]:
        images = hang(owner, number)
        half = [n // 2 for n in range(number)]
        hashes = [(n * 0x9E3779B97F4A7C15 & ALL, n * 0xC2B2AE3D27D4EB4F & ALL) for n in half]
        Likeness.objects.keep(zip(images, hashes, strict=True))
        return [image.pk for image in images]

    look(bob, 8)
    first = look(alice, 7)
    with CaptureQueriesContext(connection) as few:
        page = by_alice.get("/gallery/duplicates/").text
    assert set(tiles(page)) == set(first[:6])  # the seventh is alone
    assert page.count("2 pictures that look the same") == 3
    Image.objects.of(alice).delete()
    every = look(alice, 90)
    with CaptureQueriesContext(connection) as many:
        page = by_alice.get("/gallery/duplicates/").text
    assert len(many) == len(few)
    seen = tiles(page)
    while more := more_of(page):
        page = by_alice.get(more).text
        seen += tiles(page)
    assert sorted(seen) == sorted(every)
    gone = Image.objects.get(pk=every[0])
    trash(gone.pk)
    assert not {every[0], every[1]} & set(tiles(by_alice.get("/gallery/duplicates/").text))
    assert by_alice.get("/gallery/duplicates/?after=1.2.3").status_code == 200


@pytest.mark.parametrize("same", ["", "file"])
def test_no_group_is_passed_over_for_a_large_one(
    by_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch, same: str
) -> None:
    """What of a page is not counted begins the next one; a group larger than that is cut."""
    monkeypatch.setattr(likenesses, "MOST_OF_A_PAGE", 5)
    sizes = [2, 4, 2, 9, 3, 2]
    numbers = [n for n, size in enumerate(sizes) for _ in range(size)]
    images = hang(alice, len(numbers))
    Likeness.objects.keep(
        (image, (number, number)) for image, number in zip(images, numbers, strict=True)
    )
    for image, number in zip(images, numbers, strict=True):
        Image.objects.filter(pk=image.pk).update(sha256=f"{number:064x}")
    seen: list[int] = []
    page = by_alice.get(f"/gallery/duplicates/?same={same}").text
    for _ in sizes:
        seen += [numbers[pk - images[0].pk] for pk in tiles(page)]
        if not (more := more_of(page)):
            break
        page = by_alice.get(more).text
    assert [seen.count(n) for n in range(len(sizes))] == [2, 4, 2, 5, 3, 2]


def test_what_is_purged_looks_like_nothing(by_alice: Client, alice: User) -> None:
    images = hang(alice, 3)
    Likeness.objects.keep((image, (1, 1)) for image in images)
    Image.objects.filter(pk__in=[images[0].pk, images[1].pk]).update(trashed_at=timezone.now())
    purge.empty(alice)
    assert not Likeness.objects.filter(image__in=images[:2]).exists()
    assert "No picture hangs twice" in by_alice.get("/gallery/duplicates/").text
