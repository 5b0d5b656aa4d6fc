"""Culling: one picture large, and a key or a thumb for each thing that may become of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from gallery.forms import StandForm
from gallery.models import MOST_STARS, Culling, Image

from .requests import StudioRequest
from .run import END, START, Run

RATINGS = range(MOST_STARS + 1)


@require_safe
@vary_on_headers("HX-Request")
def image_cull(request: StudioRequest) -> HttpResponse:
    """One picture of the run with all that can be done; to htmx that alone, for its script."""
    run = Run(request, "image_cull")
    at = request.GET.get("at") or _left_off(run)
    image = _picture(run, at)
    if image is None:
        return _end(request, run)
    context = {"run": run, "start": run.address(START), "end": run.address(END)}
    context |= {"stop": run.stop(image), "image": image, "prompt": image.prompt, "ratings": RATINGS}
    if request.htmx:
        return render(request, "gallery/_cull_plate.html", context)
    place = run.place(image)
    context |= {
        "place": place,
        "total": run.total,
        "resumed": "at" not in request.GET and place > 1,
    }
    Culling.objects.stand(run.user, run.query, image.pk)
    return render(request, "gallery/image_cull.html", context)


@require_POST
def cull_stand(request: StudioRequest) -> HttpResponse:
    """Where somebody stands now, so that they can go on from there on another day."""
    form = StandForm(request.POST, user=request.user)
    if not form.is_valid():
        return HttpResponse(status=422)
    own = Image.objects.of(request.user).filter(pk=form.cleaned_data["at"])
    if own.exists():
        Culling.objects.stand(request.user, form.query, form.cleaned_data["at"])
    return HttpResponse(status=204)


def _left_off(run: Run) -> str:
    culling = Culling.objects.by_query(run.user, run.query)
    return str(culling.at) if culling and culling.at else START


def _picture(run: Run, at: str) -> Image | None:
    if at == END:
        return None
    if at != START:
        return run.picture(at)
    Culling.objects.begin(run.user, run.query)
    return run.picture(None)


def _end(request: StudioRequest, run: Run) -> HttpResponse:
    """What became of the pictures; the next run begins from the first."""
    culling = Culling.objects.by_query(run.user, run.query)
    context = {
        "run": run,
        "start": run.address(START),
        "tally": culling.tally() if culling else None,
        "first": run.found.first(),
    }
    if culling:
        Culling.objects.stand(run.user, run.query, None)
    shape = "_cull_end" if request.htmx else "image_cull"
    return render(request, f"gallery/{shape}.html", context)
