"""A database that was restored from a backup: it does not know what was sent since."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.conf import settings

from gallery.archive import store
from gallery.models import Studio, Task, TaskStatus
from gallery.models.numbers import number_on

from . import library

if TYPE_CHECKING:
    from pathlib import Path


def note() -> int:
    """Pause spending, and doubt what was queued; how many tasks. To be called before a start.

    What was queued may have been sent and paid for since the backup: sent again, it would be
    charged twice. What was being sent is in doubt as soon as its claim is over. A set-up link of
    before the backup lets nobody in. Files that are younger than the backup bear the numbers of
    tasks that the database has not: no other task is to get them.
    """
    Studio.objects.void_setup_token()
    # Also where it was paused at the backup: that cause was another installation's.
    Studio.objects.pause("restored", anew=True)
    if numbered := [number for number, _name in library.of_tasks()]:
        number_on(Task, max(numbered))
    queued = Task.objects.real().filter(status=TaskStatus.QUEUED)
    return sum(Task.objects.doubt_restored(pk) for pk in queued.values_list("pk", flat=True))


def saved_since() -> list[tuple[int, str]]:
    """Tasks in doubt whose picture lies there, with its name: they were sent, and paid for."""
    unknown = set(Task.objects.unknown().filter(sent_at=None).values_list("pk", flat=True))
    kept = f"{library.ORIGINALS}/"
    return sorted(
        (pk, name) for pk, name in library.of_tasks() if pk in unknown and name.startswith(kept)
    )


def announce() -> None:
    """Say durably that a database is about to be put in place of which that is to be said."""
    with _mark().open("w") as stream:
        os.fsync(stream.fileno())
    store.sync(settings.DATA_DIR)


def finish() -> int:
    """Do so when it was announced, and before anything is sent; how many tasks came in doubt."""
    if not _mark().exists():
        return 0
    doubted = note()
    _mark().unlink(missing_ok=True)
    store.sync(settings.DATA_DIR)
    return doubted


def _mark() -> Path:
    path: Path = settings.DATA_DIR / "restoring"
    return path
