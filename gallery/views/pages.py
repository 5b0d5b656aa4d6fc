"""Lists that go on for ever, a page at a time, by the last row's number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.db.models.functions import Left

from gallery.models import Image

from .cards import EXCERPT

if TYPE_CHECKING:
    from gallery.models import User

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the number before which the next page begins (None: there is none)."""

    rows: list[Row]
    before: int | None
    is_first: bool


def page(rows: QuerySet[Row], size: int, *, is_first: bool) -> Page[Row]:
    """The first rows of an ordered list; one more is fetched to see whether it goes on."""
    found = list(rows[: size + 1])
    shown = found[:size]
    return Page(shown, shown[-1].pk if len(found) > size else None, is_first)


def gallery(user: User, before: int | None) -> Page[Image]:
    """A page of the user's own pictures, newest first."""
    images = (
        Image.objects.of(user)
        .in_gallery()
        .before(before)
        .annotate(excerpt=Left("task__batch__prompt__text", EXCERPT))
        .order_by("-pk")
    )
    return page(images, settings.PAGE_SIZE, is_first=before is None)
