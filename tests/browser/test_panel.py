"""The panel as an administrator sees it: whole, quiet, and without a fault in either theme."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe, steps
from tests.browser.conftest import NewPage
from tests.browser.house import House, Person

LISTS = ["task", "prompt", "batch", "image", "charge", "budget", "user", "imagemodel"]


@pytest.fixture
def keeper(house: House, person: Person) -> Person:
    """Somebody who looks after the house."""
    house.execute(
        "UPDATE gallery_user SET is_staff = 1, is_superuser = 1 WHERE username = ?", person.name
    )
    return person


@pytest.fixture
def panel(visit: NewPage, keeper: Person) -> Page:
    return visit(keeper, "/admin/")


def test_the_front_page(house: House, keeper: Person, panel: Page) -> None:
    house.deliver()
    panel.goto("/")
    steps.picture(panel, steps.wish(keeper))
    panel.goto("/admin/")
    expect(panel.get_by_role("img", name="Spent on each day of this month")).to_be_visible()
    panel.get_by_text("The figures of each day", exact=True).click()
    expect(panel.get_by_role("columnheader", name="Day")).to_be_visible()
    panel.get_by_role("link", name="Unknown").click()
    expect(panel.get_by_role("heading", name="Unknown", level=1)).to_be_visible()
    axe.check(panel, "panel, unknown")


def test_lists_and_pages_of_rows(house: House, keeper: Person, panel: Page) -> None:
    house.deliver()
    panel.goto("/")
    steps.picture(panel, steps.wish(keeper))
    for name in LISTS:
        panel.goto(f"/admin/gallery/{name}/")
        expect(panel.locator("#result_list tbody tr").first).to_be_visible()
    panel.goto("/admin/gallery/task/")
    panel.locator("#result_list tbody th a").first.click()
    expect(panel.get_by_role("heading", name="Story")).to_be_visible()
    assert steps.loaded(panel.locator(".thumbnail").first)
    panel.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.get_by_role("button", name="Copy the claim").click()
    expect(panel.get_by_role("button", name="Copied")).to_be_visible()
    claim = panel.evaluate("navigator.clipboard.readText()")
    assert claim.startswith("Здравствуйте!")
    assert len(claim.splitlines()) > 10


def test_somebody_is_invited_by_a_link(panel: Page, visit: NewPage, keeper: Person) -> None:
    panel.goto("/admin/gallery/user/add/")
    axe.check(panel, "panel, an invitation")
    panel.get_by_label("Username").fill(f"guest-of-{keeper.name}")
    panel.get_by_label("Monthly limit").fill("12,50")
    panel.get_by_role("button", name="Save", exact=True).click()
    link = panel.get_by_label("One-time link").input_value()
    axe.check(panel, "panel, a link")
    panel.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.get_by_role("button", name="Copy the link").click()
    expect(panel.get_by_role("button", name="Copied")).to_be_visible()
    assert panel.evaluate("navigator.clipboard.readText()") == link
    guest = visit(None, link)
    expect(guest.locator("input[type=password]").first).to_be_visible()


def test_pause_and_resume(panel: Page) -> None:
    panel.goto("/admin/gallery/studio/")
    panel.get_by_role("link", name="Pause real spending").click()
    panel.get_by_label("Why?").fill("The bill is being looked at.")
    panel.get_by_role("button", name="Pause real spending").click()
    expect(panel.get_by_text("The bill is being looked at.", exact=True)).to_be_visible()
    expect(panel.get_by_text("Spending is paused.").first).to_be_visible()
    panel.get_by_role("button", name="Resume real spending").click()
    expect(panel.get_by_text("going on")).to_be_visible()


BROKEN = """() => [...document.querySelectorAll("button, label, th, td")].flatMap((one) => {
  const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
  const broken = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (const word of node.data.matchAll(/[^\\s\u2010-]+/g)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) broken.push(word[0]);
    }
  }
  return broken;
})"""


NARROW = (360, 820)
HIDDEN = """() => [...document.querySelectorAll(".results, .panel-links, .lines")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"""


def narrow(visit: NewPage, keeper: Person, path: str, width: int) -> Page:
    return visit(keeper, f"/admin/{path}", viewport={"width": width, "height": 740}, locale="ru-RU")


@pytest.mark.parametrize("width", NARROW)
@pytest.mark.parametrize("path", ["", "gallery/user/", "gallery/task/", "gallery/imagemodel/"])
def test_no_word_is_broken_and_no_column_cut(
    house: House, visit: NewPage, keeper: Person, path: str, width: int
) -> None:
    house.deliver()
    studio = visit(keeper)
    steps.picture(studio, steps.wish(keeper))
    page = narrow(visit, keeper, path, width)
    assert page.evaluate(BROKEN) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # On a phone the line of links scrolls, and fades where it goes on.
    assert set(page.evaluate(HIDDEN)) <= ({"panel-links"} if width == 360 else set())


@pytest.mark.parametrize("width", NARROW)
def test_filters_are_found_before_the_rows(visit: NewPage, keeper: Person, width: int) -> None:
    page = narrow(visit, keeper, "gallery/task/?status__exact=queued", width)
    filters, rows = page.locator("#changelist-filter"), page.locator("#changelist-form")
    below, top = filters.bounding_box(), rows.bounding_box()
    assert below
    assert top
    assert below["y"] + below["height"] <= top["y"]
    expect(filters.locator("details[open]")).to_have_count(0)
    expect(filters.locator("summary strong")).to_have_text("В очереди")
    filters.locator("summary").first.click()
    filters.get_by_role("link", name="Готово").click()
    expect(page).to_have_url(re.compile("status__exact=done"))


def test_what_helps_with_a_field_stands_under_it(visit: NewPage, keeper: Person) -> None:
    page = narrow(visit, keeper, "gallery/user/add/", 820)
    field = page.locator("#id_username").bounding_box()
    words = page.locator("#id_username_helptext").bounding_box()
    assert field
    assert words
    assert abs(words["x"] - field["x"]) < 1
    # Whichever was pressed, the link came next: one button says so.
    expect(page.locator(".submit-row input")).to_have_count(1)


def test_buttons_keep_inside_a_small_phone(visit: NewPage, keeper: Person) -> None:
    page = narrow(visit, keeper, "gallery/imagemodel/1/change/", 320)
    for one in page.locator(".submit-row input").all():
        box = one.bounding_box()
        assert box
        assert box["x"] + box["width"] <= 320 - 16
        assert one.evaluate("(button) => button.scrollWidth <= button.clientWidth")
