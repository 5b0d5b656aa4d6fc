"""`make screenshots`: every page in both themes, both languages and three widths, to be looked at.

    python -m tests.screenshots [folder] [--only name ...] [--themes dark] [--languages ru] ...

Files are named `<page>-<language>-<theme>-<width>.png`; `-large` is 200 % text, `-print` paper.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from fnmatch import fnmatch
from pathlib import Path

import django
from playwright.sync_api import Browser, Page, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests import chromium  # noqa: E402 - what follows needs Django
from tests.whole.house import LOCALES, SCHEMES, WIDTHS, WholeHouse, enlarge  # noqa: E402
from tests.whole.sights import SIGHTS, Sight, unseen  # noqa: E402

TALLEST = 2600
"""Pixels of a page that a picture of it shows: galleries go on for ever."""

IMAGES = """async () => {
  const there = [...document.images].filter((one) => one.getBoundingClientRect().top < 3000);
  for (const one of there) one.loading = "eager";
  await Promise.all(there.map((one) => one.decode().catch(() => {})));
  await document.fonts.ready;
}"""


def take(page: Page, path: Path, width: int) -> None:
    """What is on the page, to the bottom or as far as anybody would look at it."""
    page.evaluate(IMAGES)
    height = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(TALLEST, max(height, 640))}
    page.screenshot(path=path, full_page=True, clip=clip)  # type: ignore[arg-type]


class Camera:
    def __init__(self, house: WholeHouse, browser: Browser, wanted: argparse.Namespace) -> None:
        self.house = house
        self.browser = browser
        self.wanted = wanted
        self.taken = 0

    def visit(self, sight: Sight, language: str) -> None:
        context = self.house.enter(self.browser, sight, language)
        page = context.new_page()
        page.set_viewport_size({"width": max(self.wanted.widths), "height": 900})
        self.house.open(page, sight, language)
        self.round(page, f"{sight.name}-{language}")
        if sight.prints:
            page.emulate_media(media="print", color_scheme="light")
            page.set_viewport_size({"width": 760, "height": 1000})
            self.keep(page, f"{sight.name}-{language}-print", 760)
            page.emulate_media(media="screen")
        if sight.large_text and self.wanted.large:
            self.round(page, f"{sight.name}-{language}", suffix="-large")
        context.close()

    def round(self, page: Page, name: str, suffix: str = "") -> None:
        for width in self.wanted.widths:
            page.set_viewport_size({"width": width, "height": 900})
            for theme in self.wanted.themes:
                page.emulate_media(color_scheme=theme)
                if suffix:
                    enlarge(page)  # anew: each emulation forgets it
                self.keep(page, f"{name}-{theme}-{width}{suffix}", width)

    def keep(self, page: Page, name: str, width: int) -> None:
        take(page, self.wanted.folder / f"{name}.png", width)
        self.taken += 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("var/screenshots"))
    parser.add_argument("--only", nargs="+", default=["*"], help="names of pages, * allowed")
    parser.add_argument("--themes", nargs="+", default=SCHEMES, choices=SCHEMES)
    parser.add_argument("--languages", nargs="+", default=list(LOCALES), choices=list(LOCALES))
    parser.add_argument("--widths", nargs="+", type=int, default=WIDTHS)
    parser.add_argument("--no-large", dest="large", action="store_false")
    return parser.parse_args()


def main() -> int:
    wanted = arguments()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    if missing := unseen():
        sys.stderr.write(f"Not in tests/whole/sights.py: {', '.join(sorted(missing))}\n")
        return 1
    sights = [s for s in SIGHTS if any(fnmatch(s.name, name) for name in wanted.only)]
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="artel-screenshots-") as folder,
        WholeHouse(Path(folder), scale=0.5) as house,
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=chromium.find(), args=chromium.ARGUMENTS
        ) as browser,
    ):
        camera = Camera(house, browser, wanted)
        for sight in sights:
            for language in wanted.languages:
                camera.visit(sight, language)
            print(f"{sight.name}: {camera.taken} so far", flush=True)
    spent = time.monotonic() - began
    print(f"{camera.taken} pictures in {wanted.folder}, {spent:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
