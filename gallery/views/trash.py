"""The trash: what was deleted, for a time; putting things there, taking them back, emptying it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Left
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.jobs import purge
from gallery.models import Change, Image, Prompt

from .cards import EXCERPT
from .changes import answered, said, told
from .requests import StudioRequest, came_from, whole_number

if TYPE_CHECKING:
    from django.db.models import QuerySet

Row = TypeVar("Row", Image, Prompt)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 10**17
"""Microseconds: some three thousand years after it."""


@dataclass(frozen=True)
class Deleted(Generic[Row]):
    """What was deleted, the latest first, and where the next page begins (empty: nowhere)."""

    rows: list[Row]
    before: str


@require_safe
def trash_show(request: StudioRequest) -> HttpResponse:
    """What was deleted: pictures by themselves, and prompts, each with its pictures."""
    images = Image.objects.of(request.user).trashed_alone()
    prompts = Prompt.objects.of(request.user).in_trash().defer("text", "search_text")
    context = {
        "images": _page(
            images.annotate(excerpt=Left("task__batch__prompt__text", EXCERPT)),
            request.GET.get("images", ""),
        ),
        "prompts": _page(
            prompts.annotate(excerpt=Left("text", EXCERPT)), request.GET.get("prompts", "")
        ),
        "days": round(settings.TRASH_SECONDS / 86400),
        "is_first": not request.GET,
        "together": [] if request.GET else Change.objects.in_trash(request.user),
    }
    return render(request, "gallery/trash_show.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def trash_empty(request: StudioRequest) -> HttpResponse:
    """Empty the trash at once, after saying that this is final."""
    if request.method == "POST":
        purge.empty(request.user)
        return redirect("trash_show")
    context = {
        "images": Image.objects.of(request.user).in_trash().count(),
        "prompts": Prompt.objects.of(request.user).in_trash().count(),
    }
    return render(request, "gallery/trash_empty.html", context)


@require_POST
def image_trash(request: StudioRequest, pk: int) -> HttpResponse:
    image = get_object_or_404(Image.objects.of(request.user).with_file(), pk=pk)
    change = Change.objects.trash(request.user, Image.objects.of(request.user).filter(pk=image.pk))
    name = f"image-{pk}"
    back, events = _back(request, name), {"trashed": name}
    if not change.count:  # gone already: it is not this press that is taken back
        return said(request, change, _("Nothing had to be changed."), back, events)
    return answered(request, _("Picture deleted."), change, back, events)


@require_POST
def image_restore(request: StudioRequest, pk: int) -> HttpResponse:
    own = Image.objects.of(request.user).with_file()
    get_object_or_404(own, pk=pk)
    return told(request, Change.objects.restore(request.user, own.filter(pk=pk)))


@require_POST
def prompt_trash(request: StudioRequest, pk: int) -> HttpResponse:
    """Delete a prompt with its pictures; refused while something of it is under way."""
    prompt = get_object_or_404(Prompt.objects.of(request.user).filter(purged_at=None), pk=pk)
    change = Change.objects.trash_prompt(request.user, prompt.pk)
    if not change.count and Prompt.objects.kept().filter(pk=pk).exists():
        return _refused(request, prompt)
    return told(request, change, _back(request, f"prompt-{pk}"))


@require_POST
def prompt_restore(request: StudioRequest, pk: int) -> HttpResponse:
    prompt = get_object_or_404(Prompt.objects.of(request.user).filter(purged_at=None), pk=pk)
    change = Change.objects.restore_prompt(request.user, prompt.pk)
    return told(request, change, _back(request, f"prompt-{pk}"))


def _refused(request: StudioRequest, prompt: Prompt) -> HttpResponse:
    """Something of the prompt may still be sent or paid for."""
    if request.htmx:
        answer = render(request, "gallery/_prompt_busy.html", {"prompt": prompt}, status=422)
        answer["HX-Retarget"] = f"#prompt-{prompt.pk}-busy"
        return answer
    return render(request, "gallery/prompt_trash.html", {"prompt": prompt}, status=422)


def _back(request: StudioRequest, name: str) -> str:
    """The page that the form was on: a picture's says that it is in the trash, and leads on to the
    next; not that of a prompt which has just been deleted.
    """
    back = came_from(request)
    path = urlsplit(back).path
    noun, _dash, pk = name.partition("-")
    if path == reverse(f"{noun}_trash", args=[pk]):
        return reverse("prompt_list")
    if noun == "prompt" and path == reverse("prompt_show", args=[pk]):
        return reverse("prompt_list")
    return back or reverse("studio_show")


def _page(rows: QuerySet[Row], before: str) -> Deleted[Row]:
    """By the time of the deletion and the number, as `before` has them of the last row shown."""
    moment, pk = (whole_number(part) for part in f"{before}-".split("-")[:2])
    # A number too great for a date is none that we gave out.
    if moment is not None and pk is not None and moment < LATEST:
        when = EPOCH + timedelta(microseconds=moment)
        rows = rows.filter(Q(trashed_at__lt=when) | Q(trashed_at=when, pk__lt=pk))
    found = list(rows.order_by("-trashed_at", "-pk")[: settings.PAGE_SIZE + 1])
    shown = found[: settings.PAGE_SIZE]
    last = shown[-1] if len(found) > len(shown) else None
    return Deleted(shown, f"{_moment(last)}-{last.pk}" if last else "")


def _moment(row: Image | Prompt) -> int:
    assert row.trashed_at
    return (row.trashed_at - EPOCH) // timedelta(microseconds=1)
