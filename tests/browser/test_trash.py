"""Deleting, taking it back, and the trash, with a script and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import House, Person


@pytest.fixture
def collector(house: House) -> Person:
    """Somebody with three pictures."""
    return house.collector(3)


@pytest.fixture
def gallery(house: House, visit: NewPage, collector: Person) -> Page:
    house.deliver()
    page = visit(collector)
    expect(page.locator(".gallery .tile")).to_have_count(3)
    return page


def undo(page: Page) -> None:
    page.get_by_role("status").get_by_role("button", name="Undo").click()


def test_delete_asks_nothing_and_undo_brings_it_back_to_its_place(gallery: Page) -> None:
    tiles = gallery.locator(".gallery .tile")
    tiles.nth(1).hover()
    tiles.nth(1).get_by_role("button").click()
    expect(tiles.nth(1)).to_be_hidden()
    expect(gallery.get_by_role("status").filter(has_text="Picture deleted.")).to_be_visible()
    undo(gallery)
    expect(tiles.nth(1)).to_be_visible()
    expect(tiles.nth(1).locator("a")).to_be_focused()
    expect(gallery.get_by_text("Picture restored.")).to_be_visible()


def test_by_keys_alone(gallery: Page) -> None:
    tiles = gallery.locator(".gallery .tile")
    tiles.first.locator("a").focus()
    gallery.keyboard.press("Delete")
    expect(tiles.first).to_be_hidden()
    expect(tiles.nth(1).locator("a")).to_be_focused()
    gallery.keyboard.press("Delete")
    expect(tiles.nth(1)).to_be_hidden()
    expect(tiles.nth(2).locator("a")).to_be_focused()
    gallery.keyboard.press("Control+z")
    expect(tiles.nth(1)).to_be_visible()
    expect(tiles.nth(1).locator("a")).to_be_focused()
    gallery.reload()
    expect(gallery.locator(".gallery .tile")).to_have_count(2)


def test_a_fresh_card_leaves_the_studio_page(house: House, person: Person, studio: Page) -> None:
    house.deliver()
    card = steps.pinned(steps.order(studio, steps.wish(person)))
    steps.expect_status(card, "done")
    card.get_by_role("button", name="Delete").click()
    expect(card).to_be_hidden()
    expect(studio.locator(".batch")).to_be_hidden()
    undo(studio)
    expect(card).to_be_visible()


def test_a_prompt_leaves_the_history_with_its_pictures(gallery: Page) -> None:
    gallery.goto("/history/")
    entry = gallery.locator(".entry")
    entry.get_by_role("button", name="Delete").first.click()
    expect(entry).to_be_hidden()
    undo(gallery)
    expect(entry).to_be_visible()
    entry.get_by_role("button", name="Delete").first.click()
    expect(entry).to_be_hidden()
    gallery.goto("/")
    expect(gallery.locator(".gallery .tile")).to_have_count(0)
    gallery.goto("/trash/")
    gallery.get_by_role("button", name="Restore prompt").click()
    expect(gallery.get_by_text("Prompt restored with its pictures.")).to_be_visible()
    gallery.goto("/")
    expect(gallery.locator(".gallery .tile")).to_have_count(3)


def test_a_prompt_under_way_says_so_beside_its_button(
    house: House, person: Person, studio: Page, guard: Guard
) -> None:
    guard.expected.add(422)
    steps.order(studio, steps.wish(person))
    studio.goto("/history/")
    entry = studio.locator(".entry")
    entry.get_by_role("button", name="Delete").first.click()
    expect(entry.get_by_role("alert")).to_contain_text("still under way")
    expect(entry).to_be_visible()


def test_everything_without_a_script(visit: NewPage, collector: Person, gallery: Page) -> None:
    page = visit(collector, java_script_enabled=False)
    tiles = page.locator(".gallery .tile")
    expect(tiles).to_have_count(3)
    tiles.first.hover()
    tiles.first.get_by_role("button").click()
    expect(tiles).to_have_count(2)
    undo(page)
    expect(tiles).to_have_count(3)
    expect(page.get_by_text("Picture restored.")).to_be_visible()
    tiles.first.locator("a").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This picture is in the trash.")).to_be_visible()
    expect(page.get_by_role("button", name="Restore")).to_be_visible()
    page.locator(".menu summary").click()
    page.get_by_role("link", name="Trash").click()
    expect(page.get_by_text("30 days left")).to_be_visible()
    page.get_by_role("link", name="Empty now").click()
    expect(page.get_by_text("1 picture")).to_be_visible()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()


def test_a_picture_becomes_a_reference(gallery: Page) -> None:
    gallery.get_by_role("button", name="References").or_(
        gallery.locator("details.references summary")
    ).first.click()
    gallery.get_by_label("Links to pictures").fill("https://a.example/1.png")
    gallery.locator(".gallery .tile a").first.click()
    gallery.get_by_role("dialog").get_by_role("link", name="Use as reference").click()
    expect(gallery.get_by_label("Links to pictures")).to_have_value(
        re.compile(r"^https://a\.example/1\.png\nhttp\S+$")
    )


def test_a_receipt_prints_as_paper(gallery: Page) -> None:
    gallery.goto("/history/")
    gallery.locator(".entry article.card").first.evaluate(
        "(card) => { location = '/tasks/' + card.id.slice(5) + '/receipt/' }"
    )
    expect(gallery.locator(".receipt")).to_be_visible()
    gallery.emulate_media(media="print", color_scheme="dark")
    expect(gallery.locator("header.top")).to_be_hidden()
    expect(gallery.get_by_role("link", name="Task")).to_be_hidden()
    paper = gallery.locator("html").evaluate("(one) => getComputedStyle(one).backgroundColor")
    ink = gallery.locator(".receipt").evaluate("(one) => getComputedStyle(one).color")
    assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")


def test_what_is_taken_out_of_the_trash_goes_back_there(
    gallery: Page, visit: NewPage, collector: Person
) -> None:
    gallery.locator(".gallery .tile").first.hover()
    gallery.locator(".gallery .tile").first.get_by_role("button").click()
    page = visit(collector, "/trash/")
    pictures = page.locator(".trash-pictures li")
    expect(pictures).to_have_count(1)
    pictures.get_by_role("button").click()
    expect(page.get_by_text("Picture restored.")).to_be_visible()
    expect(pictures).to_have_count(0)
    page.wait_for_load_state()
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Taken back.")).to_be_visible()
    expect(pictures).to_have_count(1)
    # On the picture's own page, too.
    pictures.locator("a").click()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Picture restored.")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("Control+z")
    expect(page.get_by_text("This picture is in the trash.")).to_be_visible()


def test_what_happened_while_one_was_away_is_waved_away_and_told_again(
    house: House, visit: NewPage, collector: Person, gallery: Page
) -> None:
    house.execute(
        "UPDATE gallery_user SET seen_at = datetime('now', '-1 hour') WHERE username = ?",
        collector.name,
    )
    page = visit(collector, "/gallery/")
    told = page.get_by_role("region", name="Since you left")
    expect(told).to_contain_text("3 pictures came")
    told.get_by_role("button", name="Dismiss").click()
    expect(told).to_be_hidden()
    expect(page.locator("#undo")).to_contain_text("Dismissed.")
    expect(page.locator("#undo-button")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(told).to_contain_text("3 pictures came")
    expect(told.get_by_role("button", name="Dismiss")).to_be_focused()
    # And at the end of going through it, where keys take back what is done to pictures.
    told.get_by_role("link", name="3 pictures came").click()
    page.wait_for_load_state()
    for count in ("1 of 3", "2 of 3", "3 of 3"):
        expect(page.locator("#cull-count")).to_have_text(count)
        page.keyboard.press("3")
    expect(page.get_by_text("3 pictures rated")).to_be_visible()
    told.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("Dismissed.")).to_be_visible()
    expect(told).to_be_hidden()
    page.wait_for_load_state()
    page.keyboard.press("Control+z")
    expect(told).to_be_visible()
    expect(page.get_by_text("3 pictures rated")).to_be_visible()
