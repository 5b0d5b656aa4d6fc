"""The profile, and the doors of the house, as people use them."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser import axe, steps
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import House, Person


def open_profile(page: Page) -> None:
    page.locator(".menu summary").click()
    page.get_by_role("link", name="Profile").click()
    expect(page).to_have_url("/profile/")


def test_a_theme_and_a_language_hold_at_once_and_everywhere(visit: NewPage, person: Person) -> None:
    page = visit(person)
    page.emulate_media(color_scheme="light")
    open_profile(page)
    page.get_by_label("Theme").select_option(label="Dark")
    page.get_by_label("Language", exact=True).select_option(label="Русский")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.get_by_role("status").first).to_be_visible()
    page.goto("/")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(background) == "rgb(15, 15, 15)"
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def test_a_changed_password_ends_the_other_browser_alone(visit: NewPage, person: Person) -> None:
    page, other = visit(person), visit(None)
    steps.log_in(other, person.name, person.password)
    expect(steps.prompt(other)).to_be_visible()
    open_profile(page)
    page.get_by_label("Present password").fill(person.password)
    page.get_by_label("New password").fill("through-the-mirror-9")
    page.get_by_label("The same again").fill("through-the-mirror-9")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status").first).to_contain_text("Your password is changed")
    other.reload()
    expect(other.get_by_role("heading", name="Log in")).to_be_visible()
    steps.log_in(other, person.name, "through-the-mirror-9")
    expect(steps.prompt(other)).to_be_visible()


def test_a_language_is_chosen_before_anybody_logs_in(visit: NewPage) -> None:
    page = visit()
    page.get_by_role("button", name="Русский").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page).to_have_url("/login/?next=/")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_too_many_attempts_are_told_when_to_come_back_and_others_are_let_in(
    visit: NewPage, house: House, person: Person, guard: Guard
) -> None:
    guard.expect(429)
    page = visit()
    for number in range(11):
        steps.log_in(page, person.name, f"guess-{number}")
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Try again in 15 minutes.")
    expect(page.get_by_label("Username")).to_have_value(person.name)
    axe.check(page, "too many attempts")
    other = house.person()
    steps.log_in(page, other.name, other.password)
    expect(steps.prompt(page)).to_be_visible()


def test_sign_up_while_it_is_open(visit: NewPage, house: House, guard: Guard) -> None:
    guard.expect(422)
    house.execute("UPDATE gallery_studio SET signup_open = 1")
    try:
        page = visit()
        page.get_by_role("link", name="Make an account").click()
        page.get_by_label("Username").fill("newcomer")
        page.get_by_label("Password", exact=True).fill("explorer-of-maps-3")
        page.get_by_label("The same again").fill("explorer-of-maps-4")
        page.get_by_role("button", name="Make the account").click()
        expect(page.get_by_role("alert")).to_have_text("The two passwords differ.")
        expect(page.get_by_label("Username")).to_have_value("newcomer")
        page.get_by_label("Password", exact=True).fill("explorer-of-maps-3")
        page.get_by_label("The same again").fill("explorer-of-maps-3")
        page.get_by_role("button", name="Make the account").click()
        expect(steps.prompt(page)).to_be_visible()
    finally:
        house.execute("UPDATE gallery_studio SET signup_open = 0")


def test_the_profile_works_by_keyboard(visit: NewPage, person: Person) -> None:
    page = visit(person, "/profile/")
    page.get_by_label("Theme").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Time zone")).to_be_focused()
    page.keyboard.type("Moscow")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"done=saved"))
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Moscow")
