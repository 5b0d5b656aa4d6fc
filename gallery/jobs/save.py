"""Saving: from a link that dies to a file that stays."""

from __future__ import annotations

import errno
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import connection, transaction
from structlog.contextvars import bound_contextvars

from gallery.archive import removal, store, thumbnails
from gallery.archive.inspect import BadPicture, Facts, facts, opened
from gallery.failpoints import failpoint
from gallery.models import Image, StoredFile, Studio, Task
from gallery.provider.download import fetch
from gallery.provider.errors import DownloadError

from . import clocks, library, likenesses, pump
from .waiting import back_off

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator

    from PIL.Image import Image as Picture

    from gallery.models import User

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

NAMED_BY = 16
"""Characters of its hash that are part of a file's name."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""Of a disk, or of what its owner may use of it."""


def run() -> None:
    """The saver pump."""
    pump.run("save", Saver())


class Saver:
    """Keeps up to SAVES_IN_FLIGHT downloads going, so that a slow one holds up no other."""

    step = 0.1

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(settings.SAVES_IN_FLIGHT, "save")
        self.under_way: dict[Future[None], int] = {}

    def tick(self) -> None:
        self._reap()
        busy = set(self.under_way.values())
        free = settings.SAVES_IN_FLIGHT - len(busy)
        due = Task.objects.savable().exclude(pk__in=busy).order_by("due_at")
        for task_id in due.values_list("pk", flat=True)[:free]:
            self.under_way[self.threads.submit(_in_thread, task_id)] = task_id

    def is_idle(self) -> bool:
        # While pictures are being made, waiting here is quicker than being woken for each.
        return not (self.under_way or pump.has_work("save") or pump.has_work("poll"))

    def finish(self) -> None:
        self.threads.shutdown(wait=True)
        self._reap()

    def _reap(self) -> None:
        for future in [future for future in self.under_way if future.done()]:
            del self.under_way[future]
            future.result()


def save(task_id: int) -> None:
    """Fetch, check and keep one picture, if it is there to be saved: the whole unit of work."""
    claim = Task.objects.claim_save(task_id)
    if claim is None:
        return
    failpoint("save-claimed")
    task = Task.objects.get(pk=task_id)
    try:
        file = _fetch(task)
    except DownloadError as error:
        words = error.reason.replace("http-", "HTTP ") if "http-" in error.reason else ""
        _relink(task, claim, _download_reason(error.reason), words)
    except BadPicture as error:
        _relink(task, claim, error.reason, error.detail)
    except OSError as error:
        log.warning("not-saved-yet", task=task.pk, error=error.strerror)
        if error.errno in NO_ROOM and not settings.IS_DEMO:
            Studio.objects.pause("disk-full")
        Task.objects.save_later(task.pk, claim, "disk", back_off(task.saves))
    except Exception:
        # Nobody foresaw it: tried again when the claim has run out, but not for ever.
        if task.time_is_up and clocks.are_trusted():
            Task.objects.lose(task.pk, "never-came", claim)
        raise
    else:
        _keep(task, claim, file)
        likenesses.note(task.pk)


def _in_thread(task_id: int) -> None:
    with bound_contextvars(job="save", task=task_id):
        try:
            save(task_id)
        except Exception:
            # The edge of the job: the claim runs out and the picture is fetched again.
            log.exception("saving-broke-off")
        finally:
            connection.close()


def _keep(task: Task, claim: uuid.UUID, file: StoredFile) -> None:
    """Write the row. Asked twice a provider may give other bytes: only what is kept stays."""
    failpoint("save-before-row")
    with transaction.atomic():
        is_kept = Task.objects.keep(task.pk, claim, file)
        if is_kept:
            # Of saves that were killed before their row, or that this one was quicker than. Before
            # the row is committed, so that a kill in between leaves them to the next save.
            for stray in _originals(task) - {file.name}:
                removal.remove_picture(settings.DATA_DIR, stray)
    if not is_kept:
        kept = Image.objects.filter(task=task.pk).values_list("file", flat=True).first()
        if kept not in (None, file.name):  # another was quicker, and its picture is the one
            removal.remove_picture(settings.DATA_DIR, file.name)
    failpoint("save-row-written")


def _originals(task: Task) -> set[str]:
    """The names of the files that saves of this task have left."""
    root = settings.DATA_DIR
    found = (root / _name(task, "", "")).parent.glob(f"task-{task.pk}-*")
    return {str(path.relative_to(root)) for path in found}


def _left_behind(task: Task) -> StoredFile | None:
    """The whole picture that an earlier save kept before it died, or before the database took its
    row: the link may be dead by now.
    """
    for name in sorted(_originals(task)):
        path = settings.DATA_DIR / name
        try:
            sha256 = store.digest(path)
            if not path.name.startswith(f"task-{task.pk}-{sha256[:NAMED_BY]}"):
                continue
            with opened(path) as picture:
                known, copies = facts(picture), _shrink(picture, task)
            size = path.stat().st_size
            store.sync(path.parent)  # whoever named it so may have died before that
        except (BadPicture, OSError):
            continue
        _write_thumbnails(copies, name)
        return _described(name, sha256, size, known)
    return None


def _fetch(task: Task) -> StoredFile:
    root = settings.DATA_DIR
    if library.is_gone():
        raise FileNotFoundError(errno.ENOENT, "the folder of the originals is gone")
    if (found := _left_behind(task)) is not None:
        return found
    with store.receive(root) as incoming:
        fetch(
            task.result_url,
            incoming.write,
            hosts=settings.RESULT_HOSTS,
            max_bytes=settings.DOWNLOAD_BYTES,
            seconds=settings.DOWNLOAD_SECONDS,
            connect_timeout=settings.CONNECT_SECONDS,
        )
        failpoint("save-downloaded")
        try:
            with opened(incoming.path) as picture:
                known, copies = facts(picture), _shrink(picture, task)
        except BadPicture:
            # Paid for, so kept, but apart: what it is will be for a person to see.
            store.quarantine(incoming, root, f"task-{task.pk}")
            raise
        name = _name(task, incoming.sha256, known.extension)
        try:
            store.keep(incoming, root, name)
        except store.NameTaken:
            # Something spoiled what an earlier, interrupted save left there: stand beside it.
            name = _name(task, incoming.sha256, known.extension, again=f"-{task.saves}")
            store.keep(incoming, root, name)
        failpoint("save-before-thumbnails")
        _write_thumbnails(copies, name)
    return _described(name, incoming.sha256, incoming.size, known)


@contextmanager
def brought(task: Task, incoming: store.Incoming) -> Iterator[StoredFile]:
    """What a person brought for the task, checked as what is fetched is, and kept meanwhile.

    On leaving it is gone again, unless a picture was made of it. It has a name that no other has:
    of two who bring the same file, the one who is late takes away their own alone. Raises
    BadPicture, and OSError when the disk refuses; then nothing is kept.
    """
    with opened(incoming.path) as picture:
        known, copies = facts(picture), _shrink(picture, task)
    root = settings.DATA_DIR
    name = _name(task, incoming.sha256, known.extension, again=f"-{secrets.token_hex(4)}")
    promise = removal.promise(root, name)  # by which the sweep finds what a killed process left
    try:
        store.keep(incoming, root, name)
        failpoint("upload-kept")
        _write_thumbnails(copies, name)
        yield _described(name, incoming.sha256, incoming.size, known)
    finally:
        library.withdraw(name)
        store.remove(root, promise)


def rescue(task: Task, file: StoredFile, *, by: User) -> bool:
    """Make a picture of what was brought; False when the task is not lost any more.

    OSError when the file is gone: whoever brought it stood still for so long that it was swept.
    """
    with transaction.atomic():
        if not Task.objects.rescue(task.pk, file, by=by):
            return False
        if not (settings.DATA_DIR / file.name).exists():
            raise FileNotFoundError(errno.ENOENT, "the file was swept away", file.name)
    return True


def _described(name: str, sha256: str, size: int, known: Facts) -> StoredFile:
    return StoredFile(
        name=name,
        sha256=sha256,
        size=size,
        mime=known.mime,
        width=known.width,
        height=known.height,
        color=known.color,
    )


def _name(task: Task, sha256: str, extension: str, again: str = "") -> str:
    """The same task and bytes give the same name, so that a save done twice leaves one file."""
    day = task.created_at.astimezone(UTC)
    return f"originals/{day:%Y/%m}/task-{task.pk}-{sha256[:NAMED_BY]}{again}.{extension}"


def _shrink(picture: Picture, task: Task) -> thumbnails.Copies:
    try:
        return thumbnails.shrink(picture)
    except Exception:
        # Whatever Pillow cannot shrink: the picture itself is good, and has been paid for.
        log.exception("no-thumbnails", task=task.pk)
        return {}


def _write_thumbnails(copies: thumbnails.Copies, name: str) -> None:
    try:
        thumbnails.write(copies, settings.DATA_DIR, name)
    except OSError:
        # Thumbnails are rebuilt when they are asked for: no reason to keep a picture waiting.
        log.warning("no-thumbnails-yet", file=name)


def _relink(task: Task, claim: uuid.UUID, reason: str, detail: str) -> None:
    if task.time_is_up and clocks.are_trusted():
        Task.objects.lose(task.pk, "never-came", claim)
    else:
        wait = min(settings.POLL_MAX_SECONDS, settings.TICK_SECONDS * 2 ** min(task.saves, 20))
        Task.objects.relink(task.pk, claim, reason, detail, wait)


def _download_reason(code: str) -> str:
    known = {"gone", "too-large", "host-forbidden", "address-forbidden"}
    return code if code in known else "download-failed"
