"""Looking at pictures, so that those that are alike are found: after a save, and for older ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from PIL import UnidentifiedImageError

from gallery.archive.likeness import likeness
from gallery.models import Image, Likeness

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gallery.models.likeness import Hashes

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

BATCH = 200
SECONDS = 3.0
"""So many pictures at a time, or for so long: a sweep is to be short."""


def note(task_id: int) -> None:
    """Look at the picture of a task that was saved just now; never an obstacle to its saving."""
    try:
        look(Image.objects.filter(task=task_id))
    except Exception:
        # The edge of the job: the picture is kept, and a sweep looks at it anew.
        log.exception("no-likeness-yet", task=task_id)


def catch_up() -> int:
    """Look at some of the pictures that nobody has looked at; returns how many."""
    try:
        return look(Likeness.objects.missing()[:BATCH])
    except OSError as error:
        log.warning("no-likenesses-yet", error=error.strerror)
        return 0


def look(images: Iterable[Image]) -> int:
    end = time.monotonic() + SECONDS
    seen = []
    for image in images:
        seen.append((image, _hashes(image)))
        if time.monotonic() > end:
            break
    Likeness.objects.keep(seen)
    return len(seen)


def _hashes(image: Image) -> Hashes | None:
    """None: its file is gone or cannot be drawn; it looks like nothing, and is not tried again.

    OSError when the disk refuses: then it is.
    """
    try:
        return likeness(settings.DATA_DIR, image.file)
    except (FileNotFoundError, UnidentifiedImageError, ValueError, SyntaxError):
        pass
    except OSError as error:
        if error.errno is not None:  # the system's; Pillow's, of half a file, have no number
            raise
    log.warning("no-likeness", image=image.pk)
    return None
