"""Hearts, stars, tags and collections of one picture, from wherever it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from gallery.forms import CollectForm, FavourForm, RateForm, TagsForm
from gallery.models import Change, Collection, Image, Tag, TooManyTags, fold

from .changes import marks_of, told
from .images import picture_page
from .marks import marks
from .requests import StudioRequest, came_from, typed, whole_number

if TYPE_CHECKING:
    from gallery.models.image import ImageQuerySet

MOST_ASKED = 900
"""Pictures whose marks are told at once."""
SUGGESTED = 12
"""Words that a field is completed by."""


def _own(request: StudioRequest, pk: int) -> Image:
    return get_object_or_404(Image.objects.of(request.user).in_gallery(), pk=pk)


def _alone(request: StudioRequest, pk: int) -> ImageQuerySet:
    """That one picture, for the verbs, which look themselves whose it is."""
    _own(request, pk)
    return Image.objects.filter(pk=pk)


@require_safe
def image_marks(request: StudioRequest, pk: int) -> HttpResponse:
    """The fragment alone."""
    context = {"marks": marks(_own(request, pk))}
    return render(request, "gallery/_image_marks.html", context)


@require_safe
def image_states(request: StudioRequest) -> HttpResponse:
    """Stars and hearts of the pictures asked for (`image`, repeated), for their tiles."""
    asked = {whole_number(text) or 0 for text in request.GET.getlist("image")[:MOST_ASKED]}
    own = Image.objects.of(request.user).in_gallery()
    return JsonResponse(marks_of(own.filter(pk__in=asked)))


@require_POST
def image_rate(request: StudioRequest, pk: int) -> HttpResponse:
    images = _alone(request, pk)
    form = RateForm(request.POST)
    if not form.is_valid():
        return _refused(request, pk)
    change = Change.objects.rate(request.user, images, form.cleaned_data["rating"])
    return told(request, change, _back(request, pk))


@require_POST
def image_favour(request: StudioRequest, pk: int) -> HttpResponse:
    images = _alone(request, pk)
    form = FavourForm(request.POST)
    on = form.is_valid() and form.cleaned_data["on"]
    change = Change.objects.favour(request.user, images, on)
    return told(request, change, _back(request, pk))


@require_POST
def image_tags(request: StudioRequest, pk: int) -> HttpResponse:
    images = _alone(request, pk)
    form = TagsForm(request.POST)
    if not form.is_valid():
        return _refused(request, pk, tags_form=form)
    verb = Change.objects.untag if form.cleaned_data["off"] else Change.objects.tag
    try:
        change = verb(request.user, images, form.cleaned_data["tags"])
    except TooManyTags:
        form.refuse()
        return _refused(request, pk, tags_form=form)
    return told(request, change, _back(request, pk))


@require_POST
def image_collect(request: StudioRequest, pk: int) -> HttpResponse:
    images = _alone(request, pk)
    form = CollectForm(request.POST)
    if not form.is_valid():
        return _refused(request, pk, collect_form=form)
    name = form.cleaned_data["collection"]
    if form.cleaned_data["off"]:
        own = Collection.objects.of(request.user)
        change = Change.objects.drop(request.user, images, get_object_or_404(own, key=fold(name)))
    else:
        collection, is_new = Collection.objects.named(request.user, name)
        change = Change.objects.collect(request.user, images, collection, is_new=is_new)
    return told(request, change, _back(request, pk))


def _back(request: StudioRequest, pk: int) -> str:
    """The page that the form was on; an address that only takes forms has the picture's page."""
    back = came_from(request)
    page = reverse("image_show", args=[pk])
    return page if back.startswith(page) else back


def _refused(
    request: StudioRequest,
    pk: int,
    tags_form: TagsForm | None = None,
    collect_form: CollectForm | None = None,
) -> HttpResponse:
    """The marks once more, or their page, with the message beside its cause."""
    found = marks(_own(request, pk), tags_form, collect_form)
    if not request.htmx:
        return picture_page(request, pk, found)
    answer = render(request, "gallery/_image_marks.html", {"marks": found}, status=422)
    answer["HX-Retarget"] = f"#marks-{pk}"
    answer["HX-Reswap"] = "outerHTML"
    return answer


# Words while one types


@require_safe
def tag_complete(request: StudioRequest) -> HttpResponse:
    """Of the tags typed so far, what the last may become: those of most pictures first."""
    *before, last = typed(request, "tags")[-4000:].split(",")
    own = Tag.objects.of(request.user).starting_with(last).by_use()
    head = "".join(f"{name.strip()}, " for name in before)
    names = [f"{head}{name}" for name in own.values_list("name", flat=True)[:SUGGESTED]]
    return render(request, "gallery/_options.html", {"names": names})


@require_safe
def collection_complete(request: StudioRequest) -> HttpResponse:
    """Collections whose name holds what was typed."""
    part = fold(typed(request, "collection")[:4000])
    own = Collection.objects.of(request.user).filter(key__contains=part)
    names = list(own.values_list("name", flat=True)[:SUGGESTED])
    return render(request, "gallery/_options.html", {"names": names})
