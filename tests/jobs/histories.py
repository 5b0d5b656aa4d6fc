"""A provider that keeps a log of what it charged, and time that passes when a test says so."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models import DateTimeField, F, QuerySet
from PIL import Image as Pillow

from gallery.models import Charge
from tests.archive.pictures import encoded
from tests.provider.servers import Peer, Server, http

Key = tuple[str, int]
"""A task for good: its batch's form token and its place. Numbers of rows come back by a restore."""


@dataclass
class Remote:
    """A task as the provider knows it."""

    key: Key
    status: str = "idle"
    cost: float | None = None
    """Roubles, once it says so."""
    is_refunded: bool = False
    is_known: bool = True

    def fields(self, url: str) -> dict[str, Any]:
        told: dict[str, Any] = {"code": 0, "status": self.status, "url": None}
        if self.status == "done":
            told["url"] = url
        return told | ({} if self.cost is None else {"cost": self.cost})


CREATES = (
    "accepted",
    "done",
    "failed",
    "charged-then-dropped",
    "dropped",
    "charged-then-502",
    "known-id",
    "later",
    "key-refused",
    "balance-empty",
    "model-forbidden",
    "refused",
    "content-refused",
)
"""Each class of what a create is answered."""

REFUSALS = {
    "later": 6,
    "key-refused": 2,
    "balance-empty": 5,
    "model-forbidden": 7,
    "refused": 3,
    "content-refused": 1001,
}
FILES = ("good", "gone", "html")


class Provider:
    """Raw sockets. Its log is the truth: what it charged, and for which task of ours."""

    def __init__(self) -> None:
        self.server = Server(self._serve)
        self.forget()

    def forget(self) -> None:
        self.charges: Counter[Key] = Counter()
        self.remote: dict[str, Remote] = {}
        self.sending: tuple[Key, str] = (("", 0), "")
        self.file = "good"

    @property
    def host(self) -> str:
        return f"{self.server.host}:{self.server.port}"

    def of(self, key: Key) -> dict[str, Remote]:
        """What it knows of a task of ours, by its own ids: more than one is a charge twice."""
        return {name: remote for name, remote in self.remote.items() if remote.key == key}

    def keeps(self, key: Key) -> bool:
        """Whether it has taken money for the task, and not given it back."""
        return any(not remote.is_refunded for remote in self.of(key).values())

    def _serve(self, peer: Peer) -> None:
        head, _, body = peer.request().partition(b"\r\n\r\n")
        path = head.split(b" ")[1].decode() if head else ""
        if path.endswith("/create"):
            peer.send(self._create())
        elif path.endswith("/result"):
            peer.send(self._result(json.loads(body)["task_id"]))
        elif path:
            peer.send(self._picture(path.rpartition("/")[2]))

    def _create(self) -> bytes:
        key, behaviour = self.sending
        if behaviour in REFUSALS:
            return _told({"code": REFUSALS[behaviour], "message": behaviour})
        if behaviour == "dropped":
            return b""
        name = f"remote-{len(self.remote):06}"
        known = next(iter(self.remote), name)
        remote = self.remote[name] = Remote(key)
        self.charges[key] += 1
        if behaviour == "charged-then-dropped":
            return b""
        if behaviour == "charged-then-502":
            return http(502, b"<html>Bad gateway</html>", {"Connection": "close"})
        if behaviour in {"done", "failed"}:
            remote.status = behaviour
            remote.is_refunded = behaviour == "failed"
        return self._answer(remote, known if behaviour == "known-id" else name)

    def _result(self, name: str) -> bytes:
        remote = self.remote.get(name)
        if remote is None or not remote.is_known:
            return _told({"code": 4, "message": "no such task"})
        return self._answer(remote, name)

    def _answer(self, remote: Remote, name: str) -> bytes:
        return _told({"id": name} | remote.fields(f"http://{self.host}/files/{name}"))

    def _picture(self, name: str) -> bytes:
        if self.file == "gone":
            return http(404, b"", {"Connection": "close"})
        if self.file == "html":
            return http(200, b"<html>Sign in</html>", {"Connection": "close"})
        number = int(name.rpartition("-")[2])
        colour = (number % 256, number // 256 % 256, 99)
        return http(200, encoded(Pillow.new("RGB", (8, 8), colour), "png"), {"Connection": "close"})


def _told(fields: dict[str, Any]) -> bytes:
    return http(200, fields, {"Connection": "close"})


def pass_time(seconds: float) -> None:
    """Every moment in the database is so much longer ago, but for the ledger, which is final."""
    ago = timedelta(seconds=seconds)
    for model in apps.get_app_config("gallery").get_models():
        names = [f.name for f in model._meta.concrete_fields if isinstance(f, DateTimeField)]
        if names and model is not Charge:
            QuerySet(model).update(**{name: F(name) - ago for name in names})
