"""A picture: its page, its exact original, its thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from gallery import media
from gallery.forms import FindForm
from gallery.forms.find import Sort
from gallery.models import Charge, Image

from .marks import Marks, marks
from .requests import StudioRequest
from .walls import neighbours

if TYPE_CHECKING:
    from django.http import HttpResponseBase

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
@vary_on_headers("HX-Request")
def image_show(request: StudioRequest, pk: int) -> HttpResponse:
    return picture_page(request, pk)


def picture_page(request: StudioRequest, pk: int, found: Marks | None = None) -> HttpResponse:
    """`found` are its marks when what was sent with them is refused."""
    image = _own(request, pk)
    form = FindForm(request.GET, user=request.user)
    newer, older = neighbours(form, image)
    context = {
        "image": image,
        "marks": found or marks(image),
        "task": image.task,
        "prompt": image.task.batch.prompt if image.task else None,
        "took": image.task.took if image.task else None,
        "cost": Charge.objects.spent_on(image.task) if image.task else None,
        "newer": newer,
        "older": older,
        "twins": _twins(image),
        "query": form.query,
        "is_by_date": form.sort_order is Sort.NEWEST,
    }
    # The lightbox lays the same over the page that it was opened on.
    shape = "_image_box" if request.htmx else "image_show"
    return render(request, f"gallery/{shape}.html", context, status=422 if found else 200)


def _twins(image: Image) -> dict[str, int | None]:
    """The next ones of the same prompt, to lay beside this one."""
    same = Image.objects.filter(owner=image.owner_id, prompt=image.prompt_id).in_gallery()
    if image.prompt_id is None or image.is_trashed:
        return {}
    return {
        "newer": same.after(image.pk).values_list("pk", flat=True).first(),
        "older": same.before(image.pk).order_by("-pk").values_list("pk", flat=True).first(),
    }


@require_safe
def image_original(request: StudioRequest, pk: int) -> HttpResponseBase:
    """The exact bytes that the provider made."""
    image = _own_file(request, pk)
    is_picture = image.mime in PICTURES
    disposition = content_disposition_header(
        "download" in request.GET or not is_picture, f"artel-{image.pk}.{slugify(image.extension)}"
    )
    mime = image.mime if is_picture else "application/octet-stream"
    return media.file(request, image.file, mime, f'"{image.sha256}"', disposition)


@require_safe
def image_thumbnail(request: StudioRequest, pk: int, size: int) -> HttpResponseBase:
    """A small copy; one that is missing is made again."""
    image = _own_file(request, pk)
    return media.thumbnail(request, image, size)
