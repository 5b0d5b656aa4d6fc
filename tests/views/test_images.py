from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from gallery.archive.thumbnails import thumbnail_path
from gallery.models import Image, User

from .conftest import MakeImage


@pytest.fixture
def image(alice: User, make_image: MakeImage) -> Image:
    return make_image(alice)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("part", ["", "original/", "thumbs/384/", "thumbs/768/"])
def test_anothers_picture_is_missing(by_bob: Client, image: Image, part: str) -> None:
    for pk in (image.pk, image.pk + 1000, 10**17):
        assert by_bob.get(f"/images/{pk}/{part}").status_code == 404


def test_the_page_has_every_fact(by_alice: Client, image: Image) -> None:
    page = by_alice.get(f"/images/{image.pk}/").text
    facts = ["a cat on a red roof", "GPT Image 1 · low", "1:1", "96 × 64", "image/webp"]
    for fact in [*facts, image.sha256, "4\u00a0₽", "Re-run", "Edit and run", "?download"]:
        assert fact in page


def test_previous_and_next_stay_within_ones_own(
    by_alice: Client, alice: User, bob: User, make_image: MakeImage
) -> None:
    first, _theirs, last = make_image(alice), make_image(bob), make_image(alice)
    page = by_alice.get(f"/images/{first.pk}/").text
    assert f'rel="prev" href="/images/{last.pk}/"' in page
    assert 'rel="next"' not in page
    assert f'rel="next" href="/images/{first.pk}/"' in by_alice.get(f"/images/{last.pk}/").text


def test_the_original_is_byte_exact_and_inert(
    by_alice: Client, image: Image, picture: bytes
) -> None:
    answer = by_alice.get(f"/images/{image.pk}/original/")
    assert body(answer) == picture
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "private" in answer["Cache-Control"]
    assert answer["Content-Disposition"].startswith("inline")
    known = by_alice.get(f"/images/{image.pk}/original/", headers={"If-None-Match": answer["ETag"]})
    assert known.status_code == 304


def test_download(by_alice: Client, image: Image, picture: bytes) -> None:
    answer = by_alice.get(f"/images/{image.pk}/original/?download")
    assert answer["Content-Disposition"] == f'attachment; filename="artel-{image.pk}.webp"'
    assert body(answer) == picture


def test_another_kind_of_file_is_never_drawn(by_alice: Client, image: Image) -> None:
    Image.objects.filter(pk=image.pk).update(mime="image/svg+xml")
    answer = by_alice.get(f"/images/{image.pk}/original/")
    assert body(answer)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("size", [384, 768])
def test_a_missing_thumbnail_is_made_again(
    by_alice: Client, image: Image, data_dir: Path, size: int
) -> None:
    path = data_dir / thumbnail_path(image.file, size)
    assert not path.exists()
    answer = by_alice.get(f"/images/{image.pk}/thumbs/{size}/")
    assert body(answer) == path.read_bytes()
    assert answer["Content-Type"] == "image/webp"


def test_no_other_size(by_alice: Client, image: Image) -> None:
    assert by_alice.get(f"/images/{image.pk}/thumbs/5000/").status_code == 404


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_a_file_that_is_gone_or_broken(
    by_alice: Client, image: Image, data_dir: Path, content: bytes | None
) -> None:
    original = data_dir / image.file
    original.unlink()
    if content is not None:
        original.write_bytes(content)
    assert by_alice.get(f"/images/{image.pk}/thumbs/384/").status_code == 404
    assert by_alice.get(f"/images/{image.pk}/").status_code == 200
    if content is None:
        assert by_alice.get(f"/images/{image.pk}/original/").status_code == 404


def test_the_proxy_sends_the_file(by_alice: Client, image: Image, settings: Any) -> None:
    settings.ACCEL_REDIRECT = True
    answer = by_alice.get(f"/images/{image.pk}/original/")
    assert answer["X-Accel-Redirect"] == f"/accel/{image.file}"
    assert answer["Content-Type"] == "image/webp"
    assert answer.content == b""


def test_an_import_has_no_task(by_alice: Client, alice: User, image: Image) -> None:
    Image.objects.filter(pk=image.pk).update(task=None)
    assert by_alice.get(f"/images/{image.pk}/").status_code == 200
    assert f'alt="Picture {image.pk}"' in by_alice.get("/").text
