"""Whether every picture's file is there, unchanged, and no other: looking, and mending by asking.

Nothing here is paid for, and nothing that somebody may want is removed: what does not belong goes
to the quarantine. Harmless while Artel runs.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from gallery.archive import removal, store
from gallery.models import Image, Task, TaskStatus
from gallery.provider import answers
from gallery.provider.download import fetch
from gallery.provider.errors import DownloadError

from . import remote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

ORIGINALS = "originals"
PAGE = 500
"""Names that are looked up at a time."""
GONE = "the folder of the pictures is gone, or empty: mount its disk first"
_NUMBERED = re.compile(r"(?:task-(?=\d+[-.])|(?=\d+-[0-9a-f]+\.(?:json|tmp)$))(\d{1,18})")
_OF_TASK = re.compile(r"/task-(\d{1,18})-[^/]*$")


@dataclass(frozen=True)
class Fault:
    """One file that is not as it should be."""

    kind: str
    """`missing`, `changed` or `orphaned`; `unreadable` when the disk does not give it."""
    name: str
    """Relative to DATA_DIR."""
    image: int | None = None
    """The row that names it."""
    is_purged: bool = False
    """It should have gone with its row."""


@dataclass(frozen=True)
class Repair:
    """What came of mending a fault."""

    is_done: bool
    words: str


def is_gone() -> bool:
    """Whether the folder of the originals has vanished, as that of a disk that is not mounted.

    What is saved into the place where it was would be out of sight once it is back. Looked at
    twice, as the very first picture may come, file and then row, between the look and the question.
    """
    return _shows_nothing() and Image.objects.with_file().exists() and _shows_nothing()


def _shows_nothing() -> bool:
    folder: Path = settings.DATA_DIR / ORIGINALS
    try:
        return not any(folder.iterdir())
    except OSError:  # not there, or on a disk that has failed
        return True


def faults() -> Iterator[Fault]:
    """Every file that is missing, changed or orphaned. Reads all originals: minutes for many."""
    for image in Image.objects.with_file().order_by("pk").iterator(chunk_size=PAGE):
        kind = _trouble(image)
        # It may have been purged from the trash while we were looking.
        if kind and Image.objects.with_file().filter(pk=image.pk).exists():
            yield Fault(kind, image.file, image.pk)
    names: list[str] = []
    for name in _files():
        names.append(name)
        if len(names) == PAGE:
            yield from _orphans(names)
            names = []
    yield from _orphans(names)


def of_tasks() -> Iterator[tuple[int, str]]:
    """Every file that bears a task's number, and that number: originals, quarantine, journal."""
    root = settings.DATA_DIR
    for top in (ORIGINALS, store.QUARANTINE, "journal"):
        for folder, _folders, files in os.walk(root / top):
            for file in files:
                if found := _NUMBERED.match(file):
                    yield int(found[1]), os.path.relpath(os.path.join(folder, file), root)  # noqa: PTH118


def _trouble(image: Image) -> str:
    path = settings.DATA_DIR / image.file
    try:
        if path.stat().st_size != image.size:
            return "changed"
        return "" if store.digest(path) == image.sha256 else "changed"
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError:
        return "unreadable"


def _files() -> Iterator[str]:
    root = settings.DATA_DIR
    for folder, folders, files in os.walk(root / ORIGINALS):
        folders.sort()
        for file in sorted(files):
            yield os.path.relpath(os.path.join(folder, file), root)  # noqa: PTH118


def _orphans(names: list[str]) -> Iterator[Fault]:
    """Of these files, those that no row names and that nobody is bringing at this moment.

    First who is at work, then the rows: what was kept in between has its row by now.
    """
    busy = _at_work(names)
    rows = dict(Image.objects.filter(file__in=names).values_list("file", "purged_at"))
    for name in names:
        if name in rows and rows[name] is None:
            continue
        if name in busy or not (settings.DATA_DIR / name).exists():
            continue
        yield Fault("orphaned", name, is_purged=name in rows)


def _at_work(names: list[str]) -> set[str]:
    """Files whose task is being saved now, or whose file may be on its way from an upload."""
    of_task = {name: int(found[1]) for name in names if (found := _OF_TASK.search(name))}
    tasks = Task.objects.filter(pk__in=set(of_task.values()))
    saving = set(
        tasks.filter(status=TaskStatus.SAVING, claimed_until__gt=timezone.now()).values_list(
            "pk", flat=True
        )
    )
    brought = removal.promised(settings.DATA_DIR, settings.INCOMING_SECONDS)
    return {name for name, pk in of_task.items() if pk in saving} | brought


@contextlib.contextmanager
def _task_of(name: str) -> Iterator[None]:
    """A transaction in which nobody begins or ends a save of the task that the file names."""
    found = _OF_TASK.search(name)
    with transaction.atomic():
        if found is not None:
            task = Task.objects.select_for_update(no_key=True).filter(pk=int(found[1]))
            task.values_list("pk", flat=True).first()
        yield


# Mending


def repair(fault: Fault) -> Repair:
    """Mend one fault, if that can be done without any money."""
    if is_gone():
        return Repair(False, GONE)
    try:
        if fault.kind == "orphaned":
            return _put_away(fault)
        if fault.kind == "unreadable":
            return Repair(False, "the disk or the folder's rights must be mended first")
        return _fetch_anew(fault)
    except OSError as error:
        return Repair(False, f"the disk refused: {error.strerror}")


def _put_away(fault: Fault) -> Repair:
    """Many files are looked at before the first is mended: a save may have come home meanwhile."""
    digest = store.digest(settings.DATA_DIR / fault.name)
    with _task_of(fault.name):
        now = next(_orphans([fault.name]), None)
        return _put_orphan_away(now, digest) if now else Repair(True, "its picture has come")


def _put_orphan_away(fault: Fault, digest: str) -> Repair:
    root = settings.DATA_DIR
    if fault.is_purged:
        removal.remove_picture(root, fault.name)
        return Repair(True, "removed, as its picture was purged")
    path = root / fault.name
    home = _home(digest, path.stat().st_size)
    if home is not None:
        store.move(root, fault.name, home.file)
        return Repair(True, f"it is picture {home.pk}'s, and is back in its place")
    name = f"{store.QUARANTINE}/{path.name}.{digest[:12]}"
    store.move(root, fault.name, name)
    return Repair(True, f"moved to {name}")


def _home(digest: str, size: int) -> Image | None:
    """The picture whose file is missing and has been these bytes."""
    for image in Image.objects.with_file().filter(sha256=digest, size=size):
        if not (settings.DATA_DIR / image.file).exists():
            return image
    return None


def _fetch_anew(fault: Fault) -> Repair:
    """From the provider, while it still has the picture: exactly the bytes that were kept."""
    image = Image.objects.select_related("task").get(file=fault.name)
    root = settings.DATA_DIR
    link, why = _fresh_link(image.task)
    if not link:
        return Repair(False, why)
    with store.receive(root) as incoming:
        try:
            fetch(
                link,
                incoming.write,
                hosts=settings.RESULT_HOSTS,
                max_bytes=settings.DOWNLOAD_BYTES,
                seconds=settings.DOWNLOAD_SECONDS,
                connect_timeout=settings.CONNECT_SECONDS,
            )
        except DownloadError as error:
            return Repair(False, f"its link does not give it any more ({error.reason})")
        if incoming.sha256 != image.sha256:
            aside = store.quarantine(incoming, root, f"task-{image.task_id}")
            return Repair(False, f"its link gives other bytes now: {aside.relative_to(root)}")
        _put_back(incoming, image)
    return Repair(True, "fetched anew from the provider")


def _put_back(incoming: store.Incoming, image: Image) -> None:
    root = settings.DATA_DIR
    path = root / image.file
    if path.exists():
        store.move(root, image.file, f"{store.QUARANTINE}/{path.name}.{store.digest(path)[:12]}")
    with transaction.atomic():
        # Against a purge at this moment: it waits for us, or we find that it is purged.
        row = Image.objects.with_file().select_for_update().filter(pk=image.pk)
        if row.values_list("pk", flat=True).first() is not None:
            store.keep(incoming, root, image.file)


def _fresh_link(task: Task | None) -> tuple[str, str]:
    if task is None or not task.remote_id:
        return "", "it did not come from the provider: look for it in a backup"
    if task.provider != settings.PROVIDER:
        return "", "it came from another provider: look for it in a backup"
    with contextlib.closing(remote.client()) as client:
        answer = client.result(task.remote_id)
    if isinstance(answer, answers.Ready):
        return answer.url, ""
    return "", "the provider does not have it any more: look for it in a backup"


# Promises: files that are kept before their row is written


def forget_promised() -> int:
    """Remove files that were brought for a task by a process that died before the row; how many."""
    removed = 0
    for name in removal.broken_promises(settings.DATA_DIR, settings.INCOMING_SECONDS):
        removed += withdraw(name)
    return removed


def withdraw(name: str) -> bool:
    """Remove a file that was kept for a row that did not come; True when it was there.

    Whoever writes that row looks for its file in the same transaction: one of both comes first.
    """
    with _task_of(name):
        if Image.objects.filter(file=name).exists():
            return False
        was_there: bool = (settings.DATA_DIR / name).exists()
        removal.remove_picture(settings.DATA_DIR, name)
    if was_there:
        log.info("brought-file-removed", file=name)
    return was_there
