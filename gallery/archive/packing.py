"""A zip that grows a piece at a time: in constant memory, and on from where a killed process was.

Entries are stored as they are, for pictures are compressed already. Their directory, which the
format wants at the end, grows in a file beside the zip, and so do the lines of whoever packs; the
three lengths are all that has to be remembered to go on after any interruption.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
import unicodedata
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

from . import store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

FOLDER = "zips"
ENDINGS = (".part", ".directory", ".lines")
CHUNK = 1 << 20
LONGEST = 60
"""Letters of a name, which are at most 180 bytes: every file system takes 255."""

SMALL_MOST = 0xFFFFFFFF
"""What four bytes hold; a place beyond it is written in eight."""
FEW_MOST = 0xFFFF
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s4B4H3I5H2I")
END = struct.Struct("<4s4H2IH")
END_64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR = struct.Struct("<4sIQI")
UTF_8 = 0x800
"""The flag that names are in UTF-8."""
UNIX, FILE_MODE = 3, 0o100644 << 16


class Busy(Exception):
    """Another process is at work on this zip, and lives."""


@dataclass(frozen=True)
class Place:
    """How far a zip has come, in bytes of its three files and in entries."""

    size: int = 0
    directory: int = 0
    lines: int = 0
    entries: int = 0


@dataclass(frozen=True)
class Packed:
    """A file that went into the zip: what was read, which may not be what was once kept."""

    size: int
    sha256: str


def safe_name(number: int, words: str, extension: str) -> tuple[str, str]:
    """The name for a picture's file, and for what is told of it.

    Letters of any alphabet, digits and hyphens alone, and the number first: it makes the name
    unique, also where case is ignored, and no name that Windows keeps for itself begins so.
    """
    found = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", words[: LONGEST * 4]).lower())
    short = unicodedata.normalize("NFC", "-".join(found))[:LONGEST].strip("-")
    stem = f"{number:06}-{short}" if short else f"{number:06}"
    kind = extension.lower() if re.fullmatch(r"[A-Za-z0-9]{1,5}", extension) else "bin"
    return f"{stem}.{kind}", f"{stem}.json"


def names(stem: str) -> list[str]:
    """The files, below the root, of a zip that is being made."""
    return [f"{FOLDER}/{stem}{ending}" for ending in ENDINGS]


def finished_name(stem: str) -> str:
    return f"{FOLDER}/{stem}.zip"


@contextmanager
def packing(root: Path, stem: str, place: Place) -> Iterator[Packing]:
    """Go on with a zip from that place, or begin it anew where less than that is there.

    Raises Busy while another process has it open: one that was stopped, and woke up, must not
    write into what its successor is making.
    """
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    paths = [root / name for name in names(stem)]
    with ExitStack() as stack:
        files = [stack.enter_context(_opened(path)) for path in paths]
        try:
            fcntl.flock(files[0], fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(stem) from error
        yield Packing(root, stem, files, place)


class Packing:
    """A zip in the making. What it is told is durable once `sync` has given its place."""

    def __init__(self, root: Path, stem: str, files: list[BinaryIO], place: Place) -> None:
        self._root, self._stem = root, stem
        self._zip, self._directory, self._lines = files
        wanted = (place.size, place.directory, place.lines)
        found = [os.fstat(file.fileno()).st_size for file in files]
        is_whole = all(size >= least for size, least in zip(found, wanted, strict=True))
        self.start = place if is_whole else Place()
        self._entries = self.start.entries
        for file, size in zip(
            files, (self.start.size, self.start.directory, self.start.lines), strict=True
        ):
            file.truncate(size)
            file.seek(size)

    def sync(self) -> Place:
        for file in (self._zip, self._directory, self._lines):
            file.flush()
            os.fsync(file.fileno())
        return Place(self._zip.tell(), self._directory.tell(), self._lines.tell(), self._entries)

    def add_file(self, name: str, path: Path, when: datetime) -> Packed:
        """The file's bytes under that name; FileNotFoundError, and then nothing was added."""
        hashed = sha256()

        def chunks() -> Iterator[bytes]:
            while chunk := source.read(CHUNK):
                hashed.update(chunk)
                yield chunk

        with path.open("rb", buffering=0) as source:
            size = self.add(name, chunks(), when)
        return Packed(size, hashed.hexdigest())

    def add(self, name: str, parts: Iterable[bytes], when: datetime) -> int:
        """An entry of these bytes; returns how many they were."""
        begins = self._zip.tell()
        encoded = name.encode()
        self._zip.write(self._local(encoded, when, 0, 0))
        size = crc = 0
        for part in parts:
            self._zip.write(part)
            size += len(part)
            crc = zlib.crc32(part, crc)
        ends = self._zip.tell()
        self._zip.seek(begins)
        self._zip.write(self._local(encoded, when, size, crc))
        self._zip.seek(ends)
        self._directory.write(self._central(encoded, when, size, crc, begins))
        self._entries += 1
        return size

    def note(self, line: bytes) -> None:
        """Keep a line beside the zip, for the end."""
        self._lines.write(line + b"\n")

    def noted(self) -> Iterator[bytes]:
        """All lines that were kept, in their order."""
        self._lines.flush()
        with (self._root / names(self._stem)[2]).open("rb") as lines:
            for line in lines:
                yield line.rstrip(b"\n")

    def finish(self) -> int:
        """Close the zip and give it its name; returns its size. The other files are gone then."""
        begins = self._zip.tell()
        self._directory.flush()
        self._directory.seek(0)
        while chunk := self._directory.read(CHUNK):
            self._zip.write(chunk)
        self._write_end(begins, self._zip.tell() - begins)
        size = self._zip.tell()
        self._zip.flush()
        os.fsync(self._zip.fileno())
        part, directory, lines = (self._root / name for name in names(self._stem))
        part.rename(self._root / finished_name(self._stem))
        store.sync(part.parent)
        directory.unlink()
        lines.unlink()
        return size

    @staticmethod
    def _local(name: bytes, when: datetime, size: int, crc: int) -> bytes:
        time, date = _dos(when)
        head = LOCAL.pack(b"PK\3\4", 20, UTF_8, 0, time, date, crc, size, size, len(name), 0)
        return head + name

    @staticmethod
    def _central(name: bytes, when: datetime, size: int, crc: int, place: int) -> bytes:
        time, date = _dos(when)
        extra = struct.pack("<2HQ", 1, 8, place) if place > SMALL_MOST - 1 else b""
        version = 45 if extra else 20
        short = SMALL_MOST if extra else place
        head = CENTRAL.pack(
            b"PK\1\2", version, UNIX, version, 0, UTF_8, 0, time, date, crc, size, size,
            len(name), len(extra), 0, 0, 0, FILE_MODE, short,
        )  # fmt: skip
        return head + name + extra

    def _write_end(self, begins: int, size: int) -> None:
        if begins + size > SMALL_MOST - 1 or self._entries > FEW_MOST - 1:
            place = self._zip.tell()
            count = self._entries
            self._zip.write(END_64.pack(b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, begins))
            self._zip.write(LOCATOR.pack(b"PK\6\7", 0, place, 1))
        few = min(self._entries, FEW_MOST)
        short = (min(size, SMALL_MOST), min(begins, SMALL_MOST))
        self._zip.write(END.pack(b"PK\5\6", 0, 0, few, few, *short, 0))


def _opened(path: Path) -> BinaryIO:
    """To be read and written, from wherever; what is not there begins empty."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")


def _dos(when: datetime) -> tuple[int, int]:
    """A moment as zips have it: to two seconds, from 1980 on."""
    year = min(max(when.year, 1980), 2107)
    date = (year - 1980) << 9 | when.month << 5 | when.day
    return when.hour << 11 | when.minute << 5 | when.second // 2, date
