"""Removing originals for good, so that whoever is killed half-way is finished by another.

A durable note says what is about to go; then its owner decides, in the database, what really goes;
then the files; then the note. A note that is left behind is worked off by the next sweep.
"""

from __future__ import annotations

import json
import secrets
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gallery.failpoints import failpoint

from .store import receive, remove, replace
from .thumbnails import SIZES, thumbnail_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FOLDER = "removing"


@contextmanager
def announced(root: Path, numbers: Sequence[int]) -> Iterator[None]:
    """Note on the disk, before anything goes, whose files may; a failure leaves the note."""
    name = f"{FOLDER}/{secrets.token_hex(16)}.json"
    with receive(root) as incoming:
        incoming.write(json.dumps(list(numbers)).encode())
        replace(incoming, root, name)
    failpoint("purge-announced")
    yield
    failpoint("purge-files-gone")
    remove(root, name)


def left_behind(root: Path, seconds: float) -> Iterator[list[int]]:
    """What notes of that age say; each goes once the caller has come back for the next."""
    for path in sorted((root / FOLDER).glob("*.json")):
        try:
            if time.time() - path.stat().st_mtime < seconds:
                continue
            numbers = [int(number) for number in json.loads(path.read_bytes())]
        except FileNotFoundError:  # its own process, or another's sweep, was quicker
            continue
        yield numbers
        remove(root, f"{FOLDER}/{path.name}")


def remove_picture(root: Path, name: str) -> None:
    """Remove an original with its thumbnails: those first, as they could not be made again."""
    for size in SIZES:
        remove(root, thumbnail_path(name, size))
    failpoint("purge-thumbnails-gone")
    remove(root, name)
