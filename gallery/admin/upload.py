"""The one file that an administrator may send: to the disk under a temporary name, with a limit.

No other address takes a file (see FILE_UPLOAD_HANDLERS): this handler is set by the one view that
wants it, for whoever may, once that is known, and everything that it took is gone with the request
unless it was kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.utils.translation import gettext_lazy as _

from gallery.models.reasons import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest

    from gallery.archive.store import Incoming

FIELD = "file"
AROUND = 64 * 1024
"""Bytes of a form around its file: token, names, boundaries."""
PATIENCE = 4
"""So many times the limit is read, and forgotten, before the answer: browsers listen after that."""


SENTENCES = {
    "not-a-picture": _("This is no picture."),
    "other-kind": _("This is a file of another kind: webp, png and jpeg are kept."),
    "damaged": _("The file is damaged, or not all of it."),
    "disk-refused": _("The file could not be written to disk. Nothing was kept."),
}


def file_sentence(reason: str) -> str:
    """Why a file that was sent is not kept; other codes are those of any download."""
    return str(SENTENCES.get(reason) or sentence(reason))


class Arrived(UploadedFile):  # type: ignore[type-arg]
    """A file that is on the disk: what is asked about it are its size and its bytes' own facts."""

    def __init__(self, incoming: Incoming) -> None:
        # Not the sender's name: nothing of it is of any use.
        super().__init__(None, FIELD, size=incoming.size)
        self.incoming = incoming

    def close(self) -> None:
        """Whoever opened it for receiving closes it."""


class OneFile(FileUploadHandler):
    """Takes the first file of its field. What was wrong with it is a code of reasons.py."""

    def __init__(self, request: HttpRequest, incoming: Incoming) -> None:
        super().__init__(request)
        self.incoming = incoming
        self.trouble = ""
        self.has_begun = False

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, *args, **kwargs)
        if field_name != FIELD or self.has_begun:
            raise SkipFile
        self.has_begun = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if self.incoming.size + len(raw_data) > settings.DOWNLOAD_BYTES:
            self.trouble = "too-large"
            raise SkipFile
        try:
            self.incoming.write(raw_data)
        except OSError as error:
            self.trouble = "disk-refused"
            raise SkipFile from error
        return None

    def file_complete(self, file_size: int) -> Arrived:
        return Arrived(self.incoming)


def is_far_too_large(request: HttpRequest) -> bool:
    """By what the request says of itself; the bytes are counted all the same."""
    return _length(request) > settings.DOWNLOAD_BYTES + AROUND


def let_pass(request: HttpRequest) -> None:
    """Read what nobody wants, within reason: who is still sending does not hear an answer."""
    left = min(_length(request), PATIENCE * settings.DOWNLOAD_BYTES)
    while left > 0 and (chunk := request.read(min(left, 1024 * 1024))):
        left -= len(chunk)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
