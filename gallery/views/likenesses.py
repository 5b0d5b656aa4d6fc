"""Pictures that are the same, and pictures that look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from gallery.models import Image, Likeness

from .requests import StudioRequest, typed
from .walls import tiles

if TYPE_CHECKING:
    from django.http import HttpResponse

SHOWN = 120
"""Similar pictures: the nearest. Further than that, a search finds more."""
GROUPS = 20
"""Of duplicates on a page, each with so many pictures."""
OF_A_GROUP = 12


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
    """Files that hang more than once, a page at a time by their hash."""
    own = Image.objects.of(request.user).in_gallery()
    after = typed(request, "after")[:64]
    found = list(own.filter(sha256__gt=after).repeated()[: GROUPS + 1])
    hashes = [row["sha256"] for row in found[:GROUPS]]
    together: dict[str, list[int]] = {sha256: [] for sha256 in hashes}
    rows = own.filter(sha256__in=hashes).order_by("sha256", "-pk").values_list("sha256", "pk")
    for sha256, pk in rows[: GROUPS * 500]:
        together[sha256].append(pk)
    shown = [pk for pks in together.values() for pk in pks[:OF_A_GROUP]]
    images = {image.pk: image for image in tiles(request.user, shown)}
    groups = [
        {
            "first": pks[0],
            "count": row["count"],
            "images": [images[pk] for pk in pks[:OF_A_GROUP] if pk in images],
        }
        for row, pks in zip(found, together.values(), strict=False)
        if pks
    ]
    more = hashes[-1] if len(found) > GROUPS else ""
    context = {"groups": groups, "more": more, "is_first": not after}
    return render(request, "gallery/image_duplicates.html", context)
