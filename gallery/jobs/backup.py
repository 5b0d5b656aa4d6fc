"""A copy of the whole installation, made while it runs, and an installation made of a copy.

Into the copy go the journal, then the database, then the files: a picture's file is complete
before the database speaks of it, so every picture that the copied database knows has its file in
what is copied after it. No key, no session and no link that lets anybody in goes along: of an
unused set-up link PostgreSQL's dump has a hash, made with the secret key, which stays behind.

A copy is good or not there: its manifest, which names its database, is put in place last. And it
may be all that is left of an installation, so only the database that it is of goes on with it, and
only what that database has purged is removed from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import structlog
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from gallery.archive import store
from gallery.models import Event, Image, User

from . import restored
from .processes import LockFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MANIFEST = "artel-backup.json"
BEGUN = f"{MANIFEST}.draft"
"""Stands in a folder until its manifest does: a first copy that was killed is known by it."""
FORM = 1
ORIGINALS, QUARANTINE, JOURNAL = "originals", "quarantine", "journal"
NOT_COPIED = ("django_session", "django_q_ormq")
"""Whoever has a session's key is logged in; what waits in the queue are wake-ups for others."""
REMEDY = "It stays as it is: choose another folder, or restore it if its own database was lost."
LOCKS = ("serve.lock", "worker.lock", "cluster.lock")


class Unreadable(OSError):
    """The disk does not give a file that is to be copied."""


class Refused(Exception):
    """It is not done, for a reason that is one sentence."""


@dataclass(frozen=True)
class Manifest:
    """What a copy holds."""

    form: int
    made_at: str
    engine: str
    database: str
    sha256: str
    pictures: int
    missing: list[str]
    """Originals that were not there, or not as the database says, when the copy was made."""
    installation: str = ""
    """Whose copy it is, as the next two; empty in those of before this was noted."""
    newest: int = 0
    """The newest line of a task's story when the copy was begun; 0 when there was none."""
    newest_at: str = ""


# Making one


def back_up(folder: Path) -> Manifest:
    """Copy everything into ``folder``: a new or empty one, or one that holds an earlier copy.

    What an earlier copy has already is not copied again, and it stays good until this one is.
    """
    if folder.resolve().is_relative_to(settings.DATA_DIR.resolve()):
        raise Refused(f"{folder} is in DATA_DIR, and is lost with it: choose another folder.")
    installation = _installation()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_ours = (folder / MANIFEST).exists() or (folder / BEGUN).exists()
    if not is_ours and any(path.name != ".lock" for path in folder.iterdir()):
        raise Refused(f"{folder} is neither empty nor a backup of Artel: choose another folder.")
    with _alone(folder, (".lock",), f"Another backup into {folder} is under way."):
        purged = _purged_since(folder, installation)
        newest = Event.objects.order_by("pk").last()
        _begin(folder, installation)
        _copy_tree(settings.DATA_DIR / JOURNAL, folder / JOURNAL)
        database = _copy_database(folder)
        pictures, missing = _copy_originals(folder)
        _copy_tree(settings.DATA_DIR / QUARANTINE, folder / QUARANTINE)
        manifest = Manifest(
            form=FORM,
            made_at=timezone.now().isoformat(timespec="seconds"),
            engine=connection.vendor,
            database=database.name,
            sha256=store.digest(database),
            pictures=pictures,
            missing=missing,
            installation=installation,
            newest=newest.pk if newest else 0,
            newest_at=newest.created_at.isoformat() if newest else "",
        )
        _write(folder / MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
        _remove_former(folder, database.name, purged)
    return manifest


def _installation() -> str:
    """When its first table was made, to the microsecond: no other's was at that moment.

    It stays with the database wherever that is copied or restored to.
    """
    with answering():
        applied = MigrationRecorder(connection).applied_migrations()
    try:
        moment: datetime = applied["gallery", "0001_initial"].applied
    except KeyError as error:
        raise Refused("The database is empty: see DATABASE_URL and DATA_DIR.") from error
    return moment.isoformat()


def _purged_since(folder: Path, installation: str) -> set[str]:
    """Of the pictures that an earlier copy holds those that are to go, as they were purged.

    Refused when the database is not the copy's, or does not know all that the copy's does: it may
    be a new one, as the right one is lost, or have been put back to an earlier day.
    """
    held = {str(path.relative_to(folder)) for path in _files(folder / ORIGINALS)}
    rows = dict(Image.objects.values_list("file", "purged_at"))
    former = _read(folder) if (folder / MANIFEST).exists() else None
    if former and former.installation:
        # Not by its pictures: what was saved while it was made, its own database does not know.
        is_own = former.installation == installation and _knows(former)
    else:
        is_own = held <= rows.keys() and bool(held or not former)
        is_own = is_own and _begun_by(folder) in ("", installation)
    if not is_own:
        raise Refused(
            f"{folder} is the backup of another database, or of a later day of this one. {REMEDY}"
        )
    return {name for name in held if rows.get(name) is not None}


def _knows(former: Manifest) -> bool:
    """Whether the tasks' stories, which only grow, have the line that was the newest then."""
    if not former.newest:
        return True
    return Event.objects.filter(pk=former.newest, created_at=former.newest_at).exists()


def _begun_by(folder: Path) -> str:
    """Whose first copy was interrupted here; empty when that is not known."""
    try:
        return str(json.loads((folder / BEGUN).read_bytes())["installation"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return ""


def _begin(folder: Path, installation: str) -> None:
    (folder / BEGUN).write_text(json.dumps({"installation": installation}))
    store.sync(folder / BEGUN)
    store.sync(folder)
    for path in folder.rglob("*.draft"):
        if path.name != BEGUN:
            path.unlink()


def _copy_database(folder: Path) -> Path:
    final = folder / f"database-{secrets.token_hex(4)}.{_suffix()}"
    draft = final.with_name(f"{final.name}.draft")
    if connection.vendor == "sqlite":
        _copy_sqlite(draft)
    else:
        leave = [f"--exclude-table-data={table}" for table in NOT_COPIED]
        _run_postgresql("pg_dump", ["--format=custom", "--no-owner", *leave, "--file", str(draft)])
    store.sync(draft)
    draft.rename(final)
    store.sync(folder)
    return final


def _suffix() -> str:
    return "sqlite3" if connection.vendor == "sqlite" else "dump"


def _copy_sqlite(draft: Path) -> None:
    """By SQLite's own means: one moment of the database, while others write on."""
    try:
        _copy_moment(draft)
    except sqlite3.Error as error:
        raise Refused(f"The database could not be copied to {draft.parent}: {error}.") from error


def _copy_moment(draft: Path) -> None:
    with (
        closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=20)) as source,
        closing(sqlite3.connect(draft, isolation_level=None)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        for table in NOT_COPIED:
            copy.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        copy.execute("UPDATE gallery_studio SET setup_token_hash = ''")
        copy.execute("VACUUM")  # what was deleted is in the file until now
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise Refused("The database is damaged: its copy does not pass SQLite's own check.")


def _copy_originals(folder: Path) -> tuple[int, list[str]]:
    """Every picture's file, with its hash looked at; how many are in the copy, and which not."""
    copied = 0
    missing: list[str] = []
    rows = Image.objects.with_file().order_by("pk").values_list("file", "sha256", "size")
    for name, sha256, size in rows.iterator(chunk_size=500):
        target = folder / name
        try:
            is_there = _is_copied(target, size) or _copy(settings.DATA_DIR / name, target, sha256)
        except Unreadable:  # one bad sector is no reason to have no copy of the rest
            is_there = False
        if is_there:
            copied += 1
        elif Image.objects.with_file().filter(file=name).exists():  # else it was purged just now
            missing.append(name)
    return copied, missing


def _is_copied(path: Path, size: int) -> bool:
    """An original never changes, and a copy has its name only once it is whole."""
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _remove_former(folder: Path, database: str, purged: set[str]) -> None:
    """What only the copy before this one had: what was purged before is to be gone here, too."""
    for path in folder.glob("database-*"):
        if path.name != database:
            path.unlink()
    for name in purged:
        (folder / name).unlink(missing_ok=True)


# Using one


def restore(folder: Path) -> tuple[Manifest, int]:
    """Make this installation, which must be a new one, of a copy; with how many doubted tasks.

    A note in DATA_DIR stands from before the database is there until its queued tasks are in
    doubt and spending is paused. Whatever is killed in between, the next start does both first.
    """
    manifest = _manifest(folder)
    with while_stopped():
        if not _is_empty():
            raise Refused("The database is in use: restore into an empty DATA_DIR and database.")
        for name in (JOURNAL, QUARANTINE, ORIGINALS):
            _copy_tree(folder / name, settings.DATA_DIR / name)
        restored.announce()
        _place_database(folder / manifest.database, manifest.sha256)
        call_command("migrate", interactive=False, verbosity=0)
        return manifest, restored.finish()


def _manifest(folder: Path) -> Manifest:
    """Of a copy that can be used here, and whose database is whole."""
    manifest = _read(folder)
    database = folder / manifest.database
    if manifest.engine != connection.vendor:
        raise Refused(f"The backup is of {manifest.engine}, and DATABASE_URL names another kind.")
    if not database.is_file() or store.digest(database) != manifest.sha256:
        raise Refused(f"The backup is damaged: {database} is not what was written.")
    return manifest


def _is_empty() -> bool:
    """Whether the database answers, and has nothing of anybody's: no table, or nobody yet."""
    with answering():
        tables = connection.introspection.table_names()
        return not tables or (User._meta.db_table in tables and not User.objects.exists())


def _place_database(source: Path, sha256: str) -> None:
    if connection.vendor != "sqlite":
        connection.close()
        _run_postgresql(
            "pg_restore",
            ["--clean", "--if-exists", "--no-owner", "--single-transaction", str(source)],
        )
        return
    final = Path(connection.settings_dict["NAME"])
    copy = final.with_name(f"{final.name}.restored")
    if not _copy(source, copy, sha256):  # the next backup into that folder may be made just now
        raise Refused(f"The backup is damaged: {source} is not what was written.")
    connection.close()
    for end in ("-wal", "-shm"):
        final.with_name(final.name + end).unlink(missing_ok=True)
    copy.replace(final)
    store.sync(final.parent)


# Parts of both


@contextmanager
def while_stopped() -> Iterator[None]:
    """Nobody starts Artel meanwhile; Refused while it runs."""
    running = f"Artel is running on DATA_DIR {settings.DATA_DIR}: stop it."
    with _alone(settings.DATA_DIR, LOCKS, running):
        yield


@contextmanager
def _alone(folder: Path, names: Sequence[str], sentence: str) -> Iterator[None]:
    locks = [LockFile(folder / name) for name in names]
    try:
        for lock in locks:
            if not lock.acquire():
                raise Refused(sentence)
        yield
    finally:
        for lock in locks:
            lock.release()


@contextmanager
def answering() -> Iterator[None]:
    """Refused, in words, when the database does not do what is asked of it within."""
    try:
        yield
    except DatabaseError as error:
        words = " ".join(str(error).split())
        raise Refused(
            f"The database cannot be read: {words} (see DATABASE_URL and DATA_DIR)."
        ) from error


def _read(folder: Path) -> Manifest:
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_bytes()))
    except FileNotFoundError as error:
        raise Refused(f"{folder} holds no backup: there is no {MANIFEST}.") from error
    except (ValueError, TypeError) as error:
        raise Refused(f"{folder / MANIFEST} is damaged.") from error
    if manifest.form != FORM:
        raise Refused("The backup was made by another version of Artel, which has to use it.")
    return manifest


def _files(folder: Path) -> Iterator[Path]:
    """All that are whole; a copy that is being made, or was broken off, has another name."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file() and path.suffix != ".draft":
            yield path


def _copy_tree(source: Path, target: Path) -> None:
    """Every file that the target has not; files of ours never change under their names."""
    for path in _files(source):
        final = target / path.relative_to(source)
        try:
            if not _is_copied(final, path.stat().st_size):
                _copy(path, final)
        except FileNotFoundError:  # brought home, or purged, just now
            continue
        except Unreadable as error:
            log.warning("not-copied", file=str(path), why=error.strerror)


def _copy(source: Path, final: Path, sha256: str = "") -> bool:
    """Durably, and under the final name only once it is whole and has the hash, if one is given.

    False when it has not, or there is no such file.
    """
    digest = hashlib.sha256()
    try:
        reading = source.open("rb")
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Unreadable(error.errno, error.strerror, str(source)) from error
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = final.with_name(f".{final.name}.{secrets.token_hex(4)}.draft")
    try:
        with reading, draft.open("xb") as writing:
            while chunk := _read_on(reading, source):
                digest.update(chunk)
                writing.write(chunk)
            writing.flush()
            os.fsync(writing.fileno())
        if sha256 and digest.hexdigest() != sha256:
            return False
        draft.replace(final)
    finally:
        draft.unlink(missing_ok=True)
    store.sync(final.parent)
    return True


def _read_on(reading: BinaryIO, source: Path) -> bytes:
    try:
        return reading.read(1024 * 1024)
    except OSError as error:  # of the disk that is copied from, and not of the one copied to
        raise Unreadable(error.errno, error.strerror, str(source)) from error


def _write(final: Path, content: bytes) -> None:
    draft = final.with_name(f"{final.name}.draft")
    draft.write_bytes(content)
    store.sync(draft)
    draft.replace(final)
    store.sync(final.parent)


def _run_postgresql(program: str, arguments: list[str]) -> None:
    """PostgreSQL's own program, which is told the password by its environment alone."""
    found = shutil.which(program)
    if found is None:
        raise Refused(f"{program} is missing: install PostgreSQL's client programs.")
    options: dict[str, Any] = connection.settings_dict
    where = {"--host": options["HOST"], "--port": options["PORT"], "--username": options["USER"]}
    known = [f"{name}={value}" for name, value in where.items() if value]
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL's, with words of our own
        [found, *known, f"--dbname={options['NAME']}", *arguments],
        env={**os.environ, "PGPASSWORD": str(options["PASSWORD"])},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise Refused(f"{program} failed: {words[0] if words else done.returncode}")
