"""A real installation for the tests of processes: started, watched, and surely ended."""

from __future__ import annotations

import atexit
import functools
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import psutil

from tests import services

BASE = Path(__file__).resolve().parent.parent
MARK = "ARTEL_TEST_MARK"
EXEC_SECONDS = 5
"""By then a forked process is what it was to become, with the environment that it keeps."""

Found = TypeVar("Found")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(found: Callable[[], Found | None], seconds: float, what: str) -> Found:
    """Poll until `found` gives something true, and return that; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return value


@dataclass(frozen=True)
class Cluster:
    """The processes of a cluster that has started."""

    parent: psutil.Process
    sentinel: psutil.Process
    workers: list[psutil.Process]
    monitor: psutil.Process
    pusher: psutil.Process


@functools.cache
def migrated() -> str:
    """A database whose migrations are made, once in a process of tests, for others to be copies of:
    its file, or its name on the server.
    """
    folder = Path(tempfile.mkdtemp(prefix="artel-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Installation(folder)
    atexit.register(services.remove, made.mark)
    done = made.run("migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    return made.mark if services.POSTGRESQL else str(folder / "data/artel.sqlite3")


class Installation:
    """An installation in a folder of its own. Its processes bear a mark, so that none is missed.

    Where the tests run on PostgreSQL or Redis it is there, under its mark. Leaving the `with`
    block kills whatever is left of its processes, and removes what it kept there. It begins empty,
    or with a copy of a database that is migrated, which saves a start some seconds.
    """

    base = BASE
    """Where its program lies: elsewhere for one that was altered."""

    def __init__(self, folder: Path, *, empty: bool = True, **env: str) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        run = os.environ.get("TEST_RUN", "")
        self.mark = f"artel_{run}_{uuid.uuid4().hex[:20]}"
        unwanted = ("GPTUNNEL", "DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "PYTEST")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
        self.env = {
            **inherited,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATA_DIR": str(folder / "data"),
            "PORT": str(self.port),
            MARK: self.mark,
            **services.environment(self.mark, "" if empty else migrated()),
            **env,
        }
        if not empty:
            self._begin_with_a_copy()
        self.started: list[subprocess.Popen[bytes]] = []
        self._own: dict[psutil.Process, bool] = {}

    def __enter__(self) -> Installation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            sys.stderr.write(self.output())
        for process in self.processes():
            with_grace(process.kill)
        for started in self.started:
            started.wait()
        services.remove(self.mark)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        """Its file, or its URL."""
        return self.env.get("DATABASE_URL", f"{self.env['DATA_DIR']}/artel.sqlite3")

    def _begin_with_a_copy(self) -> None:
        """Of the migrated database, and as one of its own: by when it began it is known."""
        if not services.POSTGRESQL:
            Path(self.database).parent.mkdir(exist_ok=True)
            shutil.copyfile(migrated(), self.database)
        services.tell(self.database, "UPDATE django_migrations SET applied = CURRENT_TIMESTAMP")

    # --- starting

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """`manage.py ...` to its end."""
        return subprocess.run(
            [sys.executable, str(self.base / "manage.py"), *arguments],
            env={**self.env, **env},
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
        """`manage.py ...`, going on, in a process group of its own as under a terminal."""
        with (self.folder / "output").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, str(self.base / "manage.py"), *arguments],
                env={**self.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def output(self) -> str:
        path = self.folder / "output"
        return path.read_text() if path.exists() else ""

    # --- watching

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of its database, read past Django."""
        return services.ask(self.database, query)

    def processes(self) -> list[psutil.Process]:
        """All living processes of this installation."""
        found = []
        for process in psutil.process_iter():
            try:
                if self._is_own(process) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def _is_own(self, process: psutil.Process) -> bool:
        """By its environment, which is read once: tests look twenty times a second."""
        known = self._own.get(process)
        if known is None:
            known = process.environ().get(MARK) == self.mark
            if known or time.time() - process.create_time() > EXEC_SECONDS:
                self._own[process] = known
        return known

    def top(self, *words: str) -> psutil.Process | None:
        """The process with these words in its command line, not one that it forked."""
        for process in self.processes():
            try:
                command = process.cmdline()
                parent = process.parent()
                above = parent.cmdline() if parent else []
            except psutil.Error:
                continue
            if all(word in command for word in words) and command != above:
                return process
        return None

    def demo(self) -> psutil.Process | None:
        return self.top("gallery.demo")

    def web(self) -> psutil.Process | None:
        return self.top(str(BASE / "manage.py"), "web")

    def launcher(self) -> psutil.Process | None:
        for process in self.processes():
            command = with_grace(process.cmdline) or []
            if "worker" in command and "--cluster" not in command:
                return process
        return None

    def cluster(self) -> Cluster | None:
        """The running cluster; None until all of its processes are there."""
        parent = self.top("worker", "--cluster")
        if parent is None:
            return None
        try:
            sentinels = parent.children()
            pool = oldest_first(sentinels)
        except psutil.Error:
            return None
        if len(pool) != 8:
            return None
        return Cluster(parent, sentinels[0], pool[:6], pool[6], pool[7])

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and body of /healthz; status 0 when nobody answers, or is killed at it."""
        try:
            try:
                answer = urllib.request.urlopen(f"{self.address}/healthz", timeout=5)
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}

    def is_well(self) -> bool:
        return self.health()[0] == 200


def oldest_first(parents: list[psutil.Process]) -> list[psutil.Process]:
    """The children of the first of them. Not by number, which begin anew after the highest."""
    children = parents[0].children() if parents else []
    return sorted(children, key=lambda child: (child.create_time(), child.pid))


def with_grace(call: Callable[[], Found]) -> Found | None:
    """The call's result; None when the process is gone."""
    try:
        return call()
    except psutil.Error:
        return None
