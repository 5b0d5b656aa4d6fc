"""Original files: received under a temporary name, kept under their final one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NameTaken(Exception):
    """A different file already has this name."""


class Incoming:
    """A file that is still arriving."""

    path: Path
    size: int
    sha256: str

    def write(self, chunk: bytes) -> None:
        raise NotImplementedError


@contextmanager
def receive(root: Path) -> Iterator[Incoming]:
    """Open a temporary file under ``root``; it is removed on leaving unless it was kept."""
    raise NotImplementedError
    yield


def keep(incoming: Incoming, root: Path, name: str) -> Path:
    """Give the received file its final ``name`` (relative to ``root``), durably."""
    raise NotImplementedError


def quarantine(incoming: Incoming, root: Path, name: str) -> Path:
    """Keep bytes that are no picture under ``root/quarantine/name``, durably."""
    raise NotImplementedError


def free_bytes(root: Path) -> int:
    """Bytes that an ordinary process may still write below ``root``."""
    raise NotImplementedError
