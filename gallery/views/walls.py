"""The wall of the gallery, a stretch at a time: by number of the page, or on from a picture.

A page by number is for whoever wants to go far at once. Going on and back is by a place, so that
pictures that come or go in between are neither shown twice nor skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models.functions import Left

from gallery.forms.find import ORDER, Sort
from gallery.models import Image
from gallery.models.steps import backwards, following

from .cards import EXCERPT
from .requests import place_of, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict

    from gallery.forms import FindForm
    from gallery.models import User
    from gallery.models.image import ImageQuerySet

FARTHEST = 10**11
"""Pictures into a gallery, which none has."""
Row = tuple[int, ...]
"""What the order goes by: the picture's number last."""


@dataclass(frozen=True)
class Stretch:
    """Some of the pictures that were found, side by side, and what stands before and after."""

    images: list[Image]
    start: int | None = None
    """How many pictures stand before it, where that is known."""
    before: str = ""
    """The place of the first picture, when others stand before it."""
    after: str = ""
    """The place of the last, when the list goes on."""

    @property
    def number(self) -> int | None:
        """The page that it begins on."""
        return None if self.start is None else self.start // settings.PAGE_SIZE + 1

    @property
    def is_page(self) -> bool:
        return self.start is not None and self.start % settings.PAGE_SIZE == 0

    @property
    def numbers(self) -> list[int]:
        """Pages around this one that there surely are."""
        if self.number is None:
            return []
        return [*range(max(1, self.number - 2), self.number + (2 if self.after else 1))]

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.is_page and self.number and self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.is_page and self.number and self.after else None


def stretch(form: FindForm, asked: QueryDict) -> Stretch:
    """The stretch of what the form finds that the address asks for."""
    size = settings.PAGE_SIZE
    for name, way in (("after", _after), ("before", _before)):
        if place := _place(form, asked.get(name, "")):
            return way(form, place, size)
    if place := _place(form, asked.get("at", "")):
        return _at(form, place, size, whole_number(asked.get("start")))
    start = min(max(0, (whole_number(asked.get("page")) or 1) - 1) * size, FARTHEST)
    rows = _rows(form, start, size + 1)
    return Stretch(
        _images(form, rows[:size]),
        start,
        before=_name(rows[0]) if rows and start else "",
        after=_name(rows[size - 1]) if len(rows) > size else "",
    )


def neighbours(form: FindForm, image: Image) -> tuple[int | None, int | None]:
    """The pictures before and after this one in what the form finds, whether or not it does."""
    here = image
    if form.sort_order is Sort.PLACE:
        here = form.with_place(Image.objects.filter(pk=image.pk)).get()
    before, after = (
        following(form.found(), here, back=back).values_list("pk", flat=True).first()
        for back in (True, False)
    )
    return before, after


def last_page(form: FindForm) -> int:
    return max(1, -(-form.found().order_by().count() // settings.PAGE_SIZE))


def _after(form: FindForm, place: Row, size: int) -> Stretch:
    rows = _read(form.found().beyond(_order(form), place), form, size + 1)
    after = _name(rows[size - 1]) if len(rows) > size else ""
    return Stretch(_images(form, rows[:size]), before=_name(rows[0]) if rows else "", after=after)


def _before(form: FindForm, place: Row, size: int) -> Stretch:
    order = backwards(_order(form))
    rows = _read(form.found().order_by(*order).beyond(order, place), form, size + 1)
    shown = rows[:size][::-1]
    return Stretch(
        _images(form, shown),
        before=_name(shown[0]) if len(rows) > size else "",
        after=_name(shown[-1]) if shown else "",
    )


def _at(form: FindForm, place: Row, size: int, start: int | None) -> Stretch:
    """From that picture on. How many stand before it is as the address has it, for to count them is
    to walk there; and of stacks it takes too long.
    """
    rows = _read(form.found().beyond(_order(form), place, itself=True), form, size + 1)
    back = backwards(_order(form))
    earlier = form.found().order_by(*back).beyond(back, rows[0]) if rows else form.found().none()
    is_first = rows and not earlier[:1]
    if start is None and rows and not is_first and not form.is_stacked:
        start = earlier.order_by().count()
    return Stretch(
        _images(form, rows[:size]),
        0 if is_first else min(start or 0, FARTHEST) or None,
        before=_name(rows[0]) if rows and not is_first else "",
        after=_name(rows[size - 1]) if len(rows) > size else "",
    )


def _order(form: FindForm) -> Sequence[str]:
    return ORDER[form.sort_order]


def _columns(form: FindForm) -> list[str]:
    return [column.lstrip("-") for column in _order(form)]


def _rows(form: FindForm, start: int, count: int) -> list[Row]:
    return list(form.found().values_list(*_columns(form))[start : start + count])


def _read(images: ImageQuerySet, form: FindForm, count: int) -> list[Row]:
    return list(images.values_list(*_columns(form))[:count])


def _name(row: Row) -> str:
    """A place as an address has it: `3.1234`, or the number of a picture alone."""
    return ".".join(str(value) for value in row)


def _place(form: FindForm, text: str) -> Row | None:
    """The place that an address names. A picture's number alone is enough while it is there."""
    row = place_of(text)
    if not row:
        return None
    columns = _columns(form)
    if len(row) == len(columns):
        return row
    own = form.with_place(Image.objects.of(form.user).in_gallery()).filter(pk=row[-1])
    return own.values_list(*columns).first()


def _images(form: FindForm, rows: Sequence[Row]) -> list[Image]:
    """The rows that an index alone has chosen, read whole only now; however far the page is."""
    images = tiles(form.user, [row[-1] for row in rows])
    if form.is_stacked:
        prompts = {image.prompt_id for image in images if image.prompt_id}
        counts = form.all_found().counts_of_prompts(prompts)
        for image in images:
            count = counts.get(image.prompt_id or 0, 1)
            image.stack = count if count > 1 else None
    return images


def tiles(user: User, pks: Sequence[int]) -> list[Image]:
    """The user's pictures of these numbers, in this order, as tiles show them."""
    own = Image.objects.of(user).in_gallery().annotate(excerpt=Left("prompt__text", EXCERPT))
    found = own.in_bulk(pks)
    return [found[pk] for pk in pks if pk in found]
