"""The one request that brings the news: when it comes, and when it does not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import NewContext
from tests.browser.house import House, Person

HIDE = """
window.isHidden = false;
Object.defineProperty(document, "hidden", { get: () => window.isHidden });
"""
SHOW = """
(hidden) => {
  window.isHidden = hidden;
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


class Watch:
    """A page whose clock is ours, and its requests for news."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.asked = 0
        page.on("request", self._count)

    def _count(self, request: object) -> None:
        self.asked += getattr(request, "url", "") == self.url

    def passes(self, milliseconds: int) -> int:
        """Let time pass in steps of half a second; how often news was asked for meanwhile."""
        before = self.asked
        for _ in range(milliseconds // 500):
            asked = self.asked
            self.page.clock.run_for(500)
            # Round trips: a request that was made is known here, and has been answered.
            self.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
            if self.asked > asked:
                self.page.wait_for_load_state("networkidle")
        return self.asked - before


@pytest.fixture
def watch(house: House, person: Person, open_context: NewContext) -> Watch:
    context = open_context(person)
    context.add_init_script(HIDE)
    page = context.new_page()
    page.goto("/")
    return Watch(page, house.live_url)


def test_one_request_serves_all_cards_and_none_is_made_when_nothing_is_open(
    house: House, person: Person, watch: Watch
) -> None:
    page = watch.page
    house.deliver()
    steps.order(page, steps.wish(person), 4)
    expect(page.locator("article[data-status=done]")).to_have_count(4)
    page.clock.install()
    page.clock.run_for(120_000)
    expect(page.locator("article[data-status=done]")).to_have_count(4)
    asked = watch.asked
    page.clock.run_for(600_000)
    page.evaluate("() => fetch('/static/icon.svg')")
    assert watch.asked == asked


def test_nothing_is_asked_on_a_page_without_open_cards(watch: Watch) -> None:
    page = watch.page
    page.clock.install()
    page.goto("/")
    page.clock.run_for(600_000)
    page.goto("/history/")
    page.clock.run_for(600_000)
    page.evaluate("() => fetch('/static/icon.svg')")
    assert watch.asked == 0
