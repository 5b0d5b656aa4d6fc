"""Selecting pictures, doing something to all of them, and carrying them away in a zip."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser import axe, steps
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import House, Person

PICTURES = 70


@pytest.fixture
def collector(house: House) -> Person:
    """Somebody with more than a page of pictures."""
    house.deliver()
    person = house.collector(1)
    house.hang(person.images[0], PICTURES - 1)
    return person


def rated(house: House, person: Person, rating: int) -> int:
    query = (
        "SELECT count(*) FROM gallery_image picture JOIN gallery_user owner"
        " ON owner.id = picture.owner_id WHERE owner.username = ? AND picture.rating = ?"
    )
    return int(str(house.ask(query, person.name, rating)[0][0]))


def test_many_are_selected_rated_deleted_and_brought_back(
    house: House, collector: Person, visit: NewPage
) -> None:
    page = visit(collector, "/gallery/", viewport={"width": 1440, "height": 900})
    tiles = page.locator("#found .tile")
    link = tiles.locator("[data-look]")
    count, bar = page.locator("#bar-count"), page.locator("#bar")
    expect(bar).to_be_hidden()
    # The mark, then a click on a picture, then all between with shift
    tiles.nth(0).hover()
    tiles.nth(0).locator(".pick").click()
    expect(count).to_have_text("Selected: 1")
    link.nth(1).click()
    expect(count).to_have_text("Selected: 2")
    link.nth(4).click(modifiers=["Shift"])
    expect(count).to_have_text("Selected: 5")
    link.nth(4).click()
    expect(count).to_have_text("Selected: 4")
    expect(page).to_have_url("/gallery/")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    # A box around two neighbours
    first, second = (tiles.nth(place).bounding_box() for place in (0, 1))
    assert first
    assert second
    page.mouse.move(first["x"] + 60, first["y"] + 60)
    page.mouse.down()
    page.mouse.move(second["x"] + 20, second["y"] + 80, steps=4)
    page.mouse.up()
    expect(count).to_have_text("Selected: 2")
    # By keys alone
    page.keyboard.press("Escape")
    link.nth(0).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    expect(link.nth(1)).to_be_focused()
    expect(count).to_have_text("Selected: 2")
    # All that is found, also what has not come yet, but for one
    page.keyboard.press("Control+a")
    expect(count).to_have_text(f"{PICTURES} pictures selected")
    link.nth(2).click()
    expect(count).to_have_text(f"Selected: {PICTURES - 1}")
    page.locator("#bar summary", has_text="Rate").click()
    page.get_by_role("button", name="4 of 5").click()
    expect(page.locator(".undo-bar")).to_contain_text(f"{PICTURES - 1} pictures rated 4 of 5.")
    assert rated(house, collector, 4) == PICTURES - 1
    expect(tiles.nth(0)).to_have_attribute("data-rating", "4")
    expect(tiles.nth(2)).to_have_attribute("data-rating", "0")
    page.mouse.wheel(0, 20_000)
    expect(page.locator("#found .tile.picked").last).to_be_attached()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".undo-bar")).to_contain_text("Taken back.")
    assert rated(house, collector, 4) == 0
    page.locator("#bar summary", has_text="Tag").click()
    page.get_by_label("Tags, parted by commas").fill("winter, best")
    page.keyboard.press("Enter")
    expect(page.locator(".undo-bar")).to_contain_text(f"{PICTURES - 1} pictures tagged.")
    axe.check(page, "the bar")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.keyboard.press("Delete")
    expect(page.locator(".undo-bar")).to_contain_text(f"{PICTURES - 1} pictures deleted.")
    expect(page.locator("#found .tile:visible")).to_have_count(1)
    expect(bar).to_be_hidden()
    page.keyboard.press("Control+z")
    expect(page.locator(".undo-bar")).to_contain_text("Taken back.")
    expect(tiles.nth(0)).to_be_visible()
    # A wall without a picture says so, for as long as it is one
    none = page.get_by_role("heading", name="Your pictures will hang here")
    expect(none).to_be_hidden()
    link.nth(0).focus()
    page.keyboard.press("Control+a")
    expect(count).to_have_text(f"{PICTURES} pictures selected")
    page.keyboard.press("Delete")
    expect(none).to_be_visible()
    page.keyboard.press("Control+z")
    expect(tiles.nth(0)).to_be_visible()
    expect(none).to_be_hidden()


def test_a_stack_is_selected_whole_and_by_keys(
    house: House, collector: Person, visit: NewPage
) -> None:
    page = visit(collector, "/gallery/?stack=on", viewport={"width": 1440, "height": 900})
    tile, count = page.locator("#found .tile"), page.locator("#bar-count")
    expect(tile).to_have_count(1)
    expect(tile.locator(".stack-count")).to_have_text(f"{PICTURES}")
    tile.locator("[data-look]").focus()
    page.keyboard.press("x")
    expect(count).to_have_text(f"{PICTURES} pictures selected")
    page.reload()  # as after coming back
    expect(count).to_have_text(f"{PICTURES} pictures selected")
    page.keyboard.press("4")
    expect(page.locator("#undo")).to_contain_text(f"{PICTURES} pictures rated 4 of 5.")
    assert rated(house, collector, 4) == PICTURES
    tile.locator("[data-look]").focus()
    page.keyboard.press("x")
    expect(page.locator("#bar")).to_be_hidden()
    page.keyboard.press("Control+a")
    expect(count).to_have_text(f"{PICTURES} pictures selected")
    page.keyboard.press("Delete")
    expect(page.locator("#undo")).to_contain_text(f"{PICTURES} pictures deleted.")
    page.locator("#undo-button").click()
    expect(page.locator("#undo")).to_contain_text("Taken back.")


def test_a_zip_is_made_and_shows_its_pictures_without_a_network(
    house: House, collector: Person, visit: NewPage, browser: Browser, tmp_path: Path
) -> None:
    house.execute(
        "UPDATE gallery_prompt SET text = '</script><b>A red fox' WHERE owner_id ="
        " (SELECT id FROM gallery_user WHERE username = ?)",
        collector.name,
    )
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    page = visit(collector, "/gallery/", **phone)
    page.get_by_role("button", name="Select", exact=True).tap()
    page.locator("#found [data-look]").nth(0).tap()
    page.locator("#found [data-look]").nth(1).tap()
    page.get_by_role("button", name="Select all found").tap()
    expect(page.locator("#bar-count")).to_have_text(f"{PICTURES} pictures selected")
    page.get_by_role("button", name="Zip").tap()
    expect(page.locator("article.zip")).to_have_attribute("data-status", "ready", timeout=60_000)
    with page.expect_download() as fetched:
        page.get_by_role("link", name="Download").tap()
    with zipfile.ZipFile(fetched.value.path()) as read:
        assert read.testzip() is None
        manifest = json.loads(read.read("manifest.json"))
        assert len(manifest["pictures"]) == PICTURES
        read.extractall(tmp_path)
    context = browser.new_context(offline=True)
    shown = context.new_page()
    faults: list[str] = []
    shown.on("pageerror", lambda error: faults.append(str(error)))
    shown.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    shown.goto((tmp_path / "index.html").as_uri())
    expect(shown.locator("figure")).to_have_count(60)
    assert steps.loaded(shown.locator("figure img").first)
    shown.get_by_role("searchbox").fill("a blue fox")
    expect(shown.get_by_text("Nothing found")).to_be_visible()
    shown.get_by_role("searchbox").fill("RED fox")
    expect(shown.locator("figure")).to_have_count(60)
    shown.locator("figure button").first.click()
    expect(shown.locator("#prompt")).to_contain_text("</script><b>A red fox")
    assert steps.loaded(shown.locator("#large"))
    assert faults == []
    context.close()


def test_all_of_it_without_a_script(house: House, collector: Person, visit: NewPage) -> None:
    page = visit(collector, "/gallery/", java_script_enabled=False)
    boxes = page.locator("#found .pick")
    page.get_by_label("All that this search finds").check()
    page.get_by_role("button", name="With the selected…").click()
    heading = page.get_by_role("heading", name=f"{PICTURES} pictures selected")
    expect(heading).to_be_visible()
    page.goto("/gallery/")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="With the selected…").click()
    page.get_by_role("button", name="Re-run…").click()
    expect(page.get_by_role("heading", name="Make 2 pictures again?")).to_be_visible()
    before = house.batches(collector)
    page.get_by_role("button", name="Re-run for 8\u00a0₽").click()
    expect(page).to_have_url("/")
    assert house.batches(collector) == before + 1


def test_all_are_not_selected_without_the_network(
    collector: Person, visit: NewPage, guard: Guard
) -> None:
    guard.faults_allowed += ["net::ERR_", "htmx:"]
    page = visit(collector, "/gallery/")
    link, bar, count = page.locator("#found [data-look]"), page.locator("#bar"), "#bar-count"
    page.wait_for_load_state("networkidle")  # what comes later would hush the complaint
    page.context.set_offline(True)
    page.keyboard.press("Control+a")
    expect(page.locator("#alert")).to_contain_text("No answer from this server.")
    expect(bar).to_be_hidden()
    expect(page.locator("#found .picked")).to_have_count(0)
    # What was selected before is selected still
    link.nth(3).focus()
    page.keyboard.press("x")
    page.keyboard.press("Control+a")
    expect(page.locator("#found .picked")).to_have_count(1)
    expect(page.locator(count)).to_have_text("Selected: 1")
    page.context.set_offline(False)
    page.reload()
    expect(page.locator(count)).to_have_text("Selected: 1")


def test_nothing_is_done_to_a_number_that_is_not_known(
    house: House, collector: Person, visit: NewPage
) -> None:
    page = visit(collector, "/gallery/")
    count = page.locator("#bar-count")
    held: list[Route] = []
    page.route("**/selection/count/", lambda route: held.append(route))
    page.keyboard.press("Control+a")
    expect(count).to_have_text("…")
    page.keyboard.press("5")
    page.reload()  # before the answer
    expect(count).to_have_text("…")
    page.keyboard.press("5")
    held[-1].continue_()
    expect(count).to_have_text(f"{PICTURES} pictures selected")
    assert rated(house, collector, 5) == 0
    page.keyboard.press("5")
    expect(page.locator("#undo")).to_contain_text(f"{PICTURES} pictures rated 5 of 5.")
    # The number follows what is left out and taken in again
    link = page.locator("#found [data-look]").nth(1)
    for number in (PICTURES - 1, PICTURES):
        link.click()
        expect(count).to_have_text(f"Selected: {number}")


def test_escape_ends_typing_and_not_the_selection(collector: Person, visit: NewPage) -> None:
    page = visit(collector, "/gallery/")
    line, count = page.get_by_role("combobox", name="Search pictures"), page.locator("#bar-count")
    page.locator("#found [data-look]").nth(1).focus()
    page.keyboard.press("x")
    line.click()
    page.keyboard.type("rat")
    expect(page.locator("#search-options")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#search-options")).to_be_hidden()
    expect(line).to_be_focused()
    expect(count).to_have_text("Selected: 1")
    page.keyboard.press("Escape")
    expect(count).to_have_text("Selected: 1")
    # In the bar it closes what is open
    page.locator("#bar summary", has_text="Tag").click()
    field = page.get_by_label("Tags, parted by commas")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(page.locator("#bar summary", has_text="Tag")).to_be_focused()
    expect(count).to_have_text("Selected: 1")
    page.keyboard.press("Escape")
    expect(page.locator("#bar")).to_be_hidden()


def test_a_key_leads_to_the_bar(collector: Person, visit: NewPage) -> None:
    page = visit(collector, "/gallery/")
    link = page.locator("#found [data-look]")
    link.nth(1).focus()
    page.keyboard.press("b")
    expect(link.nth(1)).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("b")
    expect(page.locator("#bar summary", has_text="Rate")).to_be_focused()


def test_the_focus_goes_on_after_a_selection_is_deleted(collector: Person, visit: NewPage) -> None:
    page = visit(collector, "/gallery/")
    link, undo = page.locator("#found [data-look]"), page.locator("#undo-button")
    link.nth(2).focus()
    for key in ("x", "Shift+ArrowRight", "Delete"):
        page.keyboard.press(key)
    expect(page.locator("#undo")).to_contain_text("2 pictures deleted.")
    expect(link.nth(4)).to_be_focused()
    undo.press("Enter")
    expect(page.locator("#undo")).to_contain_text("Taken back.")
    expect(link.nth(2)).to_be_focused()
    page.keyboard.press("Control+a")
    expect(page.locator("#bar-count")).to_have_text(f"{PICTURES} pictures selected")
    page.keyboard.press("Delete")
    expect(page.locator("#undo")).to_contain_text(f"{PICTURES} pictures deleted.")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".tile:has(:focus)")).to_have_count(1)
