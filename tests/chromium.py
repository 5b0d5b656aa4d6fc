"""A Chromium for the browser tests: the machine's own, else from apt, else from Playwright.

`python -m tests.chromium` makes sure of one, and ends with a sentence and code 1 when none can be
had: the tests never skip the browser.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

# The same engine without windows opens a page in half the time, so it comes first.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
)
PACKAGES = ("chromium-headless-shell", "chromium")

# A machine without a screen may have none: pages are measured with letters in them.
FONTS = ("fonts-liberation", "fonts-dejavu-core")

# As root there is no sandbox, and nothing of the browser's own may call out of the machine.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str | None:
    """The path of a Chromium that starts; None when there is none."""
    for name in NAMES:
        path = shutil.which(name)
        if path and _starts(path):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() and _starts(path) else None


def _starts(path: str) -> bool:
    # Ubuntu's package of that name is a script that only speaks of a snap.
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, timeout=30, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _from_apt() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _try(["apt-get", "--quiet", "--quiet", "update"], env)
    for package in PACKAGES:
        install = ["install", "--yes", "--no-install-recommends", package, *FONTS]
        _try(["apt-get", "--quiet", "--quiet", *install], env)
        if find():
            return


def _from_playwright() -> None:
    _try([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


def _try(command: list[str], env: dict[str, str]) -> None:
    try:
        subprocess.run(command, env=env, stdin=subprocess.DEVNULL, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"{error}\n")


def main() -> int:
    for provide in (None, _from_apt, _from_playwright):
        if provide:
            sys.stderr.write("Looking for a Chromium to run the browser tests in.\n")
            provide()
        if find():
            return 0
    sys.stderr.write(
        "The browser tests need Chromium, and it could be had neither from the path nor from apt"
        " nor from Playwright: install the package chromium.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
