"""The rows that a change is made to: held, and read and written a chunk at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count

from .image import Image
from .tag import MOST_TAGS, Tag, Tagging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .image import ImageQuerySet
    from .user import User

CHUNK = 900
"""Rows at a time: SQLite may take no more than 999 variables in a statement."""
MOST_AT_ONCE = 100_000
"""Pictures, or tags on pictures, that one press changes. SQLite has one writer at a time, and an
answer of a paid request waits 20 s at most for it: so many are written in 1 to 5 s.
"""


class TooManyTags(Exception):
    """A picture would have more tags than a picture may have."""


class TooMuchAtOnce(Exception):
    """More than one press may change: of pictures, at most so many."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


def own_images(
    user: User, images: ImageQuerySet, *, in_order: bool = False, each: int = 1,
    of: ImageQuerySet | None = None,
) -> Iterator[list[int]]:  # fmt: skip
    """The numbers of those that are the user's and in the gallery, or `of` these, held, a chunk at
    a time.

    Raises TooMuchAtOnce, when so many rows are written of each.
    """
    own = (Image.objects.in_gallery() if of is None else of).of(user)
    asked = images if in_order else images.order_by()
    most = MOST_AT_ONCE // max(each, 1)
    pks = list(asked.values_list("pk", flat=True)[: most + 1])
    if len(pks) > most:
        raise TooMuchAtOnce(most)
    # The last condition is looked at once more when a row is held: it may be gone by then.
    for chunk in chunks(pks):
        held = set(hold(own, chunk))
        yield [pk for pk in chunk if pk in held]


def hold(images: ImageQuerySet, pks: list[int]) -> list[int]:
    """Always in the order of the numbers: two that hold the same rows never wait for each other."""
    rows = images.filter(pk__in=pks).order_by("pk").select_for_update(no_key=True)
    return list(rows.values_list("pk", flat=True))


def chunks(pks: Iterable[int]) -> Iterator[list[int]]:
    every = list(dict.fromkeys(pks))
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]


def taggings(tags: Sequence[Tag], pks: Sequence[int]) -> set[tuple[int, int]]:
    """Which of these tags are on which of these pictures."""
    rows = Tagging.objects.filter(tag__in=tags, image__in=pks).order_by()
    return set(rows.values_list("tag", "image"))


def tag_counts(pks: Iterable[int]) -> dict[int, int]:
    rows = Tagging.objects.filter(image__in=pks).order_by().values_list("image")
    return dict(rows.annotate(Count("pk")))


def check_room(pks: Iterable[int]) -> None:
    if max(tag_counts(pks).values(), default=0) > MOST_TAGS:
        raise TooManyTags


def by_tag(tags: Iterable[Tag], images: dict[int, list[int]]) -> dict[str, Any]:
    return {"tags": [(tag.pk, tag.name, images[tag.pk]) for tag in tags]}
