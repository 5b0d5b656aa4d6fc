"""The gallery: all of one's pictures, to find and to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models.functions import Left
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from gallery.forms import FindForm

from .cards import EXCERPT
from .requests import StudioRequest, whole_number

if TYPE_CHECKING:
    from django.http import HttpResponse


@require_safe
@vary_on_headers("HX-Request")
def image_list(request: StudioRequest) -> HttpResponse:
    form = FindForm(request.GET, user=request.user)
    number = max(1, whole_number(request.GET.get("page")) or 1)
    start = (number - 1) * settings.PAGE_SIZE
    rows = form.found().annotate(excerpt=Left("prompt__text", EXCERPT))
    found = list(rows[start : start + settings.PAGE_SIZE + 1])
    context = {
        "form": form,
        "images": found[: settings.PAGE_SIZE],
        "number": number,
        "next": number + 1 if len(found) > settings.PAGE_SIZE else None,
    }
    shape = "_image_grid" if request.htmx and "page" in request.GET else "image_list"
    status = 200 if form.is_valid() else 422
    return render(request, f"gallery/{shape}.html", context, status=status)
