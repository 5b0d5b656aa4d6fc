"""Coming in and going out."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import NewPage
from tests.browser.house import Person


def test_a_wrong_password_says_so_and_the_right_one_leads_to_the_studio(
    visit: NewPage, person: Person
) -> None:
    page = visit()
    expect(page).to_have_url("/login/?next=/")
    steps.log_in(page, person.name, "not-the-password")
    expect(page.get_by_role("alert")).to_contain_text("correct username and password")
    expect(page.get_by_label("Username")).to_have_value(person.name)
    page.get_by_label("Password").fill(person.password)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/")
    expect(steps.prompt(page)).to_be_visible()


def test_login_leads_to_the_page_that_was_asked_for(visit: NewPage, person: Person) -> None:
    page = visit(path="/history/?q=fox")
    steps.log_in(page, person.name, person.password)
    expect(page).to_have_url("/history/?q=fox")


def test_logging_out_closes_every_page(visit: NewPage, person: Person) -> None:
    page = visit(person)
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto("/history/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
