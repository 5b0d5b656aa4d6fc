from __future__ import annotations

import re

from django.test import Client

from gallery.models import User

from .conftest import HTMX, MakeImage


def test_it_goes_round_what_was_found(by_alice: Client, alice: User, make_image: MakeImage) -> None:
    pks = [make_image(alice, text).pk for text in ("a fox", "a cat", "a fox again")]
    path, seen = "/gallery/slides/?q=fox", []
    for headers in ({}, HTMX, {}):
        page = by_alice.get(path, headers=headers).text
        assert ("<html" in page) == (not headers)
        seen.append(int(re.findall(r"/images/(\d+)/original/", page)[0]))
        path = re.findall(r'rel="next" href="([^"]+)"', page)[0].replace("&amp;", "&")
    assert seen == [pks[2], pks[0], pks[2]]


def test_nothing_found(by_alice: Client) -> None:
    for headers in ({}, HTMX):
        assert "Nothing to show" in by_alice.get("/gallery/slides/", headers=headers).text


def test_anothers_picture_is_missing(by_alice: Client, bob: User, make_image: MakeImage) -> None:
    for at in (make_image(bob).pk, 10**9, "x"):
        assert by_alice.get(f"/gallery/slides/?at={at}").status_code == 404
