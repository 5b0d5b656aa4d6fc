"""A whole installation with a steered provider, and the people who use it in the tests."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import urllib.parse
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext

from tests.demo.server import NO_PROXIES, DemoServer
from tests.running import Installation

KEY = "shds-BrowserTestsKey"
PASSWORD = "wonderland-1865"
PEOPLE = 160
COLLECTORS = 10
"""Of whom so many are made at once."""

# People and their sessions are made all at once: a process for each would cost minutes.
PREPARE = f"""
import json
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test import Client
from gallery.models import ImageModel, Studio, User
password = make_password({PASSWORD!r})
Studio.objects.filter(pk=1).update(undo_send_seconds=0)
ImageModel.objects.switch_on(ImageModel.objects.get(remote_id="google-imagen-3").pk)
found = []
with transaction.atomic():
    for number in range({PEOPLE}):
        user = User.objects.create(username=f"person-{{number:03}}", password=password)
        client = Client()
        client.force_login(user)
        found.append([user.username, client.cookies["sessionid"].value])
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Person:
    """Somebody with an account of their own, whom no other test knows."""

    name: str
    session: str
    address: str
    password: str = PASSWORD

    def enter(self, context: BrowserContext) -> None:
        """Be logged in, as from an earlier visit."""
        context.add_cookies([{"name": "sessionid", "value": self.session, "url": self.address}])


@dataclass(frozen=True)
class Collector(Person):
    """Somebody who has pictures already: of one prompt, the newest first."""

    images: tuple[int, ...] = ()


class House:
    """The installation, its provider, and a view past Django of what its rows say."""

    def __init__(self, installation: Installation, provider: DemoServer) -> None:
        self.installation = installation
        self.provider = provider
        self.database = Path(installation.env["DATA_DIR"]) / "artel.sqlite3"
        self._people = iter(self._told(PREPARE))
        self._collectors: dict[int, list[Collector]] = {}

    @property
    def address(self) -> str:
        return self.installation.address

    @property
    def live_url(self) -> str:
        return f"{self.address}/tasks/live/"

    def person(self) -> Person:
        """The next one who has done nothing yet."""
        name, session = next(self._people)
        return Person(name, session, self.address)

    def collector(self, pictures: int) -> Collector:
        """The next one with so many pictures: by the house's own verbs, and without the waiting."""
        waiting = self._collectors.setdefault(pictures, [])
        if not waiting:
            call = (
                f"from tests.whole.furnish import collectors; collectors({COLLECTORS}, {pictures})"
            )
            for name, session, images in self._told(call):
                waiting.append(Collector(name, session, self.address, images=tuple(images)))
        return waiting.pop()

    def _told(self, code: str) -> Any:
        done = self.installation.run("shell", "--verbosity", "0", "--command", code)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def tidy(self) -> None:
        """As it was before the first test: what one leaves behind must not meet the next."""
        self.provider.no_faults()
        # Nothing is ready until a test says so.
        self.provider.settings(seconds=[600, 600], scale=0.1, latency=0, balance=1_000_000)
        self.execute(
            "UPDATE gallery_studio SET undo_send_seconds = 0, paused_at = NULL, pause_reason = '',"
            " pause_note = '', resumed_at = strftime('%Y-%m-%d %H:%M:%f', 'now')"
        )

    def deliver(self) -> None:
        """Pictures are ready as soon as they are ordered."""
        self.provider.fault("create", "done-at-once")

    def undo_send(self, seconds: int) -> None:
        """How long a press can be taken back: an administrator's setting."""
        self.execute("UPDATE gallery_studio SET undo_send_seconds = ?", seconds)

    def execute(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.database, timeout=20)) as connection, connection:
            connection.execute(statement, values)

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.database, timeout=20)) as connection:
            return list(connection.execute(query, values))

    def batches(self, person: Person) -> int:
        """Presses of theirs that were accepted."""
        return self._count("gallery_batch", person)

    def tasks(self, person: Person) -> int:
        return self._count("gallery_task", person)

    def status(self, task: int) -> str:
        return str(self.ask("SELECT status FROM gallery_task WHERE id = ?", task)[0][0])

    def _count(self, table: str, person: Person) -> int:
        query = (
            f"SELECT count(*) FROM {table} rows"
            " JOIN gallery_user owner ON owner.id = rows.owner_id WHERE owner.username = ?"
        )
        return int(str(self.ask(query, person.name)[0][0]))

    def charged(self, person: Person) -> list[str]:
        """The prompts of theirs that the provider was paid for: every prompt bears their name."""
        prompts = [str(charge["prompt"]) for charge in self.provider.charges()]
        return [prompt for prompt in prompts if person.name in prompt]

    def hang(self, image: int, copies: int) -> None:
        """Hang so many more pictures, imported ones, beside this one."""
        folder = Path(self.installation.env["DATA_DIR"])
        name = str(self.ask("SELECT file FROM gallery_image WHERE id = ?", image)[0][0])
        columns = (
            "owner_id, demo, sha256, size, mime, width, height, color, created_at,"
            " prompt_id, model_id, ratio, cost_kopecks, favourite, rating"
        )
        for number in range(copies):
            copy = name.replace(".webp", f"-{number}.webp")
            (folder / copy).hardlink_to(folder / name)
            self.execute(
                f"INSERT INTO gallery_image (file, {columns})"
                f" SELECT ?, {columns} FROM gallery_image WHERE id = ?",
                copy,
                image,
            )

    def provider_file(self, prompt: str) -> bytes:
        """The bytes that the provider made of this prompt."""
        found = [one["id"] for one in self.provider.charges() if one["prompt"] == prompt]
        query = urllib.parse.urlencode({"task_id": found[-1]})
        request = urllib.request.Request(
            f"{self.provider.url}/media/result?{query}", headers={"Authorization": KEY}
        )
        with NO_PROXIES.open(request, timeout=20) as answer:
            url = json.load(answer)["url"]
        with NO_PROXIES.open(url, timeout=20) as answer:
            return bytes(answer.read())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
