"""The gallery's search line: by hand, by its controls and by completion; kept under a name."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.axe import check
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import House, Person


@pytest.mark.parametrize("width", [360, 1440])
def test_a_search_is_written_completed_and_kept(
    house: House, person: Person, visit: NewPage, guard: Guard, width: int
) -> None:
    guard.expect(422)
    house.deliver()
    page = visit(person, viewport={"width": width, "height": 800})
    for words in ("Ёлка в тёплом свете", "Red fox"):
        steps.picture(page, steps.wish(person, words))
    page.goto("/gallery/")
    line = page.get_by_role("combobox", name="Search pictures")
    options = page.get_by_role("listbox").get_by_role("option")

    # By keys alone: the line, a filter's name, its value.
    page.keyboard.press("/")
    expect(line).to_be_focused()
    page.keyboard.type("ЕЛКА mod")
    expect(options).to_have_text(["model:"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(line).to_have_value("ЕЛКА model:")
    page.keyboard.type("gpt-image-1-l")
    expect(options).to_have_count(1)
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(options).to_have_count(1)
    page.keyboard.press("ArrowUp")
    if width > 1000:
        check(page, "completion")
        page.set_viewport_size({"width": width, "height": 800})
    page.keyboard.press("Tab")
    expect(line).to_have_value("ЕЛКА model:gpt-image-1-low ")
    page.keyboard.press("Enter")
    expect(page.locator("#found .tile")).to_have_count(1)

    # By the controls, which write; what they do not know stays.
    page.locator("#search summary").click()
    page.get_by_label("Ratio").select_option("1:1")
    expect(line).to_have_value("ЕЛКА model:gpt-image-1-low ratio:1:1")
    page.get_by_label("Model").select_option("")
    expect(line).to_have_value("ЕЛКА ratio:1:1")
    page.get_by_label("Favourites only").check()
    page.get_by_role("button", name="Find").click()
    expect(page).to_have_url("/gallery/?q=%D0%95%D0%9B%D0%9A%D0%90+ratio%3A1%3A1+fav&sort=")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()

    # What is not clear is explained, and nothing of it is lost.
    line.fill('fox colour:red "snow')
    line.press("Enter")
    expect(page.locator("#find-errors mark")).to_have_text(["colour:red", '"snow'])
    expect(line).to_have_value('fox colour:red "snow')
    line.fill("fox -елка")
    line.press("Enter")
    expect(page.locator("#found .tile")).to_have_count(1)
    _keep(page, width)


def _keep(page: Page, width: int) -> None:
    def shelves() -> None:
        if width < 1000:
            page.locator(".shelves-open").click()

    shelves()
    page.get_by_text("Save this search").click()
    page.locator("#saved-name").fill("Foxes")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Foxes")).to_be_visible()
    page.goto("/gallery/")
    shelves()
    page.get_by_role("link", name="Foxes").click()
    expect(page.get_by_role("combobox", name="Search pictures")).to_have_value("fox -елка")
    shelves()
    more = page.locator(".saved-more summary")
    more.click()
    page.locator(".saved-more input[name=name]").fill("Лисы")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("#undo")).to_contain_text("Renamed to “Лисы”.")
    if width > 1000:
        expect(page.get_by_role("link", name="Лисы")).to_be_focused()
    shelves()
    expect(page.get_by_role("link", name="Лисы")).to_be_visible()
    if width < 1000:
        page.locator("#shelves").get_by_role("button", name="Close").click()
    page.locator("#undo-button").click()
    expect(page.locator("#undo")).to_contain_text("Taken back.")
    shelves()
    expect(page.get_by_role("link", name="Foxes")).to_be_visible()
    more.click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete “Foxes”").click()
    expect(page.get_by_role("link", name="Foxes")).to_have_count(0)


def test_without_scripts_the_controls_make_the_line(
    house: House, person: Person, visit: NewPage
) -> None:
    house.deliver()
    page = visit(person)
    steps.picture(page, steps.wish(person))
    plain = visit(person, "/gallery/", java_script_enabled=False)
    plain.get_by_role("searchbox", name="Search pictures").fill("fox")
    plain.locator("#search summary").click()
    plain.locator("#control-rating").select_option(">=4")
    plain.get_by_role("button", name="Find").click()
    expect(plain).to_have_url("/gallery/?q=fox+rating%3A%3E%3D4")
    expect(plain.get_by_role("searchbox", name="Search pictures")).to_have_value("fox rating:>=4")
