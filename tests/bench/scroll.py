"""How smoothly Chromium scrolls through 5,000 pictures of the gallery: `make bench-scroll`.

A real installation with a library of its own, whose newest pictures have files. The wheel turns as
fast as a hurried hand turns it. What counts is how long the page's own thread was held at a time
(over 50 ms a browser calls it a long task), and how much of the wall is in the page at once.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.bench.latency import ADMIN, log_in
from tests.chromium import ARGUMENTS, find
from tests.running import Installation, wait_for

LIMIT_MS = 100
MOST_TILES = 1_000
WHEEL_PX, WHEEL_SECONDS = 400, 0.1

LONG = """
window.held = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) held.push(one.duration);
}).observe({ type: "longtask", buffered: true });
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--scrolled", type=int, default=5_000)
    parser.add_argument("--sample", type=int, default=600, help="pictures that have files")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Installation(Path(folder) / "house", empty=False, **ADMIN) as installation,
    ):
        installation.start("serve")
        wait_for(installation.is_well, 60, "health")
        made = installation.run(
            "make_library", "--images", str(chosen.images), "--sample", str(chosen.sample),
            "--user", ADMIN["DJANGO_SUPERUSER_USERNAME"],
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        # A visitor's browser has a machine of its own: here the server stands back for it.
        for process in installation.processes():
            process.nice(10)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            log_in(page, installation)
            try:
                return report(scroll(page, installation.address, chosen.scrolled))
            finally:
                browser.close()


def scroll(page: Page, address: str, pictures: int) -> dict[str, Any]:
    """Down until so many pictures have come, and half of the way up again."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    page.add_init_script(LONG)
    page.goto(f"{address}/gallery/")
    page.wait_for_selector(".years a")
    page.mouse.move(700, 500)
    page.evaluate("held.length = 0")  # what opening took is not asked here
    began, before = time.monotonic(), metrics(devtools)
    most = 0
    while page.evaluate("artel.numbers().length") < pictures:
        page.mouse.wheel(0, WHEEL_PX)
        time.sleep(WHEEL_SECONDS)
        most = max(most, page.evaluate("document.querySelectorAll('.tile').length"))
    down = page.evaluate("scrollY")
    while page.evaluate("scrollY") > down / 2:
        page.mouse.wheel(0, -WHEEL_PX * 2)
        time.sleep(WHEEL_SECONDS)
    seconds = time.monotonic() - began
    devtools.send("HeapProfiler.collectGarbage")
    after = metrics(devtools)
    return {
        "pictures": page.evaluate("artel.numbers().length"),
        "px": round(down),
        "seconds": seconds,
        "held": page.evaluate("held"),
        "tiles": most,
        "nodes": after["Nodes"],
        "heap": after["JSHeapUsedSize"],
        "spent": {
            name: after[f"{name}Duration"] - before[f"{name}Duration"]
            for name in ("Task", "Script", "RecalcStyle", "Layout")
        },
    }


def metrics(devtools: Any) -> dict[str, float]:
    found = devtools.send("Performance.getMetrics")["metrics"]
    return {one["name"]: one["value"] for one in found}


def report(found: dict[str, Any]) -> int:
    """1 when it was not smooth."""
    held = sorted(found["held"])
    long = [duration for duration in held if duration > LIMIT_MS]
    print(f"{found['pictures']} pictures, {found['px']} px down, in {found['seconds']:.0f} s")
    print(f"tasks over 50 ms: {len(held)}, over {LIMIT_MS} ms: {len(long)}", end="")
    print(f"; the longest {held[-1]:.0f} ms" if held else "")
    print(
        f"tiles in the page: at most {found['tiles']}; nodes alive at the end: {found['nodes']:.0f}"
    )
    print(f"heap: {found['heap'] / 1e6:.0f} MB")
    print("; ".join(f"{name} {seconds:.1f} s" for name, seconds in found["spent"].items()))
    return 1 if long or found["tiles"] > MOST_TILES else 0


if __name__ == "__main__":
    sys.exit(main())
