"""Cards that end otherwise: taken back, failed, unknown; and what can be done then."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.conftest import NewContext
from tests.browser.house import House, Person


def test_a_press_can_be_taken_back_before_it_is_sent(
    house: House, person: Person, studio: Page
) -> None:
    house.undo_send(10)
    text = steps.wish(person)
    card = steps.pinned(steps.order(studio, text))
    steps.expect_status(card, "queued")
    expect(card).to_contain_text("Canceling is free")
    card.get_by_role("button", name="Cancel").click()
    steps.expect_status(card, "canceled")
    expect(card.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(card.get_by_role("button", name="Dismiss")).to_be_visible()
    card.get_by_role("link", name="Canceled").click()
    expect(studio.locator(".story")).to_contain_text(person.name)
    expect(studio.locator("table")).to_contain_text("release", ignore_case=True)
    studio.goto("/")
    expect(studio.locator("article.card")).to_have_count(0)
    assert text not in house.provider.requests()["creates"]


def test_a_failed_card_says_why_and_is_dismissed(
    house: House, person: Person, studio: Page
) -> None:
    text = steps.wish(person)
    house.provider.fault("create", "code-1001", match=text)
    card = steps.pinned(steps.order(studio, text))
    steps.expect_status(card, "failed")
    expect(card).to_contain_text("refused the content of this prompt")
    studio.reload()
    steps.expect_status(card, "failed")
    card.get_by_role("button", name="Dismiss").click()
    expect(card).to_have_count(0)
    studio.reload()
    expect(steps.prompt(studio)).to_be_visible()
    expect(card).to_have_count(0)
    studio.goto("/history/")
    steps.expect_status(card, "failed")
    assert house.charged(person) == []


def test_a_failed_card_runs_again_at_the_price_on_its_button(
    house: House, person: Person, studio: Page
) -> None:
    text = steps.wish(person)
    house.provider.fault("result", "failed", match=text, times=1, message="Out of <b>paint</b>")
    failed = steps.pinned(steps.order(studio, text))
    steps.expect_status(failed, "failed")
    expect(failed).to_contain_text("Out of <b>paint</b>")
    failed.get_by_role("button", name="Re-run · 4\u00a0₽").click()
    expect(studio.locator("article.card")).to_have_count(2)
    steps.expect_status(studio.locator("article.card").first, "rendering")
    house.provider.ready(match=text)
    steps.expect_status(studio.locator("article.card").first, "done")
    assert house.charged(person) == [text, text]


def test_an_unknown_one_says_so_is_not_sent_again_and_can_be(
    house: House, person: Person, studio: Page
) -> None:
    text = steps.wish(person)
    house.provider.fault("create", "charge-then-drop", match=text, times=1)
    card = steps.pinned(steps.order(studio, text))
    steps.expect_status(card, "unknown")
    expect(card).to_contain_text("The connection broke before the answer came.")
    expect(card).to_contain_text("may have been charged, up to 4\u00a0₽")
    expect(card).to_contain_text("It will not be sent again by itself.")
    expect(card.get_by_role("button", name="Dismiss")).to_be_visible()
    # Until the send's own time is over it may still be answered.
    until = "UPDATE gallery_task SET claimed_until = datetime('now', ?) WHERE id = ?"
    task = steps.number(card)
    house.execute(until, "+1 hour", task)
    studio.reload()
    expect(card.get_by_role("link", name="Send again")).to_have_count(0)
    studio.goto(f"/tasks/{task}/again/")
    expect(studio.get_by_text("Its answer may still come until")).to_be_visible()
    expect(studio.get_by_role("button", name="Send again")).to_have_count(0)
    assert house.provider.requests()["creates"][text] == 1

    # The page finds out by itself when that time is over.
    studio.goto("/")
    house.execute(until, "-1 minute", task)
    card.get_by_role("link", name="Send again").click()
    assert house.provider.requests()["creates"][text] == 1
    expect(studio.get_by_text("may be paid for twice")).to_be_visible()
    studio.get_by_role("button", name="Send again · 4\u00a0₽").click()
    expect(card).to_have_count(0)
    steps.expect_status(studio.locator("article.card"), "rendering")
    assert house.charged(person) == [text, text]
    studio.goto(f"/tasks/{steps.number(studio.locator('article.card')) - 1}/")
    steps.expect_status(card, "written-off")


def test_what_waits_says_why(house: House, person: Person, studio: Page) -> None:
    """Two sends without an answer stop all spending: on the card and on every page."""
    house.provider.fault("create", "charge-then-drop", match=person.name, times=2)
    steps.order(studio, steps.wish(person), 2)
    expect(studio.locator("article[data-status=unknown]")).to_have_count(2)
    waiting = steps.pinned(steps.order(studio, steps.wish(person, "A blue whale")))
    expect(waiting).to_contain_text("Spending is paused.")
    steps.expect_status(waiting, "queued")
    for path in ("/", "/history/", f"/tasks/{steps.number(waiting)}/"):
        studio.goto(path)
        expect(studio.locator(".notice")).to_contain_text("two requests without a usable answer")
    house.tidy()
    studio.goto("/")
    steps.expect_status(waiting, "rendering")


def test_closing_the_tab_changes_nothing(
    house: House, person: Person, open_context: NewContext
) -> None:
    house.undo_send(1)
    context = open_context(person)
    page = context.new_page()
    page.goto("/")
    text = steps.wish(person)
    card = steps.number(steps.order(page, text))
    page.close()
    other = context.new_page()
    other.goto("/history/")
    steps.expect_status(other.locator(f"#task-{card}"), "rendering")
    other.close()
    house.provider.ready(match=text)
    last = context.new_page()
    last.goto(f"/tasks/{card}/")
    steps.expect_status(last.locator(f"#task-{card}"), "done")
    assert steps.loaded(last.locator("article img"))
    last.goto("/")
    expect(last.locator(".gallery .tile")).to_have_count(1)


def test_a_card_that_is_acted_upon_keeps_its_neighbours_in_place(
    house: House, person: Person, studio: Page
) -> None:
    house.undo_send(10)
    steps.order(studio, steps.wish(person), 4)
    boxes = studio.locator("article.card .box")
    before = [boxes.nth(place).bounding_box() for place in range(4)]
    studio.get_by_role("button", name="Cancel").nth(1).click()
    steps.expect_status(studio.locator("article.card").nth(1), "canceled")
    assert [boxes.nth(place).bounding_box() for place in range(4)] == before


def _lose(house: House, card: Locator) -> None:
    """As after 72 hours."""
    steps.expect_status(card, "rendering")
    house.execute(
        "UPDATE gallery_task SET give_up_at = datetime('now', '-1 minute') WHERE id = ?",
        steps.number(card),
    )
    steps.expect_status(card, "lost")


def test_a_lost_picture_is_asked_for_again(house: House, person: Person, studio: Page) -> None:
    text = steps.wish(person)
    card = steps.pinned(steps.order(studio, text))
    _lose(house, card)
    expect(card).to_contain_text("No picture came within 72 hours.")
    card.get_by_role("button", name="Ask again").click()
    steps.expect_status(card, "rendering")
    house.provider.ready(match=text)
    steps.expect_status(card, "done")
    assert house.charged(person) == [text]


def test_an_open_page_learns_that_what_was_lost_came_after_all(
    house: House, person: Person, studio: Page
) -> None:
    """Nothing is under way on it, but somebody may be at work for it."""
    text = steps.wish(person)
    card = steps.pinned(steps.order(studio, text))
    _lose(house, card)
    token = {one["name"]: one["value"] for one in studio.context.cookies()}["csrftoken"]
    answer = studio.request.post(
        f"/tasks/{steps.number(card)}/ask/", headers={"X-CSRFToken": token, "HX-Request": "true"}
    )
    assert answer.ok
    house.provider.ready(match=text)
    expect(card).to_have_attribute("data-status", "done", timeout=30_000)
