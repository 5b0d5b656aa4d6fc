"""The studio page: the composer, the cards of what is under way, and the gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from gallery.forms import ComposerForm
from gallery.jobs import submit
from gallery.models import Batch, Image, Prompt, Refusal, Studio, Task, User

from . import cards, pages
from .queue import MOST_CARDS, queue
from .requests import StudioRequest, whole_number

if TYPE_CHECKING:
    from django.http import HttpResponse


@require_safe
@vary_on_headers("HX-Request")
def studio_show(request: StudioRequest) -> HttpResponse:
    gallery = pages.gallery(request.user, whole_number(request.GET.get("before")))
    if request.htmx and "before" in request.GET:
        return render(request, "gallery/_image_tiles.html", {"gallery": gallery})
    form = ComposerForm.blank(request.user, _source(request), reference=_reference(request))
    return render(request, "gallery/studio_show.html", _studio(request.user, form, gallery))


@require_POST
def batch_create(request: StudioRequest) -> HttpResponse:
    """Accept what the composer sends, whole or not at all."""
    form = ComposerForm(request.POST, owner=request.user)
    if form.is_valid():
        try:
            return _accepted(request, submit.accept(request.user, form.order))
        except Refusal as refusal:
            form.refuse(refusal)
    if request.htmx:
        return render(request, "gallery/_composer.html", {"form": form}, status=422)
    context = _studio(request.user, form, pages.gallery(request.user, None))
    return render(request, "gallery/studio_show.html", context, status=422)


def _accepted(request: StudioRequest, batch: Batch) -> HttpResponse:
    if not request.htmx:
        return redirect("studio_show")
    form = ComposerForm.blank(request.user, count=batch.count)
    context = {"form": form, "group": fresh_cards(batch), "queue": queue(request.user)}
    return render(request, "gallery/batch_create.html", context)


def fresh_cards(batch: Batch) -> cards.BatchCards:
    """The cards of a batch as they are now."""
    tasks = cards.for_cards(Task.objects.filter(batch=batch)).order_by("position")
    return cards.batches(tasks, Studio.objects.current())[0]


def _source(request: StudioRequest) -> Prompt | None:
    """The prompt to be edited and run, when the address names one."""
    if "from" not in request.GET:
        return None
    pk = whole_number(request.GET["from"])
    if pk is None:
        raise Http404
    own = Prompt.objects.of(request.user).kept().select_related("model")
    return get_object_or_404(own, pk=pk)


def _reference(request: StudioRequest) -> str:
    """The provider's own link of the picture that the address names, while it is fresh."""
    if "reference" not in request.GET:
        return ""
    own = Image.objects.of(request.user).in_gallery().select_related("task")
    pk = whole_number(request.GET["reference"])
    image = get_object_or_404(own, pk=pk)
    if image.no_reference or image.task is None:
        messages.info(request, image.no_reference)
        return ""
    return image.task.result_url


def _studio(user: User, form: ComposerForm, gallery: pages.Page[Image]) -> dict[str, Any]:
    waiting = queue(user)
    tasks = cards.for_cards(Task.objects.of(user).on_studio_page())
    if waiting.is_long:
        tasks = tasks.nearest(MOST_CARDS)
    groups = cards.batches(tasks[:MOST_CARDS], Studio.objects.current())
    # Who has none left is told something else than who never had any.
    has_begun = not gallery.rows and Prompt.objects.of(user).exists()
    return {
        "form": form,
        "groups": groups,
        "queue": waiting,
        "gallery": gallery,
        "has_begun": has_begun,
    }
