"""The guard itself: each thing that it is there to see, it sees."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.guard import Guard
from tests.browser.house import House

SEEN = {
    "CSP violation: style-src": "document.body.setAttribute('style', 'color: red')",
    "CSP violation: script-src": (
        "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))"
    ),
    "uncaught": "setTimeout(() => { throw new Error('thrown') })",
    "console: said": "console.error('said')",
    "404 for GET": "fetch('/nowhere/')",
}


@pytest.mark.parametrize("fault", SEEN)
def test_it_sees(studio: Page, guard: Guard, fault: str) -> None:
    guard.check()
    studio.evaluate(f"() => {{ {SEEN[fault]} }}")
    studio.wait_for_load_state("networkidle")
    studio.evaluate("() => new Promise((done) => setTimeout(done))")
    assert any(fault in found for found in guard.faults), guard.faults
    with pytest.raises(AssertionError):
        guard.check()
    guard.faults.clear()


def test_it_sees_a_request_to_a_stranger(house: House, studio: Page, guard: Guard) -> None:
    guard.expect(404)
    studio.goto(house.provider.url)
    assert guard.faults == [f"request to a stranger: {house.provider.url}"]
    guard.faults.clear()
