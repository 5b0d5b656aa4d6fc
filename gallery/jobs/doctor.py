"""Whether this installation could work, part by part, each with its remedy. Nothing is paid for:
the provider is asked for the balance and for its price list, and nothing is created anywhere.
"""

from __future__ import annotations

import contextlib
import stat
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import override

from gallery.archive.store import free_bytes
from gallery.models import Event, ImageModel, Studio, Task, reasons, takes_writes
from gallery.provider import answers
from gallery.provider.hosts import no_way_to

from . import cluster, library, remote
from .save import NO_ROOM

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

Level = Literal["ok", "warning", "fault"]

WRONG_SECONDS = 60.0
"""A clock that differs by more from the provider's is wrong: months and links go by it."""
ROOMY_BYTES = 4 * 1024 * 1024 * 1024
LOOK_AT_CLOCK = "Look at date -u."


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do about it."""

    part: str
    level: Level
    words: str
    remedy: str = ""


def findings() -> Iterator[Finding]:
    """Everything, in the order in which one thing needs the other."""
    yield from _permissions()
    yield from _disk()
    readable = yield from _database()
    if readable:
        yield _pictures()
        yield from _spending()
        yield from _queue()
        yield from _stranded()
    if settings.IS_DEMO:
        yield Finding(
            "key", "ok", "No key is set: the demo provider draws, and nothing costs anything."
        )
    else:
        yield from _provider(readable)
        yield from _hosts()


def _sentence(reason: str) -> str:
    """A reason in words: what the commands print is English, whatever the studio speaks."""
    with override("en"):
        return reasons.sentence(reason)


# The machine


def _permissions() -> Iterator[Finding]:
    root: Path = settings.DATA_DIR
    tried = {folder: _trouble_writing(folder) for folder in (root, *_folders(root))}
    bad = {folder: error for folder, error in tried.items() if error is not None}
    for folder, error in bad.items():
        remedy = "Give it to the user that runs Artel; under systemd, name it in ReadWritePaths."
        if error.errno in NO_ROOM:
            remedy = "Make room on its disk."
        yield Finding(
            "permissions", "fault", f"{folder} cannot be written to: {error.strerror}.", remedy
        )
    if not bad:
        yield Finding("permissions", "ok", f"{root} can be written to.")
    for name in ("secret-key", "artel.sqlite3"):
        path = root / name
        if path.exists() and path.stat().st_mode & stat.S_IRWXO:
            yield Finding(
                "permissions",
                "fault",
                f"{path} is open to everybody on this machine.",
                f"chmod o= {path}",
            )


def _folders(root: Path) -> list[Path]:
    names = ("originals", "incoming", "thumbs", "journal", "quarantine")
    return [root / name for name in names if (root / name).exists()]


def _trouble_writing(folder: Path) -> OSError | None:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        return error
    return None


def _disk() -> Iterator[Finding]:
    free = free_bytes(settings.DATA_DIR)
    words = f"{free / 1024**3:.1f} GB are free where DATA_DIR is."
    if free < settings.DISK_FLOOR_BYTES:
        yield Finding("disk", "fault", words, "Make room: until then spending is paused.")
    elif free < ROOMY_BYTES:
        yield Finding("disk", "warning", words, "Make room before there is less than 0.5 GB.")
    else:
        yield Finding("disk", "ok", words)


# Our own parts


def _database() -> Generator[Finding, None, bool]:
    """Returns, to `yield from`, whether its tables can be read."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        words = " ".join(str(error).split())
        yield Finding(
            "database", "fault", f"It does not answer: {words}.", "See DATABASE_URL and DATA_DIR."
        )
        return False
    if missing:
        yield Finding(
            "database",
            "warning",
            f"It is of an older version: {len(missing)} migrations are missing.",
            "Start Artel, which applies them.",
        )
        return False
    if not takes_writes():
        yield Finding(
            "database",
            "fault",
            "It can only be read, or its disk is full.",
            "Make room, give its file to the user that runs Artel, or end the standby.",
        )
    else:
        yield Finding("database", "ok", f"{connection.vendor} answers.")
    return True


def _pictures() -> Finding:
    if not library.is_gone():
        return Finding("pictures", "ok", "Their folder is where it belongs.")
    folder = settings.DATA_DIR / library.ORIGINALS
    return Finding(
        "pictures",
        "fault",
        f"The folder of the pictures is gone, or empty: {folder}.",
        "Mount its disk, then resume spending. Lost for good: put the backup's originals there, or"
        f" without a backup an empty folder, as Artel's user: mkdir -p {folder}/lost",
    )


def _spending() -> Iterator[Finding]:
    studio = Studio.objects.current()
    if studio.is_paused:
        yield Finding(
            "spending",
            "warning",
            f"It is paused: {_sentence(studio.pause_reason)}",
            "When the cause is gone, resume it in the panel: Studio, Resume real spending.",
        )
    newest = Event.objects.order_by("-pk").values_list("created_at", flat=True).first()
    if newest is not None and (newest - timezone.now()).total_seconds() > WRONG_SECONDS:
        yield Finding(
            "clock",
            "fault",
            f"It has gone back: the newest line of the ledger is of {newest:%Y-%m-%d %H:%M} UTC.",
            "Set it: timedatectl set-ntp on.",
        )


def _queue() -> Iterator[Finding]:
    if trouble := cluster.broker_trouble():
        yield Finding("queue", "fault", f"Redis: {trouble}.", "See REDIS_URL; is it running?")
        return
    seen = cluster.last_heartbeat()
    if seen is None:
        yield Finding("queue", "warning", "It has never run here.", "Start Artel: make run.")
        return
    age = (timezone.now() - seen).total_seconds()
    words = f"The last heartbeat came through it {age:.0f} seconds ago."
    if abs(age) > settings.HEARTBEAT_LATE_SECONDS:  # in the future: the clock went back since
        yield Finding("queue", "fault", words, "Start Artel; if it runs, restart it.")
    elif late := cluster.schedules_late():
        words = f"What is due each minute has not been begun for {late / 60:.0f} minutes."
        yield Finding("queue", "fault", words, "Start Artel; if it runs, restart it.")
    else:
        yield Finding("queue", "ok", words)


def _stranded() -> Iterator[Finding]:
    for provider, count in sorted(Task.objects.stranded().items()):
        yield Finding(
            "pictures",
            "fault",
            f"{count} under way are of {provider}, and nobody asks about them.",
            "Set GPTUNNEL_API_URL and its key to that until they are here: links live for a day.",
        )


# The provider


def _provider(readable: bool) -> Iterator[Finding]:
    with contextlib.closing(remote.client()) as client:
        balance, models = client.balance(), client.models()
    yield _key_and_balance(balance)
    match models:
        case answers.Models(prices, date):
            if readable:
                yield from _models(prices)
            yield from _clock(date)
        case answers.AskAgain(reason) | answers.OperatorRefusal(reason):
            yield Finding(
                "models",
                "warning",
                f"The provider's price list cannot be read. {_sentence(reason)}",
                "Compare the prices in the panel with the provider's site by hand.",
            )
            yield Finding(
                "clock",
                "warning",
                "It could not be compared with the provider's, which gave no list of prices.",
                LOOK_AT_CLOCK,
            )


def _key_and_balance(balance: answers.BalanceOutcome) -> Finding:
    match balance:
        case answers.Balance(kopecks, credit_kopecks):
            words = f"It is accepted, and {kopecks / 100:.2f} roubles are left."
            if kopecks + abs(credit_kopecks) <= 0:  # as Balance.left_kopecks has it
                return Finding("balance", "fault", words, "Top it up at the provider.")
            return Finding("key", "ok", words)
        case answers.OperatorRefusal("balance-empty"):
            return Finding(
                "balance", "fault", "The provider says it is used up.", "Top it up there."
            )
        case answers.OperatorRefusal(reason):
            return Finding(
                "key",
                "fault",
                _sentence(reason),
                "Set GPTUNNEL_API_KEY to a good one, restart, and resume spending.",
            )
        case answers.AskAgain(reason):
            return Finding(
                "key",
                "fault",
                "The provider does not answer, or with nothing that can be used."
                f" {_sentence(reason)} ({reason})",
                "Is GPTUNNEL_API_URL right, and is there a way out to it?",
            )


def _models(prices: dict[str, int | None]) -> Iterator[Finding]:
    rows = list(ImageModel.objects.enabled())
    missing = [row.remote_id for row in rows if row.remote_id not in prices]
    differing = [
        f"{row.remote_id} {price / 100:.2f}, here {row.price_kopecks / 100:.2f}"
        for row in rows
        if (price := prices.get(row.remote_id)) is not None and price != row.price_kopecks
    ]
    if missing:
        yield Finding(
            "models",
            "fault",
            f"The provider does not list: {', '.join(missing)}.",
            "Switch them off in the panel.",
        )
    if differing:
        yield Finding(
            "models",
            "warning",
            f"Its prices differ, in roubles: {'; '.join(differing)}.",
            "Correct the prices in the panel: Image models.",
        )
    if not missing and not differing:
        yield Finding("models", "ok", f"All {len(rows)} are known, at the prices set here.")


def _clock(date: float | None) -> Iterator[Finding]:
    if date is None:
        yield Finding("clock", "warning", "The provider does not tell the time.", LOOK_AT_CLOCK)
        return
    away = time.time() - date
    if abs(away) > WRONG_SECONDS:
        way = "ahead of" if away > 0 else "behind"
        yield Finding(
            "clock",
            "fault",
            f"It is {abs(away):.0f} seconds {way} the provider's.",
            "Set it: timedatectl set-ntp on.",
        )
    else:
        yield Finding("clock", "ok", "It agrees with the provider's.")


def _hosts() -> Iterator[Finding]:
    for entry in settings.RESULT_HOSTS:
        why = no_way_to(entry, settings.CONNECT_SECONDS)
        if why:
            yield Finding(
                "hosts",
                "fault",
                f"{entry} cannot be reached: {why}.",
                "Is the name right in RESULT_HOSTS, and is there a way out to it?",
            )
        else:
            yield Finding("hosts", "ok", f"{entry} can be reached.")
