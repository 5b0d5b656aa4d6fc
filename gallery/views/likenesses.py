"""Pictures that are the same, and pictures that look alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from gallery.models import Image, Likeness
from gallery.models.likeness import COLUMNS

from .requests import StudioRequest, typed
from .walls import tiles

if TYPE_CHECKING:
    from django.http import HttpResponse

    from gallery.models import User

SHOWN = 120
"""Similar pictures: the nearest. Further than that, a search finds more."""
GROUPS = 20
"""Of duplicates on a page, each with so many pictures."""
OF_A_GROUP = 12
MOST_OF_A_PAGE = 10_000
"""Counted for a page: thousands may be of one plain colour."""
MOST_LETTERS = 64
LOOK = re.compile(r"(\d{1,5})\.(\d{1,5})\.(\d{1,5})\.(\d{1,5})\.(-?\d{1,19})", re.ASCII)


@require_safe
def image_similar(request: StudioRequest, pk: int) -> HttpResponse:
    image = get_object_or_404(Image.objects.of(request.user).with_file(), pk=pk)
    own = Image.objects.of(request.user).in_gallery()
    same = list(own.same_file(image).values_list("pk", flat=True)[:SHOWN])
    near = Likeness.objects.similar_to(image)
    pks = [one for one in near if one not in set(same)][:SHOWN]
    similar = tiles(request.user, pks)
    for one in similar:
        one.distance = near[one.pk]
    context = {
        "image": image,
        "same": tiles(request.user, same),
        "similar": similar,
        "is_seen": Likeness.objects.known().filter(pk=pk).exists(),
    }
    return render(request, "gallery/image_similar.html", context)


@require_safe
def image_duplicates(request: StudioRequest) -> HttpResponse:
    """What hangs more than once, a page at a time: the same to the eye, or `same=file`."""
    after = typed(request, "after")[:MOST_LETTERS]
    is_by_file = request.GET.get("same") == "file"
    found = (_of_one_file if is_by_file else _of_one_look)(request.user, after)
    images = {
        image.pk: image
        for image in tiles(request.user, [pk for pks in found.groups for pk in pks[:OF_A_GROUP]])
    }
    groups = [
        {
            "first": pks[0],
            "count": len(pks),
            "images": [images[pk] for pk in pks[:OF_A_GROUP] if pk in images],
        }
        for pks in found.groups
    ]
    context = {"groups": groups, "more": found.more, "is_by_file": is_by_file}
    return render(request, "gallery/image_duplicates.html", context)


@dataclass(frozen=True)
class Groups:
    """The numbers of pictures that belong together, and after which group others come."""

    groups: list[list[int]]
    more: str


def _of_one_file(user: User, after: str) -> Groups:
    own = Image.objects.of(user).in_gallery()
    found = [(row["sha256"],) for row in own.filter(sha256__gt=after).repeated()[: GROUPS + 1]]
    rows = own.filter(sha256__in=[sha256 for (sha256,) in found[:GROUPS]])
    return _groups(found, rows.order_by("sha256", "-pk").values_list("sha256", "pk"))


def _of_one_look(user: User, after: str) -> Groups:
    """By the index alone; what of them is in the trash is left out only then."""
    own = Likeness.objects.of(user)
    found = [tuple(row[:-1]) for row in own.repeated(_look(after))[: GROUPS + 1]]
    hanging = own.looking(found[:GROUPS]).filter(image__trashed_at=None, image__purged_at=None)
    return _groups(found, hanging.order_by(*COLUMNS, "-pk").values_list(*COLUMNS, "pk"))


def _groups(found: list[tuple[Any, ...]], rows: Any) -> Groups:
    """The rows of what was found, in its order, by what they have in common: all but the last
    column.
    """
    listed = list(rows[:MOST_OF_A_PAGE])
    together: dict[tuple[Any, ...], list[int]] = {}
    for *key, pk in listed:
        together.setdefault(tuple(key), []).append(pk)
    last = found[GROUPS - 1] if len(found) > GROUPS else ()
    if len(listed) == MOST_OF_A_PAGE:
        if len(together) > 1:
            together.popitem()  # which may not be whole: the next page begins with it
        last = next(reversed(together))
    groups = [pks for pks in together.values() if len(pks) > 1]
    return Groups(groups, ".".join(map(str, last)))


def _look(text: str) -> tuple[int, ...] | None:
    """A look as an address has it."""
    match = LOOK.fullmatch(text)
    return tuple(map(int, match.groups())) if match else None
