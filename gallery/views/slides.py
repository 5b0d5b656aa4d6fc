"""A slideshow of what a search found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from .run import Run

if TYPE_CHECKING:
    from django.http import HttpResponse

    from .requests import StudioRequest

PACES = (2, 3, 5, 8, 12, 20, 30)
"""Seconds for which a picture may stay."""
PACE = 5


@require_safe
@vary_on_headers("HX-Request")
def image_slides(request: StudioRequest) -> HttpResponse:
    """One picture, alone; to htmx what the page's script puts in its place next."""
    run = Run(request, "image_slides")
    first = run.found.first()
    image = run.picture(request.GET.get("at")) or first
    context = {
        "run": run,
        "stop": run.stop(image) if image else None,
        "first": run.address(first.pk) if first else "",
        "paces": PACES,
        "pace": PACE,
    }
    shape = "_slide" if request.htmx and image else "image_slides"
    return render(request, f"gallery/{shape}.html", context)
