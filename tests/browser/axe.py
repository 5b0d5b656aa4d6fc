"""A page as it is seen: axe, light and dark, narrow and wide, and no sideways scrolling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import BrowserContext, Page

from tests.whole.house import SCHEMES, WIDTHS, Scheme

NARROW_AND_WIDE = (360, 1440)
"""Widths at which axe runs: what lies between is drawn as one of these two."""
ALL: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
"""Nothing is fetched for rules about media, of which there is none."""
ALIKE = ["#result_list tbody tr:nth-child(n+9)", ".tile:nth-child(n+13)"]
"""Further rows and tiles, which are built like the first and take longer than all the rest."""
COLORS: dict[str, Any] = {
    **ALL,
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}


def bring_along(context: BrowserContext) -> None:
    """Let every page of the context have axe from its beginning, which is sooner done."""
    context.add_init_script(AXE_SCRIPT)


def check(
    page: Page, name: str, looked_at: Sequence[int] = NARROW_AND_WIDE,
    schemes: Sequence[Scheme] = SCHEMES,
) -> None:  # fmt: skip
    """Zero violations in every form of the page. The name says which page is wrong."""
    faults: list[str] = []
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if wide := too_wide(page):
            faults.append(f"{name} at {width}: {wide}")
        if width in looked_at:
            faults += [f"{name}, {width}, {fault}" for fault in _violations(page, schemes)]
    assert not faults, "\n".join(faults)


def _violations(page: Page, schemes: Sequence[Scheme]) -> list[str]:
    faults = []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        # Between the themes nothing changes but colours: the other rules need no second look.
        options = ALL if scheme == schemes[0] else COLORS
        seen = page.evaluate("([exclude, rules]) => axe.run({exclude}, rules)", [ALIKE, options])
        found = AxeResults(seen)
        if found.violations_count:
            faults.append(f"{scheme}:\n{found.generate_report()}")
    return faults


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
