"""A picture: its page, its exact original, its thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from gallery.archive import thumbnails
from gallery.archive.inspect import BadPicture
from gallery.models import Charge, Image

from .requests import StudioRequest

if TYPE_CHECKING:
    from django.http import HttpResponseBase

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

PICTURES = {"image/webp", "image/png", "image/jpeg"}
"""What a browser may draw by itself; anything else is a download."""


def _own(request: StudioRequest, pk: int) -> Image:
    images = Image.objects.of(request.user).with_file()
    return get_object_or_404(images.select_related("task__batch__prompt__model"), pk=pk)


def _own_file(request: StudioRequest, pk: int) -> Image:
    """What is in the trash can still be seen there; what was purged is gone."""
    own = Image.objects.of(request.user).with_file().only("file", "sha256", "mime")
    return get_object_or_404(own, pk=pk)


@require_safe
def image_show(request: StudioRequest, pk: int) -> HttpResponse:
    image = _own(request, pk)
    own = Image.objects.of(request.user).in_gallery()
    context = {
        "image": image,
        "task": image.task,
        "prompt": image.task.batch.prompt if image.task else None,
        "took": image.task.took if image.task else None,
        "cost": Charge.objects.spent_on(image.task) if image.task else None,
        "newer": own.after(pk).values_list("pk", flat=True).first(),
        "older": own.before(pk).order_by("-pk").values_list("pk", flat=True).first(),
    }
    return render(request, "gallery/image_show.html", context)


@require_safe
def image_original(request: StudioRequest, pk: int) -> HttpResponseBase:
    """The exact bytes that the provider made."""
    image = _own_file(request, pk)
    is_picture = image.mime in PICTURES
    disposition = content_disposition_header(
        "download" in request.GET or not is_picture, f"artel-{image.pk}.{slugify(image.extension)}"
    )
    mime = image.mime if is_picture else "application/octet-stream"
    return _media(request, image.file, mime, f'"{image.sha256}"', disposition)


@require_safe
def image_thumbnail(request: StudioRequest, pk: int, size: int) -> HttpResponseBase:
    """A small copy; one that is missing is made again."""
    image = _own_file(request, pk)
    if size not in thumbnails.SIZES:
        raise Http404
    name = thumbnails.thumbnail_path(image.file, size)
    if not (settings.DATA_DIR / name).is_file():
        _make_thumbnails(image)
    return _media(request, name, "image/webp", f'"{image.sha256}-{size}"', None)


def _make_thumbnails(image: Image) -> None:
    try:
        thumbnails.make(settings.DATA_DIR / image.file, settings.DATA_DIR, image.file)
    except (BadPicture, OSError) as error:
        log.warning("no-thumbnail", image=image.pk, error=str(error))
        raise Http404 from error


def _media(
    request: StudioRequest, name: str, mime: str, etag: str, disposition: str | None
) -> HttpResponseBase:
    """A file below DATA_DIR, by ourselves or by the proxy, as nothing but data to the browser."""
    answer: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = _file(name)
        answer["Content-Type"] = mime
    if disposition:
        answer["Content-Disposition"] = disposition
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, max-age=31536000, immutable"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _file(name: str) -> HttpResponseBase:
    if settings.ACCEL_REDIRECT:
        return HttpResponse(headers={"X-Accel-Redirect": f"/accel/{name}"})
    try:
        return FileResponse((settings.DATA_DIR / name).open("rb"))
    except FileNotFoundError as error:
        log.warning("file-is-missing", file=name)
        raise Http404 from error
