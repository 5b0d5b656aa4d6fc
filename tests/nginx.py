"""An nginx to try the shipped configuration with: the machine's own, else apt's, unpacked.

Unpacked and not installed: Debian would start it at once, on port 80. Unlike a Chromium it may be
missing: then the tests that need it are skipped, and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(sys.prefix) / "nginx"


def provide() -> str | None:
    """The path of an nginx that starts; None when there is none to be had."""
    found = _find()
    if found is None:
        _from_apt()
        found = _find()
    return found


def _find() -> str | None:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", str(FOLDER / "usr/sbin")])
    found = shutil.which("nginx", path=path)
    if found is None:
        return None
    return found if _run([found, "-v"], Path("/")) else None


def _from_apt() -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return
    FOLDER.mkdir(exist_ok=True)
    if not _run(["apt-get", "--quiet", "--quiet", "download", "nginx"], FOLDER):
        _run(["apt-get", "--quiet", "--quiet", "update"], FOLDER)
        _run(["apt-get", "--quiet", "--quiet", "download", "nginx"], FOLDER)
    for package in FOLDER.glob("nginx_*.deb"):
        _run(["dpkg-deb", "--extract", str(package), str(FOLDER)], FOLDER)


def _run(command: list[str], folder: Path) -> bool:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
