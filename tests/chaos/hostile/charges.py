"""The provider's own book: what it took, what it bills, what it handed out.

One file of JSON lines in the provider's folder. A line is on the disk before the first byte of the
answer that it is about leaves: whoever reads it after any kill knows the truth.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

BOOK = "book.jsonl"


@dataclass(frozen=True)
class Create:
    """One create that arrived whole. `attempt` counts those with the same prompt, from 1.

    `charged`: it was accepted, and is billed unless it failed since with the money returned
    (`failed`, and no `cost_kopecks`). Only then `id` names a task.
    """

    at: float
    prompt: str
    model: str
    behaviour: str
    attempt: int
    charged: bool
    id: str = ""
    price_kopecks: int = 0
    failed: bool = False
    failure_code: int = 0
    cost_kopecks: int | None = None

    @property
    def billed_kopecks(self) -> int:
        """What it costs in the end."""
        if not self.charged:
            return 0
        told = self.cost_kopecks
        if self.failed:
            return told or 0
        return self.price_kopecks if told is None else told


def creates(folder: Path) -> list[Create]:
    """Every create that arrived, charged or not, oldest first."""
    return list(_read(folder).values())


def charges(folder: Path) -> list[Create]:
    """Every create that was accepted: the ground truth about money."""
    return [create for create in creates(folder) if create.charged]


def served(folder: Path) -> dict[str, set[str]]:
    """By task, the SHA-256 of each whole, good file that was handed out for it."""
    files: dict[str, set[str]] = {}
    for line in _lines(folder):
        if line["kind"] == "file":
            files.setdefault(line["id"], set()).add(line["sha256"])
    return files


def alarms(folder: Path) -> list[str]:
    """What must never happen: a redirect followed, a forbidden address reached, a key shown."""
    return [line["what"] for line in _lines(folder) if line["kind"] == "alarm"]


def _read(folder: Path) -> dict[int, Create]:
    found: dict[int, Create] = {}
    number_of: dict[str, int] = {}
    for line in _lines(folder):
        kind = line.pop("kind")
        if kind == "create":
            found[len(found)] = create = Create(**line)
            if create.charged:
                number_of[create.id] = len(found) - 1
        elif kind == "end":
            number = number_of[line.pop("id")]
            found[number] = replace(found[number], **line)
    return found


def _lines(folder: Path) -> list[dict[str, Any]]:
    """What was written whole: a line that a kill cut short was never told to anybody."""
    try:
        data = (folder / BOOK).read_bytes()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in data.split(b"\n")[:-1] if line]


class Book:
    """The writer of the book, and what it knows. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._creates = creates(folder)
        self._attempts = Counter(create.prompt for create in self._creates)
        self._by_id = {create.id: at for at, create in enumerate(self._creates) if create.charged}
        self._file = (folder / BOOK).open("ab+")
        self._cut_torn_line()

    def _cut_torn_line(self) -> None:
        self._file.seek(0)
        self._file.truncate(self._file.read().rfind(b"\n") + 1)
        self._file.seek(0, os.SEEK_END)

    def attempt(self, prompt: str) -> int:
        """The number that this create of the prompt has: 1 for the first."""
        with self._lock:
            self._attempts[prompt] += 1
            return self._attempts[prompt]

    def write_create(self, create: Create) -> Create:
        """Write down a create that arrived, before anything is said about it."""
        with self._lock:
            self._append("create", asdict(create))
            self._creates.append(create)
            if create.charged:
                self._by_id[create.id] = len(self._creates) - 1
        return create

    def end(self, identity: str, **facts: Any) -> Create:
        """Write down that a task failed, or what it costs; once it has, nothing changes it."""
        with self._lock:
            at = self._by_id[identity]
            known = self._creates[at]
            if known.failed or known.cost_kopecks is not None:
                return known
            self._append("end", {"id": identity, **facts})
            self._creates[at] = replace(known, **facts)
            return self._creates[at]

    def hand_out(self, identity: str, sha256: str) -> None:
        """Write down that a whole, good file is handed out for a task."""
        with self._lock:
            self._append("file", {"id": identity, "sha256": sha256})

    def alarm(self, what: str) -> None:
        """Write down what must never happen."""
        with self._lock:
            self._append("alarm", {"what": what})

    def find(self, identity: str) -> Create | None:
        with self._lock:
            at = self._by_id.get(identity)
            return None if at is None else self._creates[at]

    def charges(self) -> list[Create]:
        with self._lock:
            return [create for create in self._creates if create.charged]

    def close(self) -> None:
        self._file.close()

    def _append(self, kind: str, facts: dict[str, Any]) -> None:
        self._file.write(json.dumps({"kind": kind, **facts}).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
