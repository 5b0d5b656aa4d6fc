"""From one picture to its neighbours, in whatever order a list of them has.

By the values of the picture itself, not by counting: a picture that has left the list in the
meantime still has neighbours there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .image import Image, ImageQuerySet


def _order(found: ImageQuerySet, *, back: bool) -> list[str]:
    columns = [str(column) for column in found.query.order_by]
    if not back:
        return columns
    return [column[1:] if column.startswith("-") else f"-{column}" for column in columns]


def _beyond(found: ImageQuerySet, here: Image, *, back: bool) -> ImageQuerySet:
    order = _order(found, back=back)
    place = [getattr(here, column.lstrip("-")) for column in order]
    return found.beyond(order, place).order_by(*order)


def step(found: ImageQuerySet, here: Image, *, back: bool = False) -> Image | None:
    """The picture that follows, or with `back` the one before; None at the end."""
    return _beyond(found, here, back=back).first()


def place(found: ImageQuerySet, here: Image) -> int:
    """Which of the list the picture is: 1 for the first."""
    return _beyond(found, here, back=True).order_by().count() + 1
