"""Remote ids that could not be written to their row: kept on disk until they can be.

An id is the only way to a picture that has been paid for. Its place is the task's row; when the
database refuses in that very moment, a file in DATA_DIR keeps it through a crash. Reading the
journal only fills in ids: it never creates anything at the provider.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

from gallery.archive import store
from gallery.failpoints import failpoint
from gallery.models import RemoteIdTaken, Task

if TYPE_CHECKING:
    from pathlib import Path

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def folder() -> Path:
    path: Path = settings.DATA_DIR / "journal"
    if not path.is_dir():
        path.mkdir(mode=0o700, exist_ok=True)
        store.sync(path.parent)
    return path


def note(task_id: int, claim: uuid.UUID, remote_id: str) -> None:
    """Keep the id durably: the file and its folder are synced before this returns."""
    final = folder() / f"{task_id}-{claim.hex}.json"
    draft = final.with_suffix(".tmp")
    with draft.open("w") as stream:
        json.dump({"task": task_id, "claim": claim.hex, "remote_id": remote_id}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    failpoint("journal-before-rename")
    draft.replace(final)
    failpoint("journal-renamed")
    store.sync(folder())
    failpoint("journal-folder-synced")


def replay() -> int:
    """Bring every kept id to its row; how many were. What cannot be placed stays for a person."""
    _finish_drafts()
    placed = 0
    for path in sorted(folder().glob("*.json")):
        try:
            entry = _read(path)
        except (OSError, ValueError, LookupError, TypeError):
            log.exception("journal-entry-unreadable", file=path.name)
            continue
        if _place(*entry):
            failpoint("journal-placed")
            path.unlink(missing_ok=True)
            placed += 1
        else:
            log.error("journal-entry-fits-no-task", file=path.name)
    return placed


def _finish_drafts() -> None:
    """Of writers that were killed: a draft that can be read was synced, and holds the id."""
    for draft in folder().glob("*.tmp"):
        try:
            if time.time() - draft.stat().st_mtime < settings.NOTE_SECONDS:
                continue
            _read(draft)
        except FileNotFoundError:  # its writer is alive and has just finished
            continue
        except OSError:
            log.exception("journal-draft-unreadable", file=draft.name)
        except (ValueError, LookupError, TypeError):
            draft.unlink(missing_ok=True)
        else:
            draft.replace(draft.with_suffix(".json"))


def _read(path: Path) -> tuple[int, uuid.UUID, str]:
    entry = json.loads(path.read_text())
    return int(entry["task"]), uuid.UUID(entry["claim"]), str(entry["remote_id"])


def _place(task_id: int, claim: uuid.UUID, remote_id: str) -> bool:
    if Task.objects.filter(pk=task_id, remote_id=remote_id).exists():
        return True
    try:
        return Task.objects.accept(task_id, claim, remote_id)
    except RemoteIdTaken:
        return False
