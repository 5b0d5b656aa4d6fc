"""Every page for everybody: axe finds nothing, and nothing scrolls sideways on a small screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe, steps
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import House, Person

# Rows are put into states that would not hold still for so long, due far beyond the test.
STATES = ("queued", "sending", "rendering", "saving", "failed", "unknown", "lost", "canceled")
PUT = """
UPDATE gallery_task SET status = ?, reason = ?, detail = ?, due_at = datetime('now', '+1 day'),
  sent_at = datetime('now', '-5 seconds'), accepted_at = datetime('now', '-4 seconds')
WHERE id = ?
"""
REASONS = {
    "failed": ("content-refused", "The prompt was refused: violence/graphic"),
    "unknown": ("timeout", ""),
    "lost": ("never-came", ""),
}


@pytest.fixture
def many(house: House, person: Person, studio: Page) -> list[int]:
    """The numbers of tasks in every state, with one picture besides."""
    house.deliver()
    steps.picture(studio, steps.wish(person))
    house.undo_send(600)
    text = steps.wish(person, "A very long sentence about a blue whale " * 6)
    first = steps.number(steps.order(studio, text, 8))
    # Away, so that no news redraws a card in the meantime.
    studio.goto("/history/?q=nothing")
    numbers = range(first, first + len(STATES))
    for number, status in zip(numbers, STATES, strict=True):
        house.execute(PUT, status, *REASONS.get(status, ("", "")), number)
    return list(numbers)


def test_login(visit: NewPage, person: Person) -> None:
    page = visit()
    axe.check(page, "login")
    steps.log_in(page, person.name, "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    axe.check(page, "login, refused")


def test_studio_without_anything(studio: Page) -> None:
    axe.check(studio, "studio, empty")


def test_studio_after_bad_input(studio: Page, guard: Guard) -> None:
    guard.expect(422)
    studio.get_by_text("References").click()
    studio.get_by_label("Links to pictures").fill("javascript:alert(1)\nhttps://example.com/x.png")
    steps.press(studio)
    expect(studio.locator(".error")).to_have_count(2)
    axe.check(studio, "studio, 422")


def test_cards_in_every_state(studio: Page, many: list[int]) -> None:
    studio.goto("/")
    for status in STATES[:-1]:
        expect(studio.locator(f"article[data-status={status}]")).to_have_count(1)
    axe.check(studio, "studio, all states")
    studio.goto("/history/")
    expect(studio.locator("article.card")).to_have_count(9)
    axe.check(studio, "history")
    studio.locator(".entry .meta a").first.click()
    expect(studio.get_by_role("heading", name="Prompt")).to_be_visible()
    axe.check(studio, "prompt")


def test_a_tasks_page(studio: Page, many: list[int]) -> None:
    by_state = dict(zip(STATES, many, strict=True))
    for status in ("rendering", "unknown"):
        studio.goto(f"/tasks/{by_state[status]}/")
        axe.check(studio, f"task, {status}")
    studio.goto(f"/tasks/{by_state['unknown']}/again/")
    axe.check(studio, "send again")


def test_a_pictures_page(house: House, person: Person, studio: Page) -> None:
    house.deliver()
    image = steps.picture(studio, steps.wish(person, "A very long prompt " * 60))
    axe.check(studio, "studio, done")
    studio.goto(f"/images/{image}/")
    axe.check(studio, "picture")


def test_pages_of_what_is_not_there(studio: Page, guard: Guard) -> None:
    guard.expect(404)
    studio.goto("/images/999999999/")
    axe.check(studio, "404")
    studio.goto("/history/?q=nothing")
    axe.check(studio, "history, nothing found")
