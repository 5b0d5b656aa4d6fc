"""The one request that brings the news: when it comes, and when it does not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser import steps
from tests.browser.conftest import NewContext
from tests.browser.guard import Guard
from tests.browser.house import House, Person

HIDE = """
window.isHidden = false;
Object.defineProperty(document, "hidden", { get: () => window.isHidden });
"""
SHOW = """
(shown) => {
  window.isHidden = !shown;
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


class Watch:
    """A page whose clock stands still unless it is told to go on, and its requests for news."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.asked = 0
        self.cards: list[int] = []
        page.on("request", self._count)

    def _count(self, request: Request) -> None:
        if request.url == self.url:
            self.asked += 1
            self.cards.append((request.post_data or "").count("%3A"))

    def stop_the_clock(self) -> None:
        self.page.clock.install(time=0)
        self.page.clock.pause_at(1000)

    def quiet(self, milliseconds: int) -> None:
        """So long nothing is asked."""
        before = self.asked
        self.page.clock.run_for(milliseconds)
        # A request that had been made before this one would be known by its answer.
        self.page.evaluate("() => fetch('/static/icon.svg').catch(() => 0)")
        assert self.asked == before

    def asks(self, milliseconds: int) -> None:
        """Within that time news is asked for once."""
        before = self.asked
        with self.page.expect_response(self.url) as response:
            self.page.clock.run_for(milliseconds)
        response.value.finished()
        # The page has taken the answer in, and set its timer again, when this has come back.
        self.page.evaluate("() => fetch('/static/icon.svg').catch(() => 0)")
        assert self.asked == before + 1


@pytest.fixture
def watch(house: House, person: Person, open_context: NewContext) -> Watch:
    context = open_context(person)
    context.add_init_script(HIDE)
    page = context.new_page()
    return Watch(page, house.live_url)


def test_nothing_is_asked_on_a_page_without_open_cards(watch: Watch) -> None:
    watch.stop_the_clock()
    for path in ("/", "/history/"):
        watch.page.goto(path)
        watch.quiet(600_000)


def test_one_request_a_second_serves_all_cards_until_they_are_done(
    house: House, person: Person, watch: Watch
) -> None:
    page = watch.page
    page.goto("/")
    for animal in ("fox", "owl"):
        steps.order(page, steps.wish(person, f"A red {animal}"), 3)
    expect(page.locator("article[data-status=rendering]")).to_have_count(6)
    watch.stop_the_clock()
    page.goto("/")
    watch.cards.clear()
    for _ in range(3):
        watch.quiet(900)
        watch.asks(100)
    assert watch.cards == [7, 7, 7]  # and the notices
    house.provider.ready(match=person.name)
    page.clock.resume()
    expect(page.locator("#tasks article[data-status=done]")).to_have_count(6)
    page.clock.pause_at(10**9)
    watch.quiet(600_000)


def test_a_hidden_tab_asks_seldom_and_at_once_when_it_is_seen(
    house: House, person: Person, watch: Watch
) -> None:
    page = watch.page
    page.goto("/")
    card = steps.pinned(steps.order(page, steps.wish(person)))
    steps.expect_status(card, "rendering")
    watch.stop_the_clock()
    page.goto("/")
    watch.asks(1000)
    page.evaluate(SHOW, False)
    watch.asks(1000)  # its timer ran already
    for _ in range(3):
        watch.quiet(9_900)
        watch.asks(100)
    page.evaluate(SHOW, True)
    watch.asks(1)
    watch.quiet(900)
    watch.asks(100)


def test_without_an_answer_it_asks_less_and_less_and_recovers(
    house: House, person: Person, watch: Watch, guard: Guard
) -> None:
    guard.faults_allowed += ["ERR_INTERNET_DISCONNECTED"]
    page = watch.page
    page.goto("/")
    card = steps.pinned(steps.order(page, steps.wish(person)))
    steps.expect_status(card, "rendering")
    watch.stop_the_clock()
    page.goto("/")
    page.context.set_offline(True)
    for wait in (1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000):
        watch.quiet(wait - 100)
        with page.expect_event("requestfailed", lambda request: request.url == watch.url):
            page.clock.run_for(100)
        page.evaluate("() => fetch('/static/icon.svg').catch(() => 0)")
    expect(page.get_by_role("alert")).to_contain_text("No answer from this server")
    page.context.set_offline(False)
    house.provider.ready(match=person.name)
    page.clock.resume()
    page.evaluate("() => dispatchEvent(new Event('focus'))")
    steps.expect_status(card, "done")
    expect(page.get_by_role("alert")).to_have_text("")


def test_that_spending_is_paused_comes_to_an_open_page(
    house: House, person: Person, studio: Page
) -> None:
    card = steps.pinned(steps.order(studio, steps.wish(person)))
    steps.expect_status(card, "rendering")
    house.execute("UPDATE gallery_studio SET paused_at = datetime(), pause_reason = 'by-hand'")
    notices = studio.get_by_role("complementary", name="Notices")
    try:
        expect(notices).to_contain_text("An administrator paused spending.")
    finally:
        house.tidy()
    expect(notices).to_have_count(0)


def test_a_session_that_ends_while_a_card_is_open_says_so(
    person: Person, studio: Page, guard: Guard
) -> None:
    guard.expect(401, 403)
    steps.order(studio, steps.wish(person))
    studio.context.clear_cookies(name="sessionid")
    expect(studio.get_by_role("alert")).to_contain_text("You were logged out")


def test_a_button_that_has_the_focus_keeps_it_when_its_card_changes(
    house: House, person: Person, studio: Page
) -> None:
    """News comes while somebody is on their way through the page by keyboard."""
    house.undo_send(2)
    card = steps.pinned(steps.order(studio, steps.wish(person)))
    steps.expect_status(card, "queued")
    steps.prompt(studio).fill("the next one is being written")
    steps.expect_status(card, "rendering")
    expect(steps.prompt(studio)).to_be_focused()
    expect(steps.prompt(studio)).to_have_value("the next one is being written")
