"""What came while one was away: told on the studio's and the gallery's page, until it is read."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import User
from tests.conftest import Submit

from .conftest import HTMX, MakeImage, refuse


@pytest.fixture
def away(alice: User, submit: Submit, make_image: MakeImage) -> list[int]:
    """Alice was here an hour ago, and in the meantime two pictures came and one failed."""
    pks = [make_image(alice).pk for _ in range(2)]
    refuse(submit(alice).tasks.get())
    User.objects.filter(pk=alice.pk).update(seen_at=timezone.now() - timedelta(hours=1))
    return pks


@pytest.mark.parametrize("path", ["/", "/gallery/"])
def test_it_is_told_and_leads_on(by_alice: Client, away: list[int], path: str) -> None:
    for _ in range(2):
        page = by_alice.get(path).text
        told = re.findall(r'<section id="since".*?</section>', page, re.S)[0]
        for words in ("Since you left", "2 pictures came", "1 failed", "8\u00a0₽ spent"):
            assert words in told
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', told)]
    assert f"/gallery/cull/?since={away[0]}&until={away[1]}&sort=oldest" in links
    for link in links:
        assert by_alice.get(link).status_code == 200


def test_it_is_told_until_it_is_read(by_alice: Client, away: list[int]) -> None:
    assert 'id="since"' in by_alice.get("/").text
    answer = by_alice.post("/visits/hear/", headers=HTMX).text
    assert '<div id="since" hx-swap-oob="true" hidden>' in answer
    assert 'hx-post="/visits/recall/"' in answer
    assert 'id="since"' not in by_alice.get("/").text
    # Taken back, it is told again, where one is.
    answer = by_alice.post("/visits/recall/", headers=HTMX).text
    assert '<section id="since" class="since" hx-swap-oob="true"' in answer
    assert "2 pictures came" in answer
    assert 'id="since"' in by_alice.get("/").text


def test_without_javascript_it_is_read_and_taken_back_on_the_page_it_was_on(
    by_alice: Client, away: list[int]
) -> None:
    by_alice.get("/")
    here = {"Referer": "http://testserver/gallery/"}
    assert by_alice.post("/visits/hear/", headers=here)["Location"] == "/gallery/"
    page = by_alice.get("/gallery/").text
    assert 'id="since"' not in page
    assert 'action="/visits/recall/"' in page
    assert by_alice.post("/visits/recall/", headers=here)["Location"] == "/gallery/"
    assert 'id="since"' in by_alice.get("/gallery/").text


def test_of_the_next_absence_it_is_told_anew(
    by_alice: Client, alice: User, make_image: MakeImage, away: list[int]
) -> None:
    by_alice.get("/")
    by_alice.post("/visits/hear/")
    earlier = timezone.now() - timedelta(hours=1)
    User.objects.filter(pk=alice.pk).update(seen_at=earlier, back_at=earlier, heard_back_at=earlier)
    make_image(alice)
    assert "3 pictures came" in by_alice.get("/").text


def test_where_nothing_happened_nothing_is_told(by_bob: Client, bob: User, away: list[int]) -> None:
    User.objects.filter(pk=bob.pk).update(seen_at=timezone.now() - timedelta(hours=1))
    assert 'id="since"' not in by_bob.get("/").text
    bob.refresh_from_db()
    assert bob.left_at


def test_what_a_page_asks_for_by_itself_is_no_visit(by_alice: Client, away: list[int]) -> None:
    by_alice.post("/tasks/live/", {"v": ""})
    assert b"".join(by_alice.get(f"/images/{away[0]}/original/"))
    assert not User.objects.get(username="alice").left_at
