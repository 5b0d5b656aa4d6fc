"""Zips as pages: made, watched, fetched in parts, given up; and nobody else's business."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.jobs import zip
from gallery.models import Image, Task, User, Zip
from tests.conftest import Submit
from tests.views.conftest import HTMX


@pytest.fixture
def images(alice: User, submit: Submit, finish: Callable[[Task], Image]) -> list[Image]:
    return [finish(task) for task in submit(alice, count=3).tasks.order_by("pk")]


@pytest.fixture
def made(images: list[Image], alice: User) -> Zip:
    row = zip.begin(alice, Image.objects.of(alice))
    zip.run()
    row.refresh_from_db()
    return row


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_it_is_made_watched_and_fetched(by_alice: Client, images: list[Image]) -> None:
    chosen = {"image": [image.pk for image in images[:2]]}
    answer = by_alice.post("/zips/new/", chosen)
    row = Zip.objects.get()
    page = f"/zips/{row.pk}/"
    assert (answer.status_code, answer["Location"]) == (302, page)
    told = by_alice.get(page).text
    assert 'hx-trigger="every 1s"' in told
    assert "Waiting for its turn" in told
    assert "/file/" not in told
    assert by_alice.get(f"{page}file/").status_code == 404
    zip.run()
    shown = by_alice.get(page, headers=HTMX).text
    assert shown.lstrip().startswith(f'<article id="zip-{row.pk}"')
    assert "hx-get" not in shown
    assert f"{page}file/" in shown
    got = by_alice.get(f"{page}file/")
    with zipfile.ZipFile(BytesIO(body(got))) as read:
        assert len(read.namelist()) == 6
    assert f'filename="artel-{timezone.now():%Y-%m-%d}-{row.pk}.zip"' in got["Content-Disposition"]
    htmx = by_alice.post("/zips/new/", {"images": f"{images[2].pk}"}, headers=HTMX)
    assert htmx["HX-Redirect"] == f"/zips/{Zip.objects.first().pk}/"  # type: ignore[union-attr]


def test_a_download_goes_on_where_it_was(by_alice: Client, made: Zip) -> None:
    path = f"/zips/{made.pk}/file/"
    first = by_alice.get(path)
    whole = body(first)
    etag, size = first["ETag"], len(whole)
    assert (first["Accept-Ranges"], first["Content-Length"]) == ("bytes", str(size))
    for wanted, start, end in (
        ("bytes=0-9", 0, 10), ("bytes=100-", 100, size), ("bytes=-7", size - 7, size),
        (f"bytes=5-{size * 2}", 5, size),
    ):  # fmt: skip
        for given in ({}, {"If-Range": etag}):
            part = by_alice.get(path, headers={"Range": wanted, **given})
            assert part.status_code == 206
            assert part["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
            assert part["Content-Length"] == str(end - start)
            assert body(part) == whole[start:end]
    for headers in (
        {"Range": "bytes=0-9", "If-Range": '"another"'}, {"Range": "bytes=0-1,4-5"},
        {"Range": "lines=1-2"}, {"Range": "bytes=-"},
    ):  # fmt: skip
        again = by_alice.get(path, headers=headers)
        assert again.status_code == 200, headers
        assert body(again) == whole
    for wanted in (f"bytes={size}-", "bytes=9-3", "bytes=-0"):
        beyond = by_alice.get(path, headers={"Range": wanted})
        assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{size}")
    assert by_alice.get(path, headers={"If-None-Match": etag}).status_code == 304
    # Closing an answer would close the database of the test too.
    request_finished.disconnect(close_old_connections)
    head = by_alice.head(path)
    assert (head.status_code, head["Content-Length"]) == (200, str(size))
    head.close()
    request_finished.connect(close_old_connections)


def test_by_a_proxy(by_alice: Client, made: Zip, settings: Any) -> None:
    settings.ACCEL_REDIRECT = True
    answer = by_alice.get(f"/zips/{made.pk}/file/", headers={"Range": "bytes=0-9"})
    assert answer.status_code == 200, "the proxy does the parts"
    assert answer["X-Accel-Redirect"] == f"/accel/zips/{made.stem}.zip"


def test_after_its_day_it_is_not_there(by_alice: Client, made: Zip) -> None:
    Zip.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert by_alice.get(f"/zips/{made.pk}/file/").status_code == 404
    assert "/file/" not in by_alice.get("/zips/").text


def test_giving_it_up_asks_first(by_alice: Client, made: Zip, data_dir: Path) -> None:
    path = f"/zips/{made.pk}/delete/"
    assert "the pictures stay in the gallery" in by_alice.get(path).text
    assert list((data_dir / "zips").iterdir())
    assert by_alice.post(path)["Location"] == "/zips/"
    assert not list((data_dir / "zips").iterdir())
    for gone in (path, f"/zips/{made.pk}/", f"/zips/{made.pk}/file/"):
        assert by_alice.get(gone).status_code == 404
    assert "No zips" in by_alice.get("/zips/").text


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({}, "No picture is selected."),
        ({"images": "1,x"}, "could not be read"),
        ({"images": "999999"}, "in the gallery any more"),
        ({"images": "1-9999999"}, "at most 100,000"),
    ],
)
def test_what_cannot_be_begun_says_why(
    by_alice: Client, images: list[Image], chosen: dict[str, str], words: str
) -> None:
    plain = by_alice.post("/zips/new/", chosen)
    assert plain.status_code == 422
    assert words in plain.text
    htmx = by_alice.post("/zips/new/", chosen, headers=HTMX)
    assert (htmx.status_code, htmx["HX-Retarget"]) == (422, "#alert")
    assert words in htmx.text


def test_without_room_it_says_what_helps(
    by_alice: Client, images: list[Image], settings: Any
) -> None:
    settings.ZIP_BYTES_EACH = 100
    assert "delete a zip" in by_alice.post("/zips/new/", {"all": "on"}).text
    settings.ZIP_BYTES_EACH, settings.ZIP_BYTES = 10**6, 100
    assert "goes after a day" in by_alice.post("/zips/new/", {"all": "on"}).text
    settings.ZIPS_EACH = 0
    assert "Delete one" in by_alice.post("/zips/new/", {"all": "on"}).text
    assert not Zip.objects.exists()


def test_a_list_of_many_asks_no_more(by_alice: Client, made: Zip) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert by_alice.get("/zips/").status_code == 200
        return len(seen)

    one = queries()
    for number in range(5):
        Zip.objects.create(owner=made.owner, count=1, takes=1, stem=f"{number}", status="ready")
    assert queries() == one


def test_that_it_is_made_is_said_once_and_the_focus_stays(by_alice: Client, made: Zip) -> None:
    path, said = f"/zips/{made.pk}/", 'hx-swap-oob="innerHTML:#news"'
    link = f'id="zip-{made.pk}-off"'
    answer = by_alice.get(path, headers=HTMX).text
    assert said in answer
    assert "The zip is ready." in answer
    assert link in answer  # htmx gives the focus back to what has the id that had it
    assert said not in by_alice.get(path).text
    Zip.objects.filter(pk=made.pk).update(status="waiting", ready_at=None)
    answer = by_alice.get(path, headers=HTMX).text
    assert said not in answer
    assert 'role="status"' not in answer
    assert link in answer
