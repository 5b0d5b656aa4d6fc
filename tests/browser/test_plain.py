"""The whole way without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import House, Person
from tests.running import wait_for


@pytest.fixture
def plain(visit: NewPage, person: Person) -> Page:
    page = visit(java_script_enabled=False)
    steps.log_in(page, person.name, person.password)
    expect(steps.prompt(page)).to_be_visible()
    return page


def test_from_a_prompt_to_a_picture_and_again(house: House, person: Person, plain: Page) -> None:
    house.deliver()
    text = steps.wish(person)
    steps.prompt(plain).fill(text)
    steps.choose(plain, "2")
    steps.press(plain)
    expect(plain).to_have_url("/")
    expect(plain.locator(".gallery .tile")).to_have_count(0)
    first = plain.locator("article.card").first.get_attribute("id") or ""
    number = first.removeprefix("task-")
    wait_for(lambda: house.status(int(number)) == "done", 20, "the picture")
    plain.goto(f"/tasks/{number}/")
    steps.expect_status(plain.locator("article.card"), "done")
    expect(plain.locator("article img")).to_be_visible()
    plain.goto("/history/")
    expect(plain.locator(".entry-prompt")).to_have_text([text])
    plain.get_by_role("button", name="Re-run ×2 · 8\u00a0₽").click()
    expect(plain).to_have_url("/")
    assert house.batches(person) == 2
    plain.locator(".gallery .tile").first.click()
    expect(plain.get_by_role("link", name="Download")).to_be_visible()
    plain.get_by_role("link", name="Edit and run").click()
    expect(steps.prompt(plain)).to_have_value(text)


def test_nothing_is_offered_that_needs_a_script(plain: Page) -> None:
    expect(plain.get_by_text("Your pictures will hang here")).to_be_visible()
    expect(plain.get_by_text("Try one of these")).to_be_hidden()
    expect(plain.locator("[data-sample]").first).to_be_hidden()


def test_a_press_is_taken_back(house: House, person: Person, plain: Page) -> None:
    house.undo_send(10)
    steps.prompt(plain).fill(steps.wish(person))
    steps.press(plain)
    plain.get_by_role("button", name="Cancel").click()
    expect(plain).to_have_url("/")
    expect(plain.locator("article.card")).to_have_count(0)
    plain.goto("/history/")
    steps.expect_status(plain.locator("article.card"), "canceled")
    assert house.charged(person) == []


@pytest.fixture
def returned(house: House, person: Person, plain: Page) -> Page:
    """A form that was sent, come back to by the browser's own button."""
    plain.goto(f"/?from={_earlier(house, person, plain)}")
    steps.prompt(plain).fill(steps.wish(person, "Edited"))
    steps.press(plain)
    expect(plain).to_have_url("/")
    expect(plain.locator("article.card")).to_have_count(2)
    plain.go_back()
    assert house.batches(person) == 2
    return plain


def _earlier(house: House, person: Person, page: Page) -> object:
    text = steps.wish(person)
    steps.prompt(page).fill(text)
    steps.press(page)
    expect(page.locator("article.card")).to_have_count(1)
    return house.ask("SELECT id FROM gallery_prompt WHERE text = ?", text)[0][0]


def test_back_and_send_again_is_the_same_press(
    house: House, person: Person, returned: Page
) -> None:
    steps.press(returned)
    expect(returned).to_have_url("/")
    expect(returned.locator("article.card")).to_have_count(2)
    assert house.batches(person) == 2


def test_back_and_send_something_else_is_refused_and_then_another_press(
    house: House, person: Person, returned: Page, guard: Guard
) -> None:
    guard.expect(422)
    other = steps.wish(person, "A blue whale")
    steps.prompt(returned).fill(other)
    steps.press(returned)
    expect(returned.locator("#composer .error")).to_contain_text("This form was used before")
    expect(steps.prompt(returned)).to_have_value(other)
    assert house.batches(person) == 2
    steps.press(returned)
    expect(returned).to_have_url("/")
    expect(returned.locator("article.card")).to_have_count(3)
    assert house.batches(person) == 3


def test_bad_input_keeps_the_text(house: House, person: Person, plain: Page, guard: Guard) -> None:
    guard.expect(422)
    text = "\n" + "a fox " * 6_667
    steps.prompt(plain).fill(text)
    steps.press(plain)
    expect(plain.locator("#prompt-error")).to_contain_text("at most 32,000 characters")
    expect(steps.prompt(plain)).to_have_value(text)
    assert house.batches(person) == 0


def test_a_lost_session_shows_what_was_typed(
    house: House, person: Person, plain: Page, guard: Guard
) -> None:
    guard.expect(401, 403)
    text = steps.wish(person, "A long thought")
    steps.prompt(plain).fill(text)
    plain.context.clear_cookies(name="sessionid")
    steps.press(plain)
    expect(plain.get_by_text("You were logged out. Nothing was ordered.")).to_be_visible()
    expect(plain.get_by_label("What you typed")).to_have_value(text)
    assert house.batches(person) == 0
    plain.get_by_role("link", name="Log in and go on").click()
    steps.log_in(plain, person.name, person.password)
    expect(steps.prompt(plain)).to_be_visible()


def test_a_tasks_page_refreshes_itself_while_it_is_open_and_no_other_page_does(
    house: House, person: Person, plain: Page
) -> None:
    steps.prompt(plain).fill(steps.wish(person))
    steps.press(plain)
    number = steps.number(plain.locator("article.card").first)
    wait_for(lambda: house.status(number) == "rendering", 20, "its acceptance")
    refresh = plain.locator("meta[http-equiv=refresh]")
    for path in ("/", "/history/", "/profile/", "/trash/", "/help/"):
        plain.goto(path)
        expect(refresh).to_have_count(0)
    plain.goto(f"/tasks/{number}/")
    expect(refresh).to_have_count(1)
    house.provider.ready(match=person.name)
    steps.expect_status(plain.locator("article.card"), "done")
    expect(refresh).to_have_count(0)


def test_the_same_once_more_asks_first(
    house: House, person: Person, plain: Page, guard: Guard
) -> None:
    guard.expect(422)
    _earlier(house, person, plain)
    text = steps.wish(person)
    house.execute(
        "UPDATE gallery_budget SET limit_kopecks = 800 WHERE user_id ="
        " (SELECT id FROM gallery_user WHERE username = ?)",
        person.name,
    )
    plain.goto("/")
    steps.choose(plain, "2")
    expect(plain.locator("#left .over")).to_be_visible()
    steps.choose(plain, "1")
    expect(plain.locator("#left .over")).to_be_hidden()
    steps.prompt(plain).fill(text)
    steps.press(plain)
    question = plain.locator("#question")
    expect(question).to_contain_text("1 picture of exactly this is under way.")
    expect(steps.prompt(plain)).to_have_value(text)
    question.get_by_role("button", name="Run anyway").click()
    expect(plain).to_have_url("/")
    expect(plain.locator("article.card")).to_have_count(2)
    expect(plain.locator("#left")).to_contain_text("0\u00a0₽ left.")
    assert house.batches(person) == 2
    wait_for(lambda: house.charged(person) == [text, text], 15, "both are sent")
