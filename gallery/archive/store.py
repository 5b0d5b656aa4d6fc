"""Original files: received under a temporary name, kept under their final one.

A file under its final name is complete and durable: written elsewhere in the same file system,
fsynced, renamed, and its folder fsynced, in this order.
"""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from gallery.failpoints import failpoint

INCOMING = "incoming"
QUARANTINE = "quarantine"
HASH_LENGTH = 12
"""Characters of its hash that tell a file in quarantine from the others of its name."""
ASIDE = re.compile(rf"\.([0-9a-f]{{{HASH_LENGTH}}})\Z")


class NameTaken(Exception):
    """A different file already has this name."""


class Incoming:
    """A file that is still arriving, with the count and the hash of what came so far."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.size = 0
        self._file = file
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes written so far."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Append bytes. OSError passes through: a full disk is nobody's bad picture."""
        self._file.write(chunk)
        self._file.flush()  # so that the file can be looked into under its path at any time
        self._hash.update(chunk)
        self.size += len(chunk)
        failpoint("file-growing")

    def sync(self) -> None:
        """Put what was written on the disk for good."""
        os.fsync(self._file.fileno())


@contextmanager
def receive(root: Path) -> Iterator[Incoming]:
    """A new file under ``root/incoming``, which is gone on leaving unless it was kept."""
    folder = root / INCOMING
    _make_folder(folder)
    path = folder / f"{secrets.token_hex(16)}.part"
    try:
        with path.open("xb") as file:
            failpoint("file-opened")
            yield Incoming(path, file)
    finally:
        path.unlink(missing_ok=True)


def keep(incoming: Incoming, root: Path, name: str) -> Path:
    """Give the received file its final ``name``, relative to ``root``; returns its path.

    May be repeated: an identical file is already what was wanted. Raises NameTaken when a
    different one is there, and ValueError for a name that leads out of ``root``.
    """
    final = _inside(root, name)
    failpoint("keep-before-sync")
    incoming.sync()
    failpoint("keep-synced")
    _make_folder(final.parent)
    with _one_at_a_time(root):
        if not final.exists():
            incoming.path.rename(final)
            failpoint("keep-renamed")
        elif not _is_same(final, incoming):
            raise NameTaken(name)
    # The earlier process that renamed an identical file may have died before this.
    sync(final.parent)
    failpoint("keep-folder-synced")
    return final


def replace(incoming: Incoming, root: Path, name: str) -> Path:
    """As ``keep``, over whatever is there: for what can be made again, like thumbnails."""
    final = _inside(root, name)
    incoming.sync()
    _make_folder(final.parent)
    incoming.path.replace(final)
    sync(final.parent)
    return final


def quarantine(incoming: Incoming, root: Path, name: str) -> Path:
    """Keep bytes that are no picture under ``root/quarantine``; returns the path.

    The hash becomes part of the name: a second, different file stands beside the first.
    """
    return keep(incoming, root, f"{QUARANTINE}/{name}.{incoming.sha256[:HASH_LENGTH]}")


@dataclass(frozen=True)
class Aside:
    """A file in quarantine."""

    sha256: str
    """The beginning of its hash, by which it is named."""
    size: int


def in_quarantine(root: Path, name: str) -> list[Aside]:
    """What ``quarantine`` has kept under this name, and nothing else that lies there."""
    return [
        Aside(found[1], path.stat().st_size)
        for path in sorted((root / QUARANTINE).glob(f"{name}.*"))
        if (found := ASIDE.search(path.name)) and path.is_file() and not path.is_symlink()
    ]


def move(root: Path, name: str, new: str) -> Path:
    """Give a kept file another name, durably; an identical one there already is enough."""
    path, final = _inside(root, name), _inside(root, new)
    _make_folder(root / INCOMING)
    _make_folder(final.parent)
    with _one_at_a_time(root):
        if not final.exists():
            path.rename(final)
        elif digest(final) != digest(path):
            raise NameTaken(new)
        else:
            path.unlink()
    sync(final.parent)
    sync(path.parent)
    return final


def remove(root: Path, name: str) -> None:
    """Remove the file for good; one that is gone already is what was wanted."""
    path = _inside(root, name)
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync(path.parent)


def remove_stale(root: Path, seconds: float) -> int:
    """Remove what killed processes left in ``root/incoming`` that long ago; returns how many."""
    removed = 0
    for path in (root / INCOMING).glob("*.part"):
        try:
            if time.time() - path.stat().st_mtime > seconds:
                path.unlink()
                removed += 1
        except FileNotFoundError:  # kept or removed by its own process just now
            continue
    return removed


def free_bytes(root: Path) -> int:
    """Bytes that an ordinary process may still write below ``root``, which must exist."""
    return shutil.disk_usage(root).free


def _inside(root: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or PurePosixPath(name).is_absolute() or "\x00" in name:
        raise ValueError(f"not a name inside of the archive: {name!r}")
    return root.joinpath(*parts)


def _is_same(path: Path, incoming: Incoming) -> bool:
    if path.stat().st_size != incoming.size:
        return False
    return digest(path) == incoming.sha256


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Between all processes: looking whether a name is free and taking it are one step."""
    with _opened(root / INCOMING) as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(path: Path) -> None:
    """Put on the disk for good what a file holds, or which names a folder holds."""
    with _opened(path) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
