"""A picture's page, and the gallery that leads to it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.guard import Guard
from tests.browser.house import House, Person


def test_a_picture_runs_again_at_the_price_on_its_button(
    house: House, person: Person, studio: Page
) -> None:
    house.deliver()
    text = steps.wish(person)
    image = steps.picture(studio, text)
    studio.goto(f"/images/{image}/")
    expect(studio.locator("dl")).to_contain_text("GPT Image 1 · low")
    expect(studio.locator("dl")).to_contain_text("image/webp")
    studio.get_by_role("button", name="Re-run · 4\u00a0₽").click()
    expect(studio).to_have_url("/")
    steps.expect_status(studio.locator("#tasks article.card"), "done")
    assert house.batches(person) == 2
    assert house.charged(person) == [text, text]


def test_a_picture_is_edited_and_run(house: House, person: Person, studio: Page) -> None:
    house.deliver()
    text = steps.wish(person)
    image = steps.picture(studio, text)
    studio.goto(f"/images/{image}/")
    studio.get_by_role("link", name="Edit and run").click()
    expect(steps.prompt(studio)).to_have_value(text)


def test_arrows_lead_through_the_pictures(house: House, person: Person, studio: Page) -> None:
    house.deliver()
    steps.order(studio, steps.wish(person), 3)
    expect(studio.locator("article[data-status=done]")).to_have_count(3)
    studio.reload()
    tiles = studio.locator(".gallery .tile > a")
    expect(tiles).to_have_count(3)
    pages = [str(tiles.nth(place).get_attribute("href")) for place in range(3)]
    tiles.first.click()
    expect(studio).to_have_url(pages[0])
    studio.reload()
    studio.keyboard.press("ArrowRight")
    expect(studio).to_have_url(pages[1])
    studio.get_by_role("link", name="Older →").click()
    expect(studio).to_have_url(pages[2])
    expect(studio.get_by_role("link", name="Older →")).to_have_count(0)
    studio.wait_for_load_state()
    studio.keyboard.press("ArrowLeft")
    expect(studio).to_have_url(pages[1])


def test_the_picture_grows_to_its_full_size(house: House, person: Person, studio: Page) -> None:
    house.deliver()
    image = steps.picture(studio, steps.wish(person))
    studio.goto(f"/images/{image}/")
    zoom = studio.locator("[data-zoom]")
    assert steps.loaded(zoom.locator("img"))
    zoom.click()
    expect(zoom).to_have_class(re.compile("zoomed"))
    natural = zoom.locator("img").evaluate("(image) => image.naturalWidth")
    assert zoom.locator("img").evaluate("(image) => image.width") == natural


def test_the_gallery_has_room_before_its_pictures_come(
    house: House, person: Person, studio: Page, guard: Guard
) -> None:
    """The rows stand still: every tile has its place at once."""
    guard.faults_allowed += ["ERR_FAILED"]
    house.deliver()
    for ratio in ("16:9", "9:16"):
        steps.choose(studio, ratio)
        steps.picture(studio, steps.wish(person, f"A fox in {ratio}"))
    thumbs = re.compile("/thumbs/")
    studio.route(thumbs, lambda route: route.abort())
    studio.reload()
    tiles = studio.locator(".gallery .tile")
    expect(tiles).to_have_count(2)
    before = [tiles.nth(place).bounding_box() for place in range(2)]
    studio.unroute(thumbs)
    studio.reload()
    for place in range(2):
        assert steps.loaded(tiles.nth(place).locator("img"))
    assert [tiles.nth(place).bounding_box() for place in range(2)] == before


def test_escape_leaves_the_field_for_tags(house: House, person: Person, studio: Page) -> None:
    house.deliver()
    studio.goto(f"/images/{steps.picture(studio, steps.wish(person))}/")
    studio.keyboard.press("t")
    expect(studio.get_by_role("combobox", name="Tags")).to_be_focused()
    studio.keyboard.press("Escape")
    expect(studio.locator(".marks-more summary")).to_be_focused()
    studio.keyboard.press("f")
    favourite = studio.get_by_role("button", name="Favourite")
    expect(favourite).to_have_attribute("aria-pressed", "true")
