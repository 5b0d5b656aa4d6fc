"""A house for chaos: a real installation with everything, the hostile provider, and its people."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import requests

from tests import services
from tests.chaos import invariants
from tests.chaos.failpoints import Armoury
from tests.chaos.hostile import HostileProvider
from tests.chaos.hostile.rules import TABLES
from tests.chaos.invariants import ALWAYS, AT_REST, Charged, Check, Snapshot, Window, World
from tests.running import BASE, MARK, Installation, oldest_first, wait_for, with_grace

KEY = "shds-TheKeyThatChaosMustNotSpill"
PASSWORD = "wonderland-1865"
NAMES = ("alice", "bob", "dora")
THRIFTY = "erin"
"""Whose monthly limit has room for a few pictures only."""
MODEL = "gpt-image-1-low"
PICTURE_SECONDS = 0.2
SLOW_PICTURE_SECONDS = 4.0
"""Longer than a pump holds its lease without renewing it."""
TEMPORARY_SECONDS = 5.0
SWEEP_SECONDS = 5.0
LIMIT_KOPECKS = 10_000_000
THRIFTY_PICTURES = 4
BEYOND_BUDGET = ("has room for", "less left this month")
"""What a page says of a press that does not fit a limit, and of nothing else."""

PEOPLE = f"""
from django.conf import settings
from gallery.models import Budget, ImageModel, Studio, User
for name in {(*NAMES, THRIFTY)}:
    User.objects.create_user(name, password={PASSWORD!r}, monthly_limit_kopecks={LIMIT_KOPECKS})
Budget.objects.set_purse(2 * {LIMIT_KOPECKS})
Studio.objects.current()
Studio.objects.filter(pk=1).update(undo_send_seconds=0)
model = ImageModel.objects.get(remote_id={MODEL!r})
thrifty = User.objects.get(username={THRIFTY!r})
User.objects.set_limit(thrifty, {THRIFTY_PICTURES} * model.price_kopecks)
answer = [
    model.pk,
    model.price_kopecks,
    settings.CREATES_IN_FLIGHT,
    settings.CREATE_SECONDS,
    settings.CLAIM_SECONDS,
]
"""
ALLOW = """
from gallery.models import Budget, User
user = User.objects.get(username={who!r})
purse, own = Budget.objects.open_month(user, demo=False)
def limit(row):
    return row.held_kopecks + row.spent_kopecks + {kopecks}
if {is_purse}:
    Budget.objects.set_purse(limit(purse))
else:
    User.objects.set_limit(user, limit(own))
"""
FREE_THE_WAY = f"""
from django.utils import timezone
from gallery.models import ImageModel, Studio, Task, User
Studio.objects.resume(User.objects.get(username="carol"))
ImageModel.objects.filter(remote_id={MODEL!r}).update(is_enabled=True, off_reason="")
# A provider may say "try again next month".
Task.objects.filter(status="queued").update(due_at=timezone.now())
"""
FORK = """
import os
from pathlib import Path
from django.db import connections
from tests.chaos.failpoints import react_from
connections.close_all()
pid = os.fork()
if not pid:
    try:
        react_from(Path({folder!r}))
{lines}
    finally:
        os._exit(1)
answer = os.WTERMSIG(os.waitpid(pid, 0)[1])
"""
SWEEP = "from gallery.jobs import cluster; cluster.wake('sweep'); cluster.wake('submit')"
MODELS_AGREE = """
from django.conf import settings
from tests.invariants import check_files, check_money
check_money()
check_files(settings.DATA_DIR)
"""


@dataclass
class Press:
    """A press of the button, whether its answer came, and whether that was a refusal."""

    who: str
    text: str
    token: str
    count: int
    answered: bool = False
    refused: bool = False


@dataclass(frozen=True)
class Sends:
    """Which tasks the database says are being sent, and which are in doubt."""

    sending: frozenset[int]
    doubted: frozenset[int]


class Person:
    """Somebody at a browser: logs in, presses, and presses again when no answer came."""

    def __init__(self, rig: Rig, name: str) -> None:
        self.rig = rig
        self.name = name
        self.http = requests.Session()
        self.http.trust_env = False
        self.is_in = False

    def press(self, press: Press) -> bool:
        """Whether the press was answered: accepted, or refused because it fits no limit."""
        model, price = self.rig.model
        form = {
            "token": press.token,
            "prompt": press.text,
            "model": MODEL,
            "ratio": "1:1",
            "count": str(press.count),
            f"price-{model}": str(price),
        }
        answer = self.post("/batches/", form)
        if answer is not None:
            press.refused = answer.status_code == 422 and any(
                words in answer.text for words in BEYOND_BUDGET
            )
            press.answered = press.refused or answer.status_code == 302
        return press.answered

    def again(self, task: int, token: str) -> bool:
        """Send an unknown task again; True when it was accepted, be it earlier."""
        form = {"token": token, "count": "1", "price": str(self.rig.model[1])}
        answer = self.post(f"/tasks/{task}/again/", form)
        return answer is not None and answer.status_code == 302

    def post(self, path: str, form: dict[str, str]) -> requests.Response | None:
        """None when no answer came, or none to somebody who is logged in."""
        try:
            if not self.is_in:
                self._log_in()
            answer = self._post(path, form)
        except requests.RequestException:
            return None
        if answer.status_code == 403 or "login" in answer.headers.get("Location", ""):
            self.is_in = False
            return None
        return answer

    def _log_in(self) -> None:
        self.http.cookies.clear()
        self.http.get(f"{self.rig.installation.address}/login/", timeout=10)
        done = self._post("/login/", {"username": self.name, "password": PASSWORD})
        self.is_in = done.status_code == 302

    def _post(self, path: str, form: dict[str, str]) -> requests.Response:
        token = self.http.cookies.get("csrftoken", "")
        return self.http.post(
            self.rig.installation.address + path,
            {**form, "csrfmiddlewaretoken": token},
            timeout=10,
            allow_redirects=False,
        )


class Rig:
    """Leave the `with` block, and nothing of it is left but its folder."""

    def __init__(self, folder: Path, *, base: Path = BASE, **env: str) -> None:
        self.folder = folder
        self.armoury = Armoury(folder / "failpoints")
        self.provider = HostileProvider(folder / "provider", KEY, seconds=PICTURE_SECONDS).start()
        env = {
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "GPTUNNEL_API_URL": self.provider.url,
            "GPTUNNEL_API_KEY": KEY,
            "RESULT_HOSTS": self.provider.host,
            "DJANGO_SUPERUSER_USERNAME": "carol",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "TEST_FAILPOINTS": str(self.armoury.folder),
            **env,
        }
        self.installation = Installation(folder / "house", empty=False, **env)
        self.installation.base = base
        self.presses: list[Press] = []
        self.windows: list[Window] = []
        self.people: dict[str, Person] = {}
        self.model = (0, 0)
        self.creates_in_flight = 0
        self.create_seconds = self.claim_seconds = 0.0
        self._console: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def _open(self) -> None:
        self.installation.start("serve")
        wait_for(self.installation.is_well, 90, "health")
        model, price, in_flight, *seconds = self.tell(PEOPLE)
        self.model = (int(model), int(price))
        self.creates_in_flight = int(in_flight)
        self.create_seconds, self.claim_seconds = (float(each) for each in seconds)
        self.people = {name: Person(self, name) for name in (*NAMES, THRIFTY)}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console is not None:
            self._console.kill()
            self._console.communicate()
        self.installation.__exit__(kind, error, trace)
        self.provider.kill()

    # --- asking it

    @property
    def data_dir(self) -> Path:
        return Path(self.installation.env["DATA_DIR"])

    def tell(self, script: str) -> Any:
        """Run a script in the installation's Django; what it left in `answer`."""
        if self._console is None or self._console.poll() is not None:
            env = dict(self.installation.env)
            env.pop(MARK)
            env.pop("TEST_FAILPOINTS")
            self._console = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.console"],
                cwd=self.installation.base,
                env=env,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        assert self._console.stdin is not None
        assert self._console.stdout is not None
        self._console.stdin.write(json.dumps(script) + "\n")
        self._console.stdin.flush()
        reply = json.loads(self._console.stdout.readline())
        assert "error" not in reply, reply["error"]
        return reply["answer"]

    def tell_a_fork(self, script: str) -> int:
        """The same in a process of its own, with its failpoints armed; the signal it died of."""
        lines = "\n".join(f"        {line}" for line in script.splitlines())
        return int(self.tell(FORK.format(folder=str(self.armoury.folder), lines=lines)))

    def states(self) -> dict[int, str]:
        return dict(self.installation.ask("SELECT id, status FROM gallery_task"))

    def open_tasks(self) -> int:
        return sum(status in invariants.OPEN for status in self.states().values())

    def status_of(self, text: str) -> list[str]:
        """The states of a prompt's tasks, oldest first. The text must need no quoting."""
        rows = self.installation.ask(
            "SELECT t.status FROM gallery_task t JOIN gallery_batch b ON b.id = t.batch_id"
            f" JOIN gallery_prompt p ON p.id = b.prompt_id WHERE p.text = '{text}' ORDER BY t.id"
        )
        return [row[0] for row in rows]

    # --- its people

    def order(self, who: str, text: str, count: int = 1) -> Press:
        """Press until there is an answer, with the same form's token."""
        press = Press(who, text, uuid.uuid4().hex, count)
        self.presses.append(press)
        self.people[who].press(press)
        return press

    def press_on(self, seconds: float = 60) -> None:
        """Let everybody whose press was not answered press once more, until it is."""
        for press in self.presses:
            if not press.answered:
                wait_for(lambda: self.people[press.who].press(press), seconds, "an answer")  # noqa: B023

    def allow(self, who: str, pictures: int) -> None:
        """Let their limit have room for so many pictures from now on."""
        kopecks = pictures * self.model[1]
        self.tell(ALLOW.format(who=who, kopecks=kopecks, is_purse=False))

    def allow_all(self, pictures: int) -> None:
        """Let the purse have room for so many."""
        kopecks = pictures * self.model[1]
        self.tell(ALLOW.format(who=THRIFTY, kopecks=kopecks, is_purse=True))

    # --- its rest

    def settle(self, seconds: float = 90) -> None:
        """Bring it to rest: well, every press answered, every task at its end or unknown."""
        wait_for(self._is_well, seconds, "health")
        self.press_on(seconds)
        deadline = time.monotonic() + seconds
        while True:
            self.revive()
            self.tell(FREE_THE_WAY + SWEEP)
            if not self.open_tasks():
                break
            assert time.monotonic() < deadline, f"not at rest: {self.states()}"
            time.sleep(0.3)
        # Two more sweeps, after which nothing half-written may be left.
        wait_for(lambda: self._is_swept(), 4 * TEMPORARY_SECONDS, "nothing half-written")

    def _is_well(self) -> bool:
        self.revive()
        return self.installation.is_well()

    def _is_swept(self) -> bool:
        self.tell(SWEEP)
        time.sleep(0.2)
        return not invariants.temporary_files(self.data_dir)

    def world(self) -> World:
        """What is known from outside, as of now."""
        creates = self.provider.creates()
        ambiguous = [
            create.prompt
            for create in creates
            if "unknown" in TABLES["create"][create.behaviour].outcome
        ]
        return World(
            data_dir=self.data_dir,
            charges=[Charged(create.id, create.prompt) for create in creates if create.charged],
            served=self.provider.served(),
            key=KEY,
            logs=[self.installation.folder / "output"],
            ambiguous=ambiguous,
            windows=self.windows,
            refused=[press.token for press in self.presses if press.refused],
            temporary_seconds=TEMPORARY_SECONDS,
            sweep_seconds=SWEEP_SECONDS,
        )

    def wrong(self, checks: Iterable[Check] = ALWAYS) -> list[str]:
        """What is wrong at this moment. The log of charges is read first: it only grows."""
        world = self.world()
        return [*invariants.wrong(self.snapshot(), world, checks), *self.provider.alarms()]

    def wrong_at_rest(self) -> list[str]:
        """What is wrong once all has come to rest."""
        found = self.wrong(AT_REST)
        with invariants.looking(self.installation.database) as query:
            tables = query(TABLES_OF["postgres" if services.POSTGRESQL else "sqlite"])
            found += invariants.key_in_rows(query, [table for (table,) in tables], KEY)
        batches = {batch.token: batch for batch in self.snapshot().batches}
        for press in self.presses:
            batch = batches.get(press.token)
            if press.refused:
                continue  # refused_presses_left_nothing has looked at it
            if batch is None or batch.tasks != press.count:
                found.append(f"the press {press.token} for {press.count} led to {batch}")
        left = list((self.data_dir / "journal").glob("*")) if self.data_dir.exists() else []
        found += [f"{path.name} is left in the journal" for path in left]
        try:
            self.tell(MODELS_AGREE)
        except AssertionError as error:
            found.append(f"the models disagree: {error}")
        return found + self._key_in_redis()

    def snapshot(self) -> Snapshot:
        """Its database at this moment."""
        with invariants.looking(self.installation.database) as query:
            return Snapshot.read(query)

    def _key_in_redis(self) -> list[str]:
        if not services.REDIS_URL:
            return []
        return ["the key stands in Redis"] if services.holds(self.installation.mark, KEY) else []

    # --- its processes

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Its living processes by what they are; a cluster only once all of it is there."""
        found: dict[str, list[psutil.Process]] = {}
        serve = self.installation.started[-1]
        if serve.poll() is not None:
            return found  # told apart from a zombie, whose children are somebody else's
        root = psutil.Process(serve.pid)
        found["serve"] = [root]
        for child in with_grace(root.children) or []:
            words = with_grace(child.cmdline) or []
            if "web" in words:
                found["web"] = [child]
                found["web worker"] = with_grace(child.children) or []
            elif "worker" in words:
                found["launcher"] = [child]
                found |= _cluster(child)
        return {kind: alive for kind, alive in found.items() if alive}

    def sends(self) -> Sends:
        """What is being sent at this moment, and what is in doubt."""
        rows = self.installation.ask(
            "SELECT id, status FROM gallery_task"
            " WHERE status IN ('sending', 'unknown', 'written-off')"
        )
        sending = frozenset(pk for pk, status in rows if status == "sending")
        return Sends(sending, frozenset(pk for pk, _ in rows) - sending)

    def note_cut(
        self, before: Sends | None = None, *, end: float | None = None, waves: int = 1
    ) -> None:
        """Note which sends were cut off, now that what carried them is gone or stands still.

        Its sends are left in sending. When it was the other end that was hurt, their senders may
        have doubted them by now, so that somebody has to have looked before. `waves` says how
        often its places on the wire may have been taken anew.
        """
        now = self.sends()
        sends = now.sending
        if before is not None:
            sends |= before.sending | (now.doubted - before.doubted)
        end = time.time() if end is None else end
        self.windows.append(Window(end, sends, waves * self.creates_in_flight))

    def revive(self) -> None:
        """Start again what nobody else does: everything, and the provider."""
        started = self.installation.started[-1]
        if started.poll() is not None:
            self.installation.start("serve")
        if self.provider.process is None or self.provider.process.poll() is not None:
            self.provider.kill()
            self.provider.start()


TABLES_OF = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgres": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


def _cluster(launcher: psutil.Process) -> dict[str, list[psutil.Process]]:
    for parent in with_grace(launcher.children) or []:
        if "--cluster" not in (with_grace(parent.cmdline) or []):
            continue
        sentinels = with_grace(parent.children) or []
        pool = with_grace(lambda: oldest_first(sentinels)) or []  # noqa: B023
        if len(pool) == 8:
            return {
                "parent": [parent],
                "sentinel": sentinels,
                "worker": pool[:6],
                "monitor": [pool[6]],
                "pusher": [pool[7]],
            }
        return {"parent": [parent]}
    return {}


PURSE_PICTURES = (10, 40)
MORE_ROOM = 0.5
"""How often a press that fits no limit is answered by a larger one."""


class Load:
    """People who go on ordering: so many tasks are under way at any time."""

    def __init__(self, rig: Rig, chance: random.Random, under_way: int = 10) -> None:
        self.rig = rig
        self.chance = chance
        self.under_way = under_way
        self.number = 0
        self._again: dict[int, tuple[str, str]] = {}

    def step(self) -> None:
        """One look: press again where no answer came, and order if there is room."""
        for press in self.rig.presses[-20:]:
            if not press.answered:
                self.rig.people[press.who].press(press)
                return
        if self.rig.open_tasks() < self.under_way:
            self.number += 1
            count = self.chance.choice((1, 1, 1, 2, 4))
            self._order(f"picture {self.number}", count)
        elif self.chance.random() < 0.1:
            self._send_again()

    def _order(self, text: str, count: int) -> None:
        """Whoever is refused has to wait until there is more room, sooner or later."""
        if self.number == 1:
            self.rig.allow_all(PURSE_PICTURES[1])
        who = self.chance.choice((*NAMES, THRIFTY))
        if self.rig.order(who, text, count).refused and self.chance.random() < MORE_ROOM:
            self.rig.allow_all(self.chance.randint(*PURSE_PICTURES))
            self.rig.allow(THRIFTY, self.chance.randint(1, THRIFTY_PICTURES))

    def beyond(self) -> None:
        """A press that fits no limit, whatever chance has refused so far."""
        self.number += 1
        self.rig.allow(THRIFTY, 0)
        self.rig.order(THRIFTY, f"picture {self.number}", THRIFTY_PICTURES)

    def _send_again(self) -> None:
        rows = self.rig.installation.ask(
            "SELECT t.id, u.username FROM gallery_task t JOIN gallery_user u ON u.id = t.owner_id"
            " WHERE t.status = 'unknown'"
        )
        if rows:
            task, who = self.chance.choice(rows)
            _, token = self._again.setdefault(task, (who, uuid.uuid4().hex))
            self.rig.people[who].again(task, token)
