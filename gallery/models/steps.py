"""From one picture to its neighbours, in whatever order a list of them has.

By the values of the picture itself, not by counting: any depth costs the same, and a picture that
has left the list in the meantime still has neighbours there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from .image import Image, ImageQuerySet


def _order(found: ImageQuerySet, *, back: bool) -> list[tuple[str, bool]]:
    """Columns of the order, and whether each one falls; the other way round for going back."""
    names = [str(name) for name in found.query.order_by]
    return [(name.lstrip("-"), name.startswith("-") != back) for name in names]


def _beyond(order: list[tuple[str, bool]], here: Image) -> Q:
    """Equal in all columns but the last, and there beyond the picture."""
    *equal, (last, falls) = order
    same = Q(**{name: getattr(here, name) for name, _ in equal})
    return same & Q(**{f"{last}__{'lt' if falls else 'gt'}": getattr(here, last)})


def step(found: ImageQuerySet, here: Image, *, back: bool = False) -> Image | None:
    """The picture that follows, or with `back` the one before; None at the end."""
    order = _order(found, back=back)
    by = [f"{'-' if falls else ''}{name}" for name, falls in order]
    # Each of these is one look at an index; together, as an OR, they would be a walk along it.
    for depth in range(len(order), 0, -1):
        near = found.filter(_beyond(order[:depth], here)).order_by(*by).first()
        if near is not None:
            return near
    return None


def place(found: ImageQuerySet, here: Image) -> int:
    """How many of the list stand before the picture, and itself: 1 for the first."""
    order = _order(found, back=True)
    before = Q()
    for depth in range(1, len(order) + 1):
        before |= _beyond(order[:depth], here)
    return found.filter(before).order_by().count() + 1
