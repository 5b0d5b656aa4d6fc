"""What chaos must leave whole, read past Django: database, the provider's charge log, and disk.

A `Snapshot` is one consistent look at the database; each check answers with what is wrong, in
words, so that a red seed tells its story. Checks that hold at any moment are in ALWAYS; those of
a house at rest, after claims have run out and the sweeper has been round, are in AT_REST.
`tests/invariants.py` says the same again through the models, and more of files.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

Query = Callable[[str], Sequence[Sequence[Any]]]

UNANSWERED = frozenset({"sending", "unknown", "written-off"})
"""States of a task that may have been charged for under an id that nobody told us."""
ACCEPTED = frozenset({"rendering", "saving", "done", "lost", "failed", "written-off", "unknown"})
"""States in which a task may carry an id that it was charged under."""
OPEN = frozenset({"queued", "sending", "rendering", "saving"})
HELD = frozenset({"queued", "sending", "unknown"})
SPENT = frozenset({"done", "lost", "written-off"})


@dataclass(frozen=True)
class Charged:
    """One line of the provider's own log: a create that costs money."""

    remote_id: str
    prompt: str


@dataclass(frozen=True)
class Window:
    """A kill or a stop of something that carries sends: which it may have cut off, and how many."""

    end: float
    """Epoch seconds. A send that began later was not on the wire any more."""
    sends: frozenset[int]
    """The tasks that were seen on the wire."""
    most: int
    """No more than these can have been on it, whatever the database says."""


@dataclass(frozen=True)
class World:
    """What is known from outside of the database."""

    data_dir: Path
    charges: Sequence[Charged] = ()
    key: str = ""
    logs: Sequence[Path] = ()
    served: Mapping[str, set[str]] | None = None
    """By remote id the SHA-256 of each good file that the provider handed out."""
    ambiguous: Sequence[str] = ()
    """The prompt of each create that the provider left without a usable answer."""
    windows: Sequence[Window] = ()
    refused: Sequence[str] = ()
    """The token of each press that was told that nothing was ordered."""
    temporary_seconds: float = 3600
    sweep_seconds: float = 60


@dataclass(frozen=True)
class Task:
    pk: int
    status: str
    prompt: str
    price: int
    cost: int | None
    remote_id: str | None
    reason: str
    sent_at: datetime | None
    claimed_until: datetime | None


@dataclass(frozen=True)
class Line:
    """Of the ledger."""

    task: int
    user: int
    month: str
    demo: bool
    kind: str
    held: int
    spent: int


@dataclass(frozen=True)
class Budget:
    month: str
    user: int | None
    demo: bool
    limit: int | None
    held: int
    spent: int


@dataclass(frozen=True)
class Kept:
    task: int | None
    file: str
    sha256: str
    size: int
    purged: bool


@dataclass(frozen=True)
class Batch:
    token: str
    count: int
    tasks: int


@dataclass
class Snapshot:
    """One consistent look."""

    now: datetime
    tasks: list[Task] = field(default_factory=list)
    ledger: list[Line] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    images: list[Kept] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)

    @classmethod
    def read(cls, query: Query) -> Snapshot:
        """Read it by a function that answers SQL with rows; the caller keeps it consistent."""
        tasks = query(
            "SELECT t.id, t.status, p.text, t.price_kopecks, t.cost_kopecks, t.remote_id, t.reason,"
            " t.sent_at, t.claimed_until FROM gallery_task t JOIN gallery_batch b"
            " ON b.id = t.batch_id JOIN gallery_prompt p ON p.id = b.prompt_id"
        )
        ledger = query(
            "SELECT task_id, user_id, month, demo, kind, held_kopecks, spent_kopecks"
            " FROM gallery_charge ORDER BY id"
        )
        budgets = query(
            "SELECT month, user_id, demo, limit_kopecks, held_kopecks, spent_kopecks"
            " FROM gallery_budget"
        )
        images = query("SELECT task_id, file, sha256, size, purged_at FROM gallery_image")
        batches = query(
            "SELECT b.form_token, b.count, COUNT(t.id) FROM gallery_batch b"
            " LEFT JOIN gallery_task t ON t.batch_id = b.id GROUP BY b.id, b.form_token, b.count"
        )
        return cls(
            now=datetime.now(UTC),
            tasks=[_task(*row) for row in tasks],
            ledger=[
                Line(task, user, str(month), bool(demo), kind, held, spent)
                for task, user, month, demo, kind, held, spent in ledger
            ],
            budgets=[
                Budget(str(month), user, bool(demo), limit, held, spent)
                for month, user, demo, limit, held, spent in budgets
            ],
            images=[
                Kept(task, file, sha256, size, purged_at is not None)
                for task, file, sha256, size, purged_at in images
            ],
            batches=[Batch(str(row[0]).replace("-", ""), row[1], row[2]) for row in batches],
        )

    def lines(self) -> dict[int, list[Line]]:
        """The ledger by task."""
        found: dict[int, list[Line]] = defaultdict(list)
        for line in self.ledger:
            found[line.task].append(line)
        return found


def _task(*row: Any) -> Task:
    pk, status, prompt, price, cost, remote_id, reason, sent_at, until = row
    told = _moment(sent_at), _moment(until)
    return Task(pk, status, prompt, price, cost, remote_id, reason, *told)


def _moment(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def looking(url: str) -> Iterator[Query]:
    """Queries that all see the same moment; `url` is SQLite's file, or PostgreSQL's URL."""
    if url.startswith("postgres"):
        with psycopg.connect(url) as database:
            database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield lambda sql: database.execute(sql.encode()).fetchall()
        return
    with closing(sqlite3.connect(url, timeout=20, isolation_level=None)) as lite:
        lite.execute("BEGIN")
        yield lambda sql: lite.execute(sql).fetchall()
        lite.execute("ROLLBACK")


# --- money


def one_charge_a_task(seen: Snapshot, world: World) -> Iterator[str]:
    """No task was charged twice: under its own id once, and else only as one that says so.

    Of several tasks with one prompt it cannot be told which one an unknown charge is for; but there
    is then one unanswered task for each.
    """
    for remote_id, times in Counter(charge.remote_id for charge in world.charges).items():
        if times > 1:
            yield f"the provider charged {remote_id} {times} times"
    tasks = _by_prompt(seen.tasks, lambda task: task.prompt)
    for prompt, charges in _by_prompt(world.charges, lambda charge: charge.prompt).items():
        if len(charges) > len(tasks.get(prompt, [])):
            yield f"{len(charges)} charges for the {len(tasks.get(prompt, []))} of {prompt!r}"


def every_charge_has_its_task(seen: Snapshot, world: World) -> Iterator[str]:
    """Each charge belongs to a task that says so: never to one that says it was not sent."""
    own = {task.remote_id: task for task in seen.tasks if task.remote_id}
    unanswered = Counter(
        task.prompt for task in seen.tasks if task.status in UNANSWERED and not task.remote_id
    )
    for charge in world.charges:
        task = own.get(charge.remote_id)
        if task is None:
            unanswered[charge.prompt] -= 1
            if unanswered[charge.prompt] < 0:
                states = sorted(t.status for t in seen.tasks if t.prompt == charge.prompt)
                yield f"nobody admits to {charge.remote_id}, for {charge.prompt!r}: {states}"
        elif task.status not in ACCEPTED:
            yield f"task {task.pk} was charged and says {task.status}"
        elif task.prompt != charge.prompt:
            yield f"task {task.pk} carries the id of another prompt's charge"


def ledger_is_whole(seen: Snapshot, world: World) -> Iterator[str]:
    """Ledger sums are the budgets' totals, and each task's lines fit its state."""
    for budget in seen.budgets:
        lines = [line for line in seen.ledger if _counts_for(line, budget)]
        sums = sum(line.held for line in lines), sum(line.spent for line in lines)
        if sums != (budget.held, budget.spent):
            yield f"{budget}: its lines add up to {sums}"
    counted = {(budget.month, budget.user, budget.demo) for budget in seen.budgets}
    for line in seen.ledger:
        if not {(line.month, None, line.demo), (line.month, line.user, line.demo)} <= counted:
            yield f"{line} counts for no budget"
    lines_of = seen.lines()
    for task in seen.tasks:
        yield from _money_of(task, lines_of[task.pk])


def _money_of(task: Task, lines: Sequence[Line]) -> Iterator[str]:
    kinds = Counter(line.kind for line in lines)
    if kinds["hold"] != 1 or kinds["settle"] > 1 or kinds["release"] > 1:
        yield f"task {task.pk} has the lines {dict(kinds)}"
    money = sum(line.held for line in lines), sum(line.spent for line in lines)
    cost = task.price if task.cost is None else task.cost
    wanted = (0, 0)
    if task.status in HELD:
        wanted = (task.price, 0)
    elif task.status in SPENT:
        wanted = (0, cost)
    elif task.status == "failed":
        wanted = (0, task.cost or 0)
    elif task.status in OPEN:  # accepted: held, or settled already when it was written off or lost
        wanted = (0, cost) if kinds["settle"] else (task.price, 0)
        if money == (0, task.price):
            return
    if money != wanted:
        yield f"task {task.pk} is {task.status} and its money {money}, not {wanted}"


def holds_are_within_limits(seen: Snapshot, world: World) -> Iterator[str]:
    """No hold passed a limit. What came later as a fact may stand above it."""
    for budget in seen.budgets:
        if budget.held < 0 or budget.spent < 0:
            yield f"{budget} is below nothing"
        if budget.limit is None:
            continue
        facts = sum(
            max(0, line.held + line.spent)
            for line in seen.ledger
            if line.kind != "hold" and _counts_for(line, budget)
        )
        if budget.held + budget.spent > budget.limit + facts:
            yield f"{budget} passed its limit by a hold"


def batches_are_whole(seen: Snapshot, world: World) -> Iterator[str]:
    """A press was accepted whole or not at all, and once."""
    for token, times in Counter(batch.token for batch in seen.batches).items():
        if times > 1:
            yield f"the press {token} was accepted {times} times"
    for batch in seen.batches:
        if batch.tasks != batch.count:
            yield f"the press {batch.token} was for {batch.count} and has {batch.tasks} tasks"


def refused_presses_left_nothing(seen: Snapshot, world: World) -> Iterator[str]:
    """Who was told that nothing was ordered has ordered nothing."""
    accepted = {batch.token for batch in seen.batches}
    for token in world.refused:
        if token in accepted:
            yield f"the press {token} was refused, and accepted"


def _counts_for(line: Line, budget: Budget) -> bool:
    whose = budget.user is None or budget.user == line.user
    return whose and (line.month, line.demo) == (budget.month, budget.demo)


# --- pictures


def done_has_its_file(seen: Snapshot, world: World) -> Iterator[str]:
    """Done means that the original is there with its SHA-256; a picture means that it is done."""
    kept = {image.task: image for image in seen.images if image.task is not None}
    done = {task.pk for task in seen.tasks if task.status == "done"}
    for pk in done - kept.keys():
        yield f"task {pk} is done without a picture"
    for pk in kept.keys() - done:
        yield f"task {pk} has a picture and is not done"
    for image in seen.images:
        path = world.data_dir / image.file
        if image.purged:
            continue
        if not path.is_file():
            yield f"{image.file} is not there"
        elif _sha256(path) != image.sha256 or path.stat().st_size != image.size:
            yield f"{image.file} has other bytes than were kept"


def pictures_are_the_providers(seen: Snapshot, world: World) -> Iterator[str]:
    """What was kept is, byte for byte, what the provider handed out for just this task."""
    if world.served is None:
        return
    remote_ids = {task.pk: task.remote_id or "" for task in seen.tasks}
    for image in seen.images:
        if image.task is None:
            continue
        if image.sha256 not in world.served.get(remote_ids.get(image.task, ""), set()):
            yield f"{image.file} was never handed out for task {image.task}"


def no_file_is_torn(seen: Snapshot, world: World) -> Iterator[str]:
    """A file under its final name is whole: its name has the beginning of its hash."""
    for path in _files(world.data_dir / "originals"):
        if not _sha256(path).startswith(path.stem.split("-")[2]):
            yield f"{path.relative_to(world.data_dir)} is torn"


def no_file_is_orphaned(seen: Snapshot, world: World) -> Iterator[str]:
    """At rest each original belongs to a picture that was not purged."""
    known = {world.data_dir / image.file for image in seen.images if not image.purged}
    for path in sorted(set(_files(world.data_dir / "originals")) - known):
        yield f"{path.relative_to(world.data_dir)} belongs to no picture"


def temporary_files_are_young(seen: Snapshot, world: World) -> Iterator[str]:
    """What was half written when its process died is gone after its hour."""
    for path in temporary_files(world.data_dir):
        try:
            age = time.time() - path.stat().st_mtime
        except FileNotFoundError:
            continue
        if age > world.temporary_seconds + world.sweep_seconds:
            yield f"{path.relative_to(world.data_dir)} is {age:.0f} s old"


def temporary_files(data_dir: Path) -> list[Path]:
    """Half-written originals, notes of removals, drafts of the journal, of probes and the key."""
    patterns = (
        "incoming/*",
        "removing/*",
        "promised/*",
        "journal/*.tmp",
        ".probe-*",
        ".secret-key-*",
    )
    return sorted(path for pattern in patterns for path in data_dir.glob(pattern))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- time, doubt, secrets


def nothing_is_sent_past_its_claim(seen: Snapshot, world: World) -> Iterator[str]:
    """Who is left in sending by a dead sender is called unknown by the next sweep."""
    for task in seen.tasks:
        until = task.claimed_until
        late = timedelta(seconds=world.sweep_seconds)
        if task.status == "sending" and (until is None or until + late < seen.now):
            yield f"task {task.pk} is in sending, and its claim ended at {until}"


def every_doubt_has_its_cause(seen: Snapshot, world: World) -> Iterator[str]:
    """Unknowns are at most the ambiguous answers that were given, and the sends cut off."""
    given = Counter(world.ambiguous)
    room = [window.most for window in world.windows]
    # Never sent, and unknown: that is what a restore makes of what was queued.
    doubted = [
        (task.sent_at, task)
        for task in seen.tasks
        if task.status in {"unknown", "written-off"} and task.sent_at is not None
    ]
    for sent_at, task in sorted(doubted, key=lambda pair: pair[0]):
        # A sender that was killed needs no answer, and takes none from the next send of its prompt.
        if _was_cut_off(task.pk, sent_at.timestamp(), world.windows, room):
            continue
        given[task.prompt] -= 1
        if given[task.prompt] >= 0:
            continue
        why = f"{task.status} ({task.reason}), sent at {sent_at}"
        yield f"task {task.pk} is {why}: nothing that was done explains it"


def _was_cut_off(
    task: int, sent_at: float, windows: Sequence[Window], room: MutableSequence[int]
) -> bool:
    """By the first of the windows that saw it and has room left; that much less is left then."""
    for number, window in enumerate(windows):
        if task in window.sends and sent_at <= window.end and room[number] > 0:
            room[number] -= 1
            return True
    return False


def nothing_is_open(seen: Snapshot, world: World) -> Iterator[str]:
    """At rest every task has come to its end, or is unknown."""
    for task in seen.tasks:
        if task.status in OPEN:
            yield f"task {task.pk} is still {task.status} ({task.reason})"


def the_key_is_nowhere(seen: Snapshot, world: World) -> Iterator[str]:
    """Neither in a file of the installation, its database among them, nor in its log."""
    if not world.key:
        return
    for path in [*_files(world.data_dir), *world.logs]:
        try:
            found = world.key.encode() in path.read_bytes()
        except FileNotFoundError:
            continue
        if found:
            yield f"the key stands in {path}"


def key_in_rows(query: Query, tables: Iterable[str], key: str) -> list[str]:
    """The same for a database that is no file of ours: each table as text."""
    return [
        f"the key stands in {table}"
        for table in tables
        if any(key in repr(row) for row in query(f'SELECT * FROM "{table}"'))
    ]


def _by_prompt(items: Iterable[Any], prompt: Callable[[Any], str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        found[prompt(item)].append(item)
    return found


Check = Callable[[Snapshot, World], Iterator[str]]

ALWAYS: tuple[Check, ...] = (
    one_charge_a_task,
    every_charge_has_its_task,
    ledger_is_whole,
    holds_are_within_limits,
    batches_are_whole,
    refused_presses_left_nothing,
    done_has_its_file,
    pictures_are_the_providers,
    no_file_is_torn,
)
AT_REST: tuple[Check, ...] = (
    *ALWAYS,
    nothing_is_open,
    nothing_is_sent_past_its_claim,
    no_file_is_orphaned,
    temporary_files_are_young,
    every_doubt_has_its_cause,
    the_key_is_nowhere,
)


def wrong(seen: Snapshot, world: World, checks: Iterable[Check]) -> list[str]:
    """Everything that is wrong, each with the name of its check."""
    return [f"{check.__name__}: {what}" for check in checks for what in check(seen, world)]
