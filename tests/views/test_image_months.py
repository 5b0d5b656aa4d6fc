"""The months of what is found: counted in one's own time zone, and where each begins."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Image, User
from tests.views.conftest import HTMX
from tests.views.test_image_list import hang, tiles


def date(images: list[Image], *days: tuple[int, int, int, int]) -> None:
    for image, (year, month, day, hour) in zip(images, days, strict=True):
        when = datetime(year, month, day, hour, tzinfo=UTC)
        Image.objects.filter(pk=image.pk).update(created_at=when)


def told(text: str) -> list[tuple[str, str, int]]:
    found = re.findall(
        r'href="/gallery/\?([^"]+)"[^>]*><span>(\w+)</span> <span class="number">(\d+)', text
    )
    return [(query.replace("&amp;", "&"), month, int(count)) for query, month, count in found]


def test_months_with_counts_lead_to_their_places(by_alice: Client, alice: User, bob: User) -> None:
    images = hang(alice, 5)
    ends = ((2025, 12, 31, 20), (2025, 12, 31, 22), (2026, 2, 3, 1), (2026, 2, 28, 23))
    date(images, *ends, (2026, 3, 1, 0))
    date(hang(bob, 1), (2024, 1, 1, 0))
    pks = [image.pk for image in images]
    page = by_alice.get("/gallery/months/")
    assert told(page.text) == [
        (f"at={pks[4]}", "March", 1),
        (f"at={pks[3]}&start=1", "February", 2),
        (f"at={pks[1]}&start=3", "December", 2),
    ]
    assert tiles(by_alice.get(f"/gallery/?at={pks[3]}").text) == [pks[3], pks[2], pks[1], pks[0]]
    oldest = told(by_alice.get("/gallery/months/?sort=oldest", headers=HTMX).text)
    assert oldest[0] == (f"sort=oldest&at={pks[0]}", "December", 2)
    rated = told(by_alice.get("/gallery/months/?sort=rating").text)
    assert rated[1] == ("q=date%3A2026-02&sort=rating", "February", 2)
    alice.time_zone = "Europe/Moscow"
    alice.save(update_fields=["time_zone"])
    assert [one[1:] for one in told(by_alice.get("/gallery/months/").text)] == [
        ("March", 2), ("February", 1), ("January", 1), ("December", 1)
    ]  # fmt: skip
    assert by_alice.get("/gallery/months/?sort=sideways").status_code == 422


def test_a_month_knows_its_page(by_alice: Client, alice: User) -> None:
    images = hang(alice, 130)
    dates = [(2026, 1 if n < 65 else 2, 5, 5) for n in range(130)]
    date(images, *dates)
    address, name, count = told(by_alice.get("/gallery/months/").text)[1]
    assert (address, name, count) == (f"at={images[64].pk}&start=65", "January", 65)
    page = by_alice.get(f"/gallery/?{address}").text
    assert tiles(page)[0] == images[64].pk
    assert 'class="chunk last" data-start="65"' in page
    number = 65 // settings.PAGE_SIZE + 1
    assert re.search(rf'data-number="{number}"[^>]*aria-current="page"', page)
    # It is no whole page: what stands before it and after it follows without a gap.
    assert f'rel="prev" href="/gallery/?before={images[64].pk}"' in page
    assert f'rel="next" href="/gallery/?after={tiles(page)[-1]}"' in page
    # What the address says of the first is not believed, and of no picture nothing is said.
    assert (
        'class="chunk last" data-start="0"'
        in by_alice.get(f"/gallery/?at={images[-1].pk}&start=9").text
    )
    # An address that does not know it has it counted, but for stacks.
    assert 'data-start="65"' in by_alice.get(f"/gallery/?at={images[64].pk}").text
    assert "data-start" not in by_alice.get(f"/gallery/?at={images[64].pk}&stack=on").text
    stacked = told(by_alice.get("/gallery/months/?stack=on").text)[1]
    assert stacked[0] == f"stack=on&at={images[64].pk}"


def test_what_goes_to_the_trash_is_counted_no_more(by_alice: Client, alice: User) -> None:
    images = hang(alice, 3)
    assert ">3 pictures</p>" in by_alice.get("/gallery/months/", headers=HTMX).text
    by_alice.post(f"/images/{images[1].pk}/trash/")
    page = by_alice.get("/gallery/months/", headers=HTMX).text
    assert ">2 pictures</p>" in page
    assert [count for *_, count in told(page)] == [2]
    by_alice.post(f"/images/{images[1].pk}/restore/")
    assert ">3 pictures</p>" in by_alice.get("/gallery/months/", headers=HTMX).text


def test_as_many_queries_for_many_months(by_alice: Client, alice: User) -> None:
    assert "Nothing found" in by_alice.get("/gallery/months/").text

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert by_alice.get("/gallery/months/").status_code == 200
        return len(queries)

    date(hang(alice, 1), (2026, 11, 1, 1))
    few = count()
    date(hang(alice, 24), *((2020 + n // 12, 1 + n % 12, 5, 5) for n in range(24)))
    assert count() == few
    assert count() < few  # kept for a while
