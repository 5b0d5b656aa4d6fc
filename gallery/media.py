"""Files of pictures as answers: by ourselves or by the proxy, as nothing but data to the browser.

Who may have them is the caller's to decide: members see their own, the panel shows everybody's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO

import structlog
from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import parse_etags

from gallery.archive import store, thumbnails
from gallery.archive.inspect import BadPicture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponseBase

    from gallery.models import Image, Task

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
CHUNK = 1 << 18


def thumbnail(request: HttpRequest, image: Image, size: int) -> HttpResponseBase:
    """A small copy; one that is missing is made again."""
    if size not in thumbnails.SIZES:
        raise Http404
    name = thumbnails.thumbnail_path(image.file, size)
    if not (settings.DATA_DIR / name).is_file():
        _make_thumbnails(image)
    return file(request, name, "image/webp", f'"{image.sha256}-{size}"', None)


def file(
    request: HttpRequest, name: str, mime: str, etag: str, disposition: str | None
) -> HttpResponseBase:
    """A file below DATA_DIR."""
    answer: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = _content(name)
        answer["Content-Type"] = mime
    if disposition:
        answer["Content-Disposition"] = disposition
    answer["Cache-Control"] = "private, max-age=31536000, immutable"
    return _inert(answer, etag)


def download(
    request: HttpRequest, name: str, mime: str, etag: str, filename: str
) -> HttpResponseBase:
    """A large file below DATA_DIR, to be kept: whoever was interrupted goes on where they were.

    The ETag stands for exactly these bytes, for ever.
    """
    answer: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = _accelerated(name) if settings.ACCEL_REDIRECT else _part(request, name, etag)
        answer["Content-Type"] = mime
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "private, no-cache"
    return _inert(answer, etag)


def aside(request: HttpRequest, task: Task, sha256: str) -> HttpResponseBase:
    """What was paid for and is no picture. Never by the proxy, which knows no way there."""
    if sha256 not in {one.sha256 for one in put_aside(task)}:
        raise Http404
    etag = f'"{sha256}"'
    answer: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = _part(request, f"{store.QUARANTINE}/task-{task.pk}.{sha256}", etag)
        answer["Content-Type"] = "application/octet-stream"
    answer["Content-Disposition"] = f'attachment; filename="artel-task-{task.pk}-{sha256}.bin"'
    answer["Cache-Control"] = "private, no-cache"
    return _inert(answer, etag)


def put_aside(task: Task) -> list[store.Aside]:
    """The files of a task that are in quarantine."""
    return store.in_quarantine(settings.DATA_DIR, f"task-{task.pk}")


def _inert(answer: HttpResponseBase, etag: str) -> HttpResponseBase:
    """Nothing but data to a browser, whatever is in it."""
    answer["ETag"] = etag
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _make_thumbnails(image: Image) -> None:
    try:
        thumbnails.make(settings.DATA_DIR / image.file, settings.DATA_DIR, image.file)
    except (BadPicture, OSError) as error:
        log.warning("no-thumbnail", image=image.pk, error=str(error))
        raise Http404 from error


def _content(name: str) -> HttpResponseBase:
    return _accelerated(name) if settings.ACCEL_REDIRECT else FileResponse(_opened(name))


def _accelerated(name: str) -> HttpResponse:
    return HttpResponse(headers={"X-Accel-Redirect": f"/accel/{name}"})


def _opened(name: str) -> BinaryIO:
    try:
        return (settings.DATA_DIR / name).open("rb")
    except FileNotFoundError as error:
        log.warning("file-is-missing", file=name)
        raise Http404 from error


def _part(request: HttpRequest, name: str, etag: str) -> HttpResponseBase:
    """The part that was asked for: one range of bytes; else, or of another file, all of it."""
    file = _opened(name)
    size = file.seek(0, 2)
    condition = parse_etags(request.headers.get("If-Range", etag))
    wanted = request.headers.get("Range", "") if condition == [etag] else ""
    found = RANGE.fullmatch(wanted.strip())
    if found is None or not any(found.groups()):
        return _stream(file, 0, size)
    first, last = _bounds(found[1], found[2], size)
    if first > last or first >= size:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    answer = _stream(file, first, last + 1 - first)
    answer.status_code = 206
    answer["Content-Range"] = f"bytes {first}-{last}/{size}"
    return answer


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte; without a first one so many from the end."""
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1


def _stream(file: BinaryIO, start: int, length: int) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(_Bytes(file, start, length))
    answer["Content-Length"] = str(length)
    return answer


class _Bytes:
    """A part of an open file, which is closed with the answer, be it read or not."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file = file
        self._left = length
        file.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = self._file.read(min(CHUNK, self._left)) if self._left > 0 else b""
        if not chunk:
            self.close()
            raise StopIteration
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._file.close()
