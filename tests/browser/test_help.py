"""Help, the keys that lead about the house, and pages of what went wrong."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import House, Person


def test_keys_lead_about(studio: Page) -> None:
    for keys, path in {
        "g h": "/history/",
        "g t": "/trash/",
        "?": "/help/",
        "g s": "/",
        # By their places, where the layout has other letters there.
        "п KeyH": "/history/",
    }.items():
        studio.locator("body").evaluate("document.activeElement.blur()")
        for key in keys.split(" "):
            if key == "п":
                studio.evaluate(
                    "document.body.dispatchEvent(new KeyboardEvent('keydown',"
                    " { key: 'п', code: 'KeyG', bubbles: true }))"
                )
            else:
                studio.keyboard.press(key)
        expect(studio).to_have_url(path)


def test_a_slash_looks_in_the_history(studio: Page) -> None:
    studio.goto("/history/?q=fox")
    studio.keyboard.press("/")
    expect(studio.get_by_role("searchbox")).to_be_focused()
    studio.keyboard.type("/?gh")
    expect(studio.get_by_role("searchbox")).to_have_value("/?gh")


def test_keys_do_nothing_while_one_types(studio: Page) -> None:
    steps.prompt(studio).press_sequentially("g h?/")
    expect(steps.prompt(studio)).to_have_value("g h?/")
    expect(studio).to_have_url("/")


def test_help(studio: Page) -> None:
    studio.get_by_role("link", name="Help and keys").click()
    expect(studio.get_by_role("heading", name="Keys")).to_be_visible()


@pytest.mark.parametrize("who", ["somebody", "nobody"])
def test_pages_of_what_went_wrong(studio: Page, visit: NewPage, guard: Guard, who: str) -> None:
    guard.expect(404)
    page = studio if who == "somebody" else visit()
    page.goto("/nothing/")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


def test_a_lost_session_without_scripts(visit: NewPage, person: Person, guard: Guard) -> None:
    guard.expect(403)
    page = visit(person, java_script_enabled=False)
    steps.prompt(page).fill("A long thought")
    page.context.clear_cookies()
    steps.press(page)
    expect(page.get_by_role("heading", name="Not sent")).to_be_visible()
    expect(page.get_by_label("What you typed")).to_have_value("A long thought")
    expect(page.get_by_role("button", name="Copy text")).to_be_hidden()


def test_keys_are_not_listed_without_the_network(
    house: House, person: Person, studio: Page, guard: Guard
) -> None:
    guard.faults_allowed.append("net::ERR_")
    house.deliver()
    steps.picture(studio, steps.wish(person))
    studio.goto("/gallery/")
    expect(studio.locator("#total")).to_have_text("1 picture")  # nothing is under way
    studio.context.set_offline(True)
    studio.keyboard.press("?")
    expect(studio.locator("#alert")).to_contain_text("No answer from this server.")
    expect(studio).to_have_url("/gallery/")
    studio.context.set_offline(False)
    studio.keyboard.press("?")
    expect(studio.get_by_role("dialog", name="Keys")).to_be_visible()


def test_the_slider_has_its_own_arrows(house: House, person: Person, studio: Page) -> None:
    house.deliver()
    pk = steps.picture(studio, steps.wish(person))
    house.hang(pk, 1)
    other = house.ask("SELECT max(id) FROM gallery_image")[0][0]
    studio.goto(f"/gallery/compare/?image={pk}&image={other}")
    for key in ("+", "s"):
        studio.keyboard.press(key)
    slider = studio.get_by_role("slider")
    expect(slider).to_be_focused()
    before = studio.locator(".frame img").first.get_attribute("style")
    studio.keyboard.press("ArrowRight")
    expect(slider).to_have_value("51")
    assert studio.locator(".frame img").first.get_attribute("style") == before
    slider.evaluate("(one) => one.blur()")
    studio.keyboard.press("ArrowRight")
    assert studio.locator(".frame img").first.get_attribute("style") != before
