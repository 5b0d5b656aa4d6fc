"""Removing originals for good, so that whoever is killed half-way is finished by another.

A durable note says what is about to go; then its owner decides, in the database, what really goes;
then the files; then the note. A note that is left behind is worked off by the next sweep.

The other way round for a file that is kept before its row can be written: a note promises the row,
and whoever is killed before that leaves a promise by which the file is found.
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
PROMISES = "promised"


@contextmanager
def announced(root: Path, numbers: Sequence[int]) -> Iterator[None]:
    """Note on the disk, before anything goes, whose files may; a failure leaves the note."""
    name = _note(root, FOLDER, list(numbers))
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


def promise(root: Path, name: str) -> str:
    """Note, before a file gets its final name, that a row will name it; returns the note's name.

    To be removed, by ``remove``, once the row is written or the file is gone.
    """
    return _note(root, PROMISES, name)


def promised(root: Path, seconds: float) -> set[str]:
    """The files that were promised a row so lately that it may yet come."""
    return {name for _, name, age in _promises(root) if age < seconds}


def broken_promises(root: Path, seconds: float) -> Iterator[str]:
    """Files that were promised a row that long ago; each note goes once the caller is done."""
    for path, name, age in _promises(root):
        if age >= seconds:
            yield name
            remove(root, f"{PROMISES}/{path.name}")


def _promises(root: Path) -> Iterator[tuple[Path, str, float]]:
    for path in sorted((root / PROMISES).glob("*.json")):
        try:
            age = time.time() - path.stat().st_mtime
            yield path, str(json.loads(path.read_bytes())), age
        except FileNotFoundError:  # kept just now
            continue


def _note(root: Path, folder: str, content: object) -> str:
    name = f"{folder}/{secrets.token_hex(16)}.json"
    with receive(root) as incoming:
        incoming.write(json.dumps(content).encode())
        replace(incoming, root, name)
    return name


def remove_picture(root: Path, name: str) -> None:
    """Remove an original with its thumbnails: those first, as they could not be made again."""
    for size in SIZES:
        remove(root, thumbnail_path(name, size))
    failpoint("purge-thumbnails-gone")
    remove(root, name)
