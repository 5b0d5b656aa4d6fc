"""The demo provider's tasks: one SQLite file, so that they outlive the process."""

import json
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEEP_SECONDS = 3 * 24 * 3600

SCHEMA = """
CREATE TABLE IF NOT EXISTS task (
    id TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    ar TEXT NOT NULL,
    images TEXT NOT NULL,
    created_at REAL NOT NULL,
    ready_at REAL NOT NULL,
    price_kopecks INTEGER NOT NULL,
    cost_kopecks INTEGER,
    failure TEXT
);
CREATE INDEX IF NOT EXISTS task_created_at ON task (created_at);
"""


@dataclass(frozen=True)
class Failure:
    """Why a task ended without a picture: the API's code (0 is common) and its words."""

    code: int
    message: str


@dataclass(frozen=True)
class Task:
    """One accepted create. Times are epoch seconds; `cost_kopecks` is set when answers tell it."""

    id: str
    model: str
    prompt: str
    ar: str
    images: tuple[str, ...]
    created_at: float
    ready_at: float
    price_kopecks: int
    cost_kopecks: int | None = None
    failure: Failure | None = None

    @property
    def refunded(self) -> bool:
        """A failed task is paid back, unless its cost says that the money was kept."""
        return self.failure is not None and not self.cost_kopecks


def _to_row(task: Task) -> tuple[Any, ...]:
    failure = task.failure and json.dumps([task.failure.code, task.failure.message])
    return (
        task.id,
        task.model,
        # JSON, because SQLite refuses the lone surrogates that a JSON request may carry.
        json.dumps(task.prompt),
        task.ar,
        json.dumps(task.images),
        task.created_at,
        task.ready_at,
        task.price_kopecks,
        task.cost_kopecks,
        failure,
    )


def _from_row(row: tuple[Any, ...]) -> Task:
    identity, model, prompt, ar, images, created_at, ready_at, price, cost, failure = row
    return Task(
        identity,
        model,
        json.loads(prompt),
        ar,
        tuple(json.loads(images)),
        created_at,
        ready_at,
        price,
        cost,
        Failure(*json.loads(failure)) if failure else None,
    )


class TaskStore:
    """Every accepted task of the last days. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        with self._lock:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self._lock:
            self._database.close()

    def put(self, task: Task) -> None:
        """Add the task, or replace what is known of it."""
        with self._lock:
            self._database.execute(
                "INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _to_row(task)
            )

    def get(self, identity: str) -> Task | None:
        """The task with this id, or None."""
        return next(iter(self._select("WHERE id = ?", [identity])), None)

    def all(self) -> list[Task]:
        """Every kept task, oldest first."""
        return self._select("ORDER BY created_at, rowid", [])

    def spent_kopecks(self) -> int:
        """What the kept tasks have been charged, refunds taken off."""
        with (
            self._lock,
            closing(
                self._database.execute(
                    "SELECT COALESCE(SUM(price_kopecks), 0) FROM task"
                    " WHERE failure IS NULL OR cost_kopecks > 0"
                )
            ) as rows,
        ):
            return int(rows.fetchone()[0])

    def prune(self, before: float) -> list[Task]:
        """Forget the tasks that were created before this moment, and return them."""
        old = self._select("WHERE created_at < ?", [before])
        with self._lock:
            self._database.executemany(
                "DELETE FROM task WHERE id = ?", [(task.id,) for task in old]
            )
        return old

    def _select(self, condition: str, values: Iterable[object]) -> list[Task]:
        with (
            self._lock,
            closing(
                self._database.execute(f"SELECT * FROM task {condition}", tuple(values))  # noqa: S608
            ) as rows,
        ):
            return [_from_row(row) for row in rows.fetchall()]
