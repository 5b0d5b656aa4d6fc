"""Files of pictures as answers: by ourselves or by the proxy, as nothing but data to the browser.

Who may have them is the caller's to decide: members see their own, the panel shows everybody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.utils.cache import get_conditional_response

from gallery.archive import thumbnails
from gallery.archive.inspect import BadPicture

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from gallery.models import Image

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


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
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, max-age=31536000, immutable"
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
    if settings.ACCEL_REDIRECT:
        return HttpResponse(headers={"X-Accel-Redirect": f"/accel/{name}"})
    try:
        return FileResponse((settings.DATA_DIR / name).open("rb"))
    except FileNotFoundError as error:
        log.warning("file-is-missing", file=name)
        raise Http404 from error
