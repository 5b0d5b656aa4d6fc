"""A page as it is seen: axe, light and dark, narrow and wide, and no sideways scrolling."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (360, 1440)


def check(page: Page, name: str) -> None:
    """Zero violations in every form of the page. The name says which page is wrong."""
    faults: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            faults.append(f"{name}: {wide} px wide at {width}: {_widest(page)}")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = Axe().run(page)
            if found.violations_count:
                faults.append(f"{name}, {scheme}, {width}:\n{found.generate_report()}")
    assert not faults, "\n".join(faults)


def _widest(page: Page) -> str:
    return str(
        page.evaluate(
            "[...document.querySelectorAll('body *')]"
            ".filter((one) => one.getBoundingClientRect().right > innerWidth)"
            ".map((one) => one.tagName + '.' + one.className).slice(0, 8).join(' ')"
        )
    )
