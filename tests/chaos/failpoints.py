"""Arming failpoints in the processes of a running installation, through a folder that all see.

A file named after a failpoint holds what is to happen there: at which time that it is passed,
counted over all processes, and how often. What happened is kept in a list of hits.
"""

from __future__ import annotations

import ast
import errno
import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from django.db import OperationalError

from gallery import failpoints

HITS = "hits"
LOCK = "lock"
SOURCE = Path(failpoints.__file__).parent


@dataclass(frozen=True)
class Order:
    """What is to happen at a failpoint."""

    action: str
    skip: int = 0
    """How often it is passed unharmed before."""
    times: int = 1
    seconds: float = 0.0


# --- in the process that is hurt


def react_from(folder: Path) -> None:
    """Arm every failpoint of this process, and of those that it forks, from the folder."""

    def react(name: str) -> None:
        path = folder / name
        # Most are not armed: this costs them one look.
        if path.exists() and (order := _take(folder, path)) is not None:
            ACTIONS[order.action](order)

    failpoints.arm(react)


def _take(folder: Path, path: Path) -> Order | None:
    """Count this passage, for all processes; what is to be done, if its time has come."""
    with _locked(folder):
        try:
            order = Order(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        if order.skip:
            _write(path, Order(order.action, order.skip - 1, order.times, order.seconds))
            return None
        if order.times > 1:
            _write(path, Order(order.action, 0, order.times - 1, order.seconds))
        else:
            path.unlink()
        with (folder / HITS).open("a") as hits:
            hits.write(json.dumps([path.name, order.action, os.getpid(), time.time()]) + "\n")
        return order


def _kill(order: Order) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stop(order: Order) -> None:
    # To this thread, so that it comes no further: of a process any thread may take the signal.
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _fill_disk(order: Order) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _refuse_database(order: Order) -> NoReturn:
    raise OperationalError("a failpoint says that the database does not answer")


def _sleep(order: Order) -> None:
    time.sleep(order.seconds)


ACTIONS: dict[str, Callable[[Order], None]] = {
    "kill": _kill,
    "stop": _stop,
    "disk-full": _fill_disk,
    "no-database": _refuse_database,
    "sleep": _sleep,
}


# --- in the test that hurts


@dataclass(frozen=True)
class Hit:
    name: str
    action: str
    pid: int
    at: float


class Armoury:
    """The folder's other side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def arm(
        self, name: str, action: str = "kill", *, skip: int = 0, times: int = 1, seconds: float = 0
    ) -> None:
        if action not in ACTIONS:
            raise ValueError(action)
        with _locked(self.folder):
            _write(self.folder / name, Order(action, skip, times, seconds))

    def disarm(self) -> None:
        """Nothing happens any more, at any of them."""
        with _locked(self.folder):
            for path in self.folder.iterdir():
                if path.name not in {HITS, LOCK}:
                    path.unlink()

    def armed(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()} - {HITS, LOCK}

    def hits(self) -> list[Hit]:
        path = self.folder / HITS
        lines = path.read_text().splitlines() if path.exists() else []
        return [Hit(*json.loads(line)) for line in lines]


def _write(path: Path, order: Order) -> None:
    draft = path.parent / f"{HITS}.draft"
    draft.write_text(json.dumps(asdict(order)))
    draft.replace(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- which there are


def names_in_the_source() -> set[str]:
    """Every name that a failpoint has there; `moved-*` for one that is filled in at run time."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "failpoint":
                found.add(_name(node.args[0]))
    return found


def _name(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    assert isinstance(argument, ast.JoinedStr)
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else "*" for part in argument.values
    )
