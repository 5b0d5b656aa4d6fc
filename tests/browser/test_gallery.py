"""A gallery that goes on: by scrolling, and by link."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import NewPage
from tests.browser.house import House, Person

PAGE = 60
MORE = 10


@pytest.fixture
def collector(house: House, person: Person, studio: Page) -> Person:
    """Somebody with a page of pictures and some more."""
    house.deliver()
    image = steps.picture(studio, steps.wish(person))
    house.hang(image, PAGE + MORE - 1)
    return person


def test_more_come_by_scrolling_and_nothing_above_moves(collector: Person, studio: Page) -> None:
    studio.set_viewport_size({"width": 800, "height": 600})
    studio.reload()
    tiles = studio.locator(".gallery .tile")
    expect(studio.get_by_role("link", name="More")).to_have_count(1)
    expect(tiles).to_have_count(PAGE)
    places = "(tiles) => tiles.slice(0, 50).map((tile) => [tile.offsetLeft, tile.offsetTop])"
    before = tiles.evaluate_all(places)
    studio.mouse.wheel(0, 100_000)
    expect(tiles).to_have_count(PAGE + MORE)
    expect(studio.get_by_role("link", name="More")).to_have_count(0)
    assert tiles.evaluate_all(places) == before
    tiles.last.scroll_into_view_if_needed()
    assert steps.loaded(tiles.last.locator("img"))
    expect(studio).to_have_url("/")


def test_more_come_by_link(collector: Person, visit: NewPage) -> None:
    page = visit(collector, java_script_enabled=False)
    tiles = page.locator(".gallery .tile > a")
    expect(tiles).to_have_count(PAGE)
    last = int(str(tiles.last.get_attribute("href")).strip("/").split("/")[-1])
    page.get_by_role("link", name="More").click()
    expect(tiles).to_have_count(MORE)
    first = int(str(tiles.first.get_attribute("href")).strip("/").split("/")[-1])
    assert first < last
    page.get_by_role("link", name="To the newest").click()
    expect(tiles).to_have_count(PAGE)
