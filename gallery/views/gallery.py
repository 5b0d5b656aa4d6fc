"""The gallery: all of one's pictures, to find and to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models.functions import Left
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from gallery.forms import FindForm
from gallery.forms.find import line_of
from gallery.models import Prompt, SavedSearch

from .cards import EXCERPT
from .months import months
from .requests import StudioRequest, gallery_at
from .walls import last_page, stretch

if TYPE_CHECKING:
    from django.http import HttpResponse

DENSITIES = ("small", "medium", "large")
PARTS = ("after", "before")
"""What is added to a wall that is there already: it goes on in one direction."""


@require_safe
@vary_on_headers("HX-Request", "Cookie")
def image_list(request: StudioRequest) -> HttpResponse:
    if "was" in request.GET:
        # The controls were sent as they are: their words belong into the line.
        return redirect(_folded(request))
    form = FindForm(request.GET, user=request.user)
    wall = stretch(form, request.GET)
    if request.GET.get("page") == "last" or (not wall.images and (wall.number or 1) > 1):
        return redirect(_address(form, last_page(form)))
    context = {"form": form, "wall": wall, "images": wall.images, "density": _density(request)}
    context |= {"searches": SavedSearch.objects.of(request.user), "line": form.line}
    context["sort"] = str(form["sort"].data or "")
    if form.is_valid() and form.cleaned_data["prompt"]:
        own = Prompt.objects.of(request.user).annotate(excerpt=Left("text", EXCERPT))
        context["only"] = own.filter(pk=form.cleaned_data["prompt"]).first()
    if request.htmx:
        context["part"] = next((name for name in PARTS if name in request.GET), None)
    shape = "_image_grid" if context.get("part") else "image_list"
    status = 200 if form.is_valid() else 422
    answer = render(request, f"gallery/{shape}.html", context, status=status)
    if "density" in request.GET:
        answer.set_cookie("density", _density(request), max_age=31_536_000, samesite="Lax")
    return answer


@require_safe
@vary_on_headers("HX-Request")
def image_months(request: StudioRequest) -> HttpResponse:
    """How many pictures of the search each month has, and where in the gallery it begins."""
    form = FindForm(request.GET, user=request.user)
    years = months(form)
    context = {"form": form, "years": years, "total": sum(year.count for year in years)}
    context["is_part"] = bool(request.htmx)
    shape = "_image_months" if request.htmx else "image_months"
    status = 200 if form.is_valid() else 422
    return render(request, f"gallery/{shape}.html", context, status=status)


def _density(request: StudioRequest) -> str:
    """How large one likes the pictures: as asked for just now, or as last time."""
    asked = request.GET.get("density") or request.COOKIES.get("density", "")
    return asked if asked in DENSITIES else "medium"


def _folded(request: StudioRequest) -> str:
    asked = SavedSearch(line=line_of(request.GET), sort=request.GET.get("sort", ""))
    return gallery_at(asked.query)


def _address(form: FindForm, page: int) -> str:
    query = f"{form.query}&" if form.query else ""
    return gallery_at(f"{query}page={page}")
