"""A page as it is seen: axe, light and dark, narrow and wide, and no sideways scrolling."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.whole.house import SCHEMES

WIDTHS = (360, 1440)
ALL: dict[str, Any] = {"resultTypes": ["violations"]}
COLORS: dict[str, Any] = {
    **ALL,
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}


def check(page: Page, name: str) -> None:
    """Zero violations in every form of the page. The name says which page is wrong."""
    faults: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if wide := too_wide(page):
            faults.append(f"{name} at {width}: {wide}")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            # Between the themes nothing changes but colours: the other rules need no second look.
            found = Axe().run(page, options=ALL if scheme == SCHEMES[0] else COLORS)
            if found.violations_count:
                faults.append(f"{name}, {scheme}, {width}:\n{found.generate_report()}")
    assert not faults, "\n".join(faults)


def too_wide(page: Page) -> str:
    """What makes the page scroll sideways; nothing when it does not."""
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if wide[0] <= wide[1]:
        return ""
    names = page.evaluate(
        "[...document.querySelectorAll('body *')]"
        ".filter((one) => one.getBoundingClientRect().right > innerWidth)"
        ".map((one) => one.tagName + '.' + one.className).slice(0, 8).join(' ')"
    )
    return f"{wide[0]} px wide: {names}"
