"""A fresh installation in demo mode, from the printed link to the first picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe, steps
from tests.browser.conftest import NewContext
from tests.browser.guard import Guard
from tests.running import Installation, wait_for

LINK = re.compile(r"http://\S+/setup/\S+")


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("fresh"), LANGUAGE="C") as installation:
        installation.start("serve")
        wait_for(lambda: LINK.search(installation.output()), 60, "the set-up link")
        wait_for(installation.is_well, 60, "health")
        yield installation


def expect_demo(page: Page) -> None:
    expect(page.locator(".notice")).to_contain_text("not by GPTunnel")
    expect(page.locator(".notice")).to_contain_text("GPTUNNEL_API_KEY")


def test_from_the_printed_link_to_the_first_picture(
    fresh: Installation, open_context: NewContext, guard: Guard
) -> None:
    guard.hosts.add(urlsplit(fresh.address).netloc)
    guard.expect(404, 422)
    found = LINK.search(fresh.output())
    assert found
    assert "level=warning" not in fresh.output()  # a first start that alarms nobody
    page = open_context(base_url=fresh.address).new_page()
    page.goto(found[0])
    axe.check(page, "set up")
    page.get_by_label("Username").fill("carol")
    page.get_by_label("Password").fill("12345")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".error").first).to_contain_text("too short")
    expect(page.get_by_label("Username")).to_have_value("carol")
    page.get_by_label("Password").fill("keeper-of-keys-7")
    page.get_by_role("button", name="Begin").click()
    expect(page).to_have_url("/")
    expect_demo(page)

    text = "A lighthouse in the fog"
    card = steps.pinned(steps.order(page, text))
    task = steps.number(card)
    # The link has worked, and works no more.
    other = open_context(base_url=fresh.address).new_page()
    other.goto(found[0])
    expect(other.get_by_role("heading", name="Not found")).to_be_visible()
    other.goto("/login/")
    expect_demo(other)
    steps.expect_status(card, "done")
    assert steps.loaded(card.locator("img"))
    card.locator(".box a").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.reload()
    expect_demo(page)
    expect(page.locator("dl")).to_contain_text("demo money")
    assert steps.loaded(page.locator("figure img"))
    axe.check(page, "picture of full size")
    for path in ("/history/", f"/tasks/{task}/", "/"):
        page.goto(path)
        expect_demo(page)
    expect(page.locator(".gallery .tile")).to_have_count(1)
    page.locator(".menu summary").click()
    expect(page.get_by_role("link", name="Administration")).to_be_visible()
