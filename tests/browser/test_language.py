"""Russian in a browser: what the page's script writes is what the server would have written."""

from __future__ import annotations

import pytest
from django.utils import translation
from playwright.sync_api import expect

from gallery.templatetags.artel import rub
from tests.browser.conftest import NewPage
from tests.browser.house import House
from tests.browser.steps import choose

DEAR = """
(model, kopecks) => {
  model.selectedOptions[0].dataset.price = kopecks;
  model.dispatchEvent(new Event("input", { bubbles: true }));
}
"""


@pytest.mark.parametrize("language", ["en", "ru"])
def test_script_and_server_write_money_alike(house: House, visit: NewPage, language: str) -> None:
    page = visit(house.person(), locale=language)
    assert page.locator("html").get_attribute("lang") == language
    choose(page, "1")
    for kopecks in (60, 400, 1040, 123_456, 1_234_500, 123_456_700):
        page.locator("#model").evaluate(f"(model) => ({DEAR})(model, {kopecks})")
        with translation.override(language):
            assert page.locator("#total").inner_text() == rub(kopecks)


def test_a_browser_that_asks_for_russian_gets_it(house: House, visit: NewPage) -> None:
    page = visit(house.person(), locale="ru-RU")
    expect(page.get_by_role("button", name="Создать")).to_be_visible()
    expect(page.get_by_placeholder("Опишите картинку")).to_be_visible()
