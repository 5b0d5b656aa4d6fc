"""Collections: pictures put together by hand, in one's own order, with a cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models.functions import Left
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from gallery.forms import NO_PLACE, MemberForm, MoveForm, NameForm
from gallery.models import Change, Collection, Image, NameTaken

from .cards import EXCERPT
from .changes import told
from .requests import StudioRequest, place_of, sent, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gallery.models.collection import MembershipQuerySet


MEMBERS = 200
"""Pictures of a collection that come at a time."""


def with_faces(collections: Sequence[Collection]) -> list[tuple[Collection, Image | None]]:
    """Each with the picture that stands for it, as `with_faces` of the rows found it; one query."""
    chosen = [getattr(one, "face", None) for one in collections]
    faces = Image.objects.in_bulk([pk for pk in chosen if pk])
    return [(one, faces.get(pk)) for one, pk in zip(collections, chosen, strict=True)]


def _own(request: StudioRequest, pk: int) -> Collection:
    own = Collection.objects.of(request.user)
    return get_object_or_404(own.with_faces(request.user), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def collection_list(request: StudioRequest) -> HttpResponse:
    """One's collections, and the form of a new one; to htmx the shelf beside the gallery."""
    if request.htmx and request.method != "POST":
        own = Collection.objects.of(request.user).counted(request.user)
        return render(request, "gallery/_collection_shelf.html", {"collections": own})
    form = NameForm(sent(request), user=request.user)
    if form.is_valid():
        name = form.cleaned_data["name"]
        made, _is_new = Collection.objects.named(request.user, name)
        return redirect("collection_show", made.pk)
    context = {
        "shelves": with_faces(list(Collection.objects.of(request.user).with_faces(request.user))),
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "gallery/collection_list.html", context, status=status)


def members(collection: Collection) -> MembershipQuerySet:
    """Its pictures in their order, those in the trash left out."""
    rows = collection.memberships.filter(image__trashed_at=None).select_related("image")
    return rows.order_by("place", "pk").annotate(excerpt=Left("image__prompt__text", EXCERPT))


@require_safe
def collection_show(request: StudioRequest, pk: int) -> HttpResponse:
    collection = _own(request, pk)
    return _page(request, collection, NameForm(user=request.user, collection=collection))


def _page(
    request: StudioRequest, collection: Collection, form: NameForm, words: str = ""
) -> HttpResponse:
    """From the picture on that `after` names, by its place and the number of its row."""
    rows = members(collection)
    after = place_of(request.GET.get("after", ""))
    is_first = len(after) < 2
    if not is_first:
        rows = rows.beyond(*after)
    found = list(rows[: MEMBERS + 1])
    shown = found[:MEMBERS]
    context = {
        "collection": collection,
        "members": shown,
        "after": f"{shown[-1].place}.{shown[-1].pk}" if len(found) > MEMBERS else "",
        "is_first": is_first,
        "form": form,
        "words": words,
    }
    shape = "_collection_members" if request.htmx and not is_first else "collection_show"
    status = 422 if form.is_bound or words else 200
    return render(request, f"gallery/{shape}.html", context, status=status)


@require_POST
def collection_rename(request: StudioRequest, pk: int) -> HttpResponse:
    collection = _own(request, pk)
    form = NameForm(request.POST, user=request.user, collection=collection)
    if not form.is_valid():
        return _not_renamed(request, collection, form)
    try:
        change = Change.objects.rename(request.user, collection, form.cleaned_data["name"])
    except NameTaken:  # since the form was checked
        form.refuse()
        return _not_renamed(request, collection, form)
    return told(request, change, _show(pk))


def _not_renamed(request: StudioRequest, collection: Collection, form: NameForm) -> HttpResponse:
    """Said beside the field: to htmx by the form alone, which takes the place of the one sent."""
    if not request.htmx:
        return _page(request, collection, form)
    words = {"action": request.path, "answers": "#undo", "label": _("Name"), "verb": _("Rename")}
    answer = render(request, "gallery/_name_form.html", {"form": form} | words, status=422)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#name-form", "outerHTML"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def collection_delete(request: StudioRequest, pk: int) -> HttpResponse:
    """Do without a collection, after asking; its pictures stay in the gallery."""
    collection = _own(request, pk)
    if request.method == "POST":
        Collection.objects.of(request.user).remove(collection)
        messages.success(request, _("Collection deleted. Its pictures are in the gallery."))
        return redirect("collection_list")
    return render(request, "gallery/collection_delete.html", {"collection": collection})


@require_POST
def collection_move(request: StudioRequest, pk: int) -> HttpResponse:
    """A picture to another place in the order, saved at once."""
    collection = _own(request, pk)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _not_moved(request, collection)
    data = form.cleaned_data
    change = Change.objects.move(
        request.user, collection, data["image"], after=data["after"], place=data["place"]
    )
    return told(request, change, f"{_show(pk)}#image-{data['image']}")


@require_POST
def collection_cover(request: StudioRequest, pk: int) -> HttpResponse:
    """Let one of its pictures stand for it."""
    collection = _own(request, pk)
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _not_moved(request, collection)
    change = Change.objects.cover(request.user, collection, form.cleaned_data["image"])
    return told(request, change, _show(pk))


@require_POST
def collection_drop(request: StudioRequest, pk: int) -> HttpResponse:
    """Take a picture out of it."""
    collection = _own(request, pk)
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _not_moved(request, collection)
    one = Image.objects.filter(pk=form.cleaned_data["image"])
    return told(request, Change.objects.drop(request.user, one, collection), _show(pk))


def _show(pk: int) -> str:
    return reverse("collection_show", args=[pk])


def _not_moved(request: StudioRequest, collection: Collection) -> HttpResponse:
    """Said beside the field for a place; what else may be wrong no form of ours sends."""
    if not request.htmx:
        form = NameForm(user=request.user, collection=collection)
        return _page(request, collection, form, str(NO_PLACE))
    answer = HttpResponse(str(NO_PLACE), status=422, content_type="text/plain; charset=utf-8")
    image = whole_number(request.POST.get("image"))
    answer["HX-Retarget"] = f"#place-{image}-error" if image else "#news"
    return answer
