"""The house as a whole: no page is forgotten, each is for everybody, none moves much."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import RequestFactory
from playwright.sync_api import Page, expect

from gallery.models import User
from tests.browser import axe
from tests.browser.conftest import Look
from tests.whole.house import LOCALES, SCHEMES, WIDTHS, Scheme, enlarge
from tests.whole.sights import ADDED, SIGHTS, Sight, unseen

BY_NAME = {sight.name: sight for sight in SIGHTS}
LOOKED_AT: dict[str, tuple[int, tuple[Scheme, ...]]] = {
    "ru": (360, ("light",)),
    "en": (1440, ("dark", "light")),
}
"""Axe sees each page in both languages, both themes and both widths, if not in all their pairs: it
is narrow where words are long, and looks for the themes where all of a page is seen."""
SHEETS = sorted((settings.BASE_DIR / "static" / "css").glob("*.css"))


def test_every_address_is_looked_at() -> None:
    assert not unseen()


def test_every_form_that_adds_is_looked_at(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = User(is_staff=True, is_superuser=True)
    added = {
        f"{kind._meta.app_label}/{kind._meta.model_name}"
        for kind, kind_admin in admin.site._registry.items()
        if kind_admin.has_add_permission(request)
    }
    assert added == set(ADDED)


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
@pytest.mark.parametrize("language", LOCALES)
def test_a_page_for_everybody(glance: Look, sight: Sight, language: str) -> None:
    """Axe finds nothing, and nothing scrolls sideways, with text of twice the size neither."""
    page = glance(sight, language)
    width, schemes = LOOKED_AT[language]
    axe.check(page, f"{sight.name}, {language}", [width], schemes)
    enlarge(page)
    faults = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if wide := axe.too_wide(page):
            faults.append(f"twice as large at {width}: {wide}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("choice", SCHEMES)
def test_a_choice_of_theme_beats_the_system(look: Look, choice: str) -> None:
    page = look(BY_NAME["profile"], "en")
    theirs = {"light": "dark", "dark": "light"}[choice]
    page.emulate_media(color_scheme=theirs)  # type: ignore[arg-type]
    assert _is_dark(page) == (theirs == "dark")
    page.locator("[name=theme]").select_option(choice)
    page.locator("form:has([name=theme]) .primary").click()
    try:
        expect(page.locator("html")).to_have_attribute("data-theme", choice)
        expect(page.locator("meta[name=color-scheme]")).to_have_attribute("content", choice)
        assert _is_dark(page) == (choice == "dark")
    finally:
        page.locator("[name=theme]").select_option("")
        page.locator("form:has([name=theme]) .primary").click()
        expect(page.locator("html:not([data-theme])")).to_be_attached()


def _is_dark(page: Page) -> bool:
    color = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return max(int(part) for part in re.findall(r"\d+", color)[:3]) < 128


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_nothing_moves_for_200_ms(sheet: Path) -> None:
    motions = re.findall(r"\b(?:transition|animation)(?:-duration)?:([^;}]+)", sheet.read_text())
    for motion in motions:
        for part in motion.split(","):
            # The first time is how long it lasts, a second one how long it waits.
            for number, unit in re.findall(r"(?<![\w.#-])(\d*\.?\d+)(m?s)\b", part)[:1]:
                assert float(number) * (1 if unit == "ms" else 1000) < 200, motion


def test_nothing_moves_for_who_wants_it_still(look: Look) -> None:
    page = look(BY_NAME["studio-states"], "en")
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(
        "[...document.querySelectorAll('*')].every((one) => {"
        "  const { transitionDuration, animationName } = getComputedStyle(one);"
        "  return transitionDuration === '0s' && animationName === 'none';"
        "})"
    )
    page.emulate_media(reduced_motion="no-preference")
    button = page.locator("#create")
    assert button.evaluate("(one) => getComputedStyle(one).transitionDuration") != "0s"


LIGHTNESS = """(one) => {
  const draw = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (color) => {
    draw.fillStyle = color;
    draw.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...draw.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(one);
  const [edge, inside] = [light(style.borderTopColor), light(style.backgroundColor)];
  return (Math.max(edge, inside) + 0.05) / (Math.min(edge, inside) + 0.05);
}"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("profile", "main :is(input:not([type=hidden], [type=checkbox]), select)"),
        ("history", ".seek input:not([type=hidden])"),
        ("studio", ".composer, .control select"),
    ],
)
def test_a_field_is_told_from_the_page(look: Look, name: str, fields: str, scheme: str) -> None:
    """By a border of 3 to 1 (WCAG 1.4.11)."""
    page = look(BY_NAME[name], "en")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.mouse.click(2, 300)
    found = page.locator(fields).all()
    assert found
    for field in found:
        assert field.evaluate(LIGHTNESS) >= 3


def test_a_receipt_lies_wholly_on_a_phone(look: Look) -> None:
    page = look(BY_NAME["receipt"], "ru")
    page.set_viewport_size({"width": 360, "height": 900})
    scroll = page.locator(".receipt .wide-scroll")
    assert scroll.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    box = page.locator(".receipt tbody tr:first-child td:last-child").bounding_box()
    assert box
    assert box["x"] + box["width"] <= 348


def test_what_can_be_done_with_a_picture_is_one_line_on_a_phone(look: Look) -> None:
    page = look(BY_NAME["lightbox"], "ru")
    page.set_viewport_size({"width": 360, "height": 740})
    buttons = page.locator("#lightbox .signs :is(button, .button)")
    boxes = [one.bounding_box() for one in buttons.all()]
    assert len(boxes) == 6
    assert len({box["y"] for box in boxes if box}) == 1
    for words in ("Скачать", "Изменить и запустить"):
        expect(page.get_by_role("dialog").get_by_role("link", name=words)).to_be_visible()


def test_from_and_to_stand_together(look: Look) -> None:
    page = look(BY_NAME["history-filtered"], "ru")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        since, until = (
            page.locator(f"#history-{name}").bounding_box() for name in ("since", "until")
        )
        assert since
        assert until
        assert since["y"] == until["y"]


def test_what_is_pressed_on_a_phone_is_large_enough(look: Look) -> None:
    """44 px, but for links in running words."""
    page = look(BY_NAME["studio-states"], "ru")
    page.set_viewport_size({"width": 360, "height": 900})
    small = page.evaluate(
        "[...document.querySelectorAll(`button, .button, summary, select, .top a, .counts label`)]"
        ".filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 43.5)"
        ".map((one) => one.outerHTML.slice(0, 120))"
    )
    assert not small


def test_the_keyboard_sees_where_it_is(look: Look) -> None:
    """Every stop of the tab key on the studio page is drawn differently from its rest."""
    page = look(BY_NAME["studio-states"], "en")
    for _ in range(40):
        page.keyboard.press("Tab")
        drawn = page.evaluate(
            "(() => { const one = document.activeElement;"
            "  if (one === document.body) return true;"
            "  const around = one.closest('label, .composer') ?? one;"
            "  const seen = (it) => getComputedStyle(it).outlineStyle !== 'none';"
            "  return seen(one) || seen(around) || one.id === 'prompt' || one.outerHTML; })()"
        )
        assert drawn is True, drawn
