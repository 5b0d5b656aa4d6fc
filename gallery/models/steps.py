"""From one picture to its neighbours, in whatever order a list of them has.

By the values of the picture itself, not by counting: a picture that has left the list in the
meantime still has neighbours there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .image import Image, ImageQuerySet


def beyond(order: Sequence[str], place: Sequence[int], *, itself: bool = False) -> Q:
    """What follows a place in this order, or stands at it: a value for each of its columns.

    A keyset, so that any depth costs the same, and what arrives or goes in between is neither
    shown twice nor skipped. The first condition is the range in an index of the columns.
    """
    *firsts, (last, value) = zip(order, place, strict=True)
    found = Q((f"{_way(last)}{'e' if itself else ''}", value))
    for column, value in reversed(firsts):
        way = _way(column)
        found = Q((f"{way}e", value)) & (found | Q((way, value)))
    return found


def _way(column: str) -> str:
    """The lookup of what follows in the order of a column such as `-pk`."""
    return f"{column[1:]}__lt" if column.startswith("-") else f"{column}__gt"


def backwards(order: Iterable[str]) -> list[str]:
    """The columns of the same order from its end."""
    return [column[1:] if column.startswith("-") else f"-{column}" for column in order]


def following(found: ImageQuerySet, here: Image, *, back: bool = False) -> ImageQuerySet:
    """All that follow the picture; with `back` those before it, the nearest first."""
    columns = [str(column) for column in found.query.order_by]
    order = backwards(columns) if back else columns
    place = [getattr(here, column.lstrip("-")) for column in order]
    return found.beyond(order, place).order_by(*order)


def step(found: ImageQuerySet, here: Image, *, back: bool = False) -> Image | None:
    """The picture that follows, or with `back` the one before; None at the end."""
    return following(found, here, back=back).first()


def place(found: ImageQuerySet, here: Image) -> int:
    """Which of the list the picture is: 1 for the first."""
    return following(found, here, back=True).order_by().count() + 1
