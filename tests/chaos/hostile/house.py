"""What the provider knows: its book, its key, its prices, and the right answers."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from gallery.demo.catalogue import MODELS

from .charges import Book, Create

FILES = "/files/"
Document = dict[str, Any]
START_KOPECKS = 100_000_000


class House:
    """One provider. `host` is where it listens, `traps` where nobody may be led."""

    def __init__(self, folder: Path, key: str, seconds: float) -> None:
        self.book = Book(folder)
        self.key = key
        self.seconds = seconds
        self.host = ""
        self.trap = ""
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, str], int] = {}
        charged = self.book.charges()
        self._told = charged[-1].id if charged else ""

    def count(self, on: str, identity: str) -> int:
        """How often this was asked before, since the process began."""
        with self._lock:
            before = self._asked.get((on, identity), 0)
            self._asked[on, identity] = before + 1
            return before

    def tell(self, identity: str) -> None:
        """Remember an id that a caller has been told."""
        self._told = identity

    @property
    def told(self) -> str:
        """The id that was told last."""
        return self._told

    def create(self, prompt: str, model: str, behaviour: str, *, charged: bool) -> Create:
        """Write a create down, before anything is answered."""
        attempt = self.book.attempt(prompt)
        known = MODELS.get(model)
        return self.book.write_create(
            Create(
                at=time.time(),
                prompt=prompt,
                model=model,
                behaviour=behaviour,
                attempt=attempt,
                charged=charged,
                id=secrets.token_hex(12) if charged else "",
                price_kopecks=known.price_kopecks if known and charged else 0,
            )
        )

    def accepted(self, task: Create) -> Document:
        """The right answer to the create that began this task."""
        return {
            "code": 0,
            "id": task.id,
            "model": task.model,
            "prompt": task.prompt,
            "created_at": int(task.at),
            "status": "idle",
            "url": None,
        }

    def state(self, task: Create) -> Document:
        """The right answer to a question about this task."""
        document = self.accepted(task)
        if task.cost_kopecks is not None:
            document["cost"] = task.cost_kopecks / 100
        if task.failed:
            return document | {
                "status": "failed",
                "code": task.failure_code,
                "message": "The picture could not be made",
            }
        if time.time() < task.at + self.seconds:
            return document
        return document | {"status": "done", "url": self.link(task)}

    def link(self, task: Create) -> str:
        return f"http://{self.host}{FILES}{task.id}.webp"

    def balance_kopecks(self) -> int:
        return START_KOPECKS - sum(charge.billed_kopecks for charge in self.book.charges())

    def hand_out(self, task: Create, content: bytes) -> None:
        """Write down that these bytes are a good picture of the task."""
        self.book.hand_out(task.id, hashlib.sha256(content).hexdigest())


@lru_cache(maxsize=64)
def pixels(identity: str) -> Image.Image:
    """The picture of a task, small, and unlike every other's."""
    noise = hashlib.shake_256(identity.encode()).digest(24 * 16 * 3)
    return Image.frombytes("RGB", (24, 16), noise).resize((96, 64), Image.Resampling.BICUBIC)


@lru_cache(maxsize=64)
def picture(identity: str, kind: str = "WEBP") -> bytes:
    """Its file, the same bytes at any time."""
    buffer = io.BytesIO()
    pixels(identity).save(buffer, kind)
    return buffer.getvalue()


def as_json(document: object) -> bytes:
    return json.dumps(document).encode()
