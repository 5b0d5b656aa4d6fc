"""How money, times and pictures are written."""

from __future__ import annotations

import math
import uuid
from functools import cache
from typing import TYPE_CHECKING, Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from django.utils.translation import ngettext

from gallery.models import (
    MAX_COUNT,
    Collection,
    absence,
)
from gallery.notices import notices as told

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.safestring import SafeString

    from gallery.models import Image

register = template.Library()

ADDRESS = "@address@"
"""Stands for an address in what is drawn once for many."""

BITS = 128
"""Of the two hashes by which pictures are found to be alike: see gallery/archive/likeness.py."""

NBSP = "\N{NO-BREAK SPACE}"
STEP = 5
"""Aspect ratios are drawn in steps of 0.05: an inline style is forbidden, so each is a class."""


@register.filter
def alike(distance: int) -> str:
    """How much two pictures have in common, of the bits of their hashes."""
    return f"{round(100 * (1 - distance / BITS))}{NBSP}%"


@register.filter
def rub(kopecks: int | None) -> str:
    """Kopecks as roubles: `4 ₽`, `10.40 ₽`."""
    if kopecks is None:
        return ""
    decimals = 2 if kopecks % 100 else 0
    roubles = number_format(abs(kopecks) / 100, decimals, use_l10n=True, force_grouping=True)
    return f"{'−' if kopecks < 0 else ''}{roubles}{NBSP}₽"


@register.filter
def grouped(number: int) -> str:
    """A count as one reads it: `100,000`. Not for what is a row's number."""
    return number_format(number, use_l10n=True, force_grouping=True)


@register.filter
def pictures(count: int) -> str:
    """So many pictures: `1 picture`, `1,200 pictures`."""
    words = ngettext("%(number)s picture", "%(number)s pictures", count)
    return words % {"number": grouped(count)}


@register.filter
def shorten(text: str, length: int = 120) -> str:
    """The beginning of a prompt on one line."""
    return Truncator(" ".join(text.split())).chars(length)


@register.filter
def shape(ratio: str) -> str:
    """The class that draws a ratio such as 16:9."""
    return f"r-{ratio.replace(':', 'x')}"


@register.filter
def aspect(image: Image) -> str:
    """The class of the picture's aspect, from 0.35 to 3."""
    return aspect_class(image.width, image.height)


def aspect_class(width: int, height: int) -> str:
    """The nearest of the classes a-35, a-40 ... a-300 of the style sheet."""
    hundredths = 100 * width / max(1, height)
    return f"a-{min(300, max(35, STEP * round(hundredths / STEP)))}"


@register.filter
def seconds(value: float) -> str:
    """A length of time as a clock shows it: `0:07`, `12:30`, `1:00:00`."""
    minutes, rest = divmod(int(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def days_left(trashed_at: datetime) -> int:
    """Whole days, the last one included, until what is in the trash is purged."""
    passed = (timezone.now() - trashed_at).total_seconds()
    return max(0, math.ceil((settings.TRASH_SECONDS - passed) / 86400))


@register.filter
def thumb_width(image: Image, size: int) -> int:
    """Pixels that the thumbnail of this longest edge is wide."""
    edge = max(image.width, image.height, 1)
    return max(1, round(image.width * min(size, edge) / edge))


@register.filter
def thumb_height(image: Image, size: int) -> int:
    """Pixels that the thumbnail of this longest edge is high."""
    edge = max(image.width, image.height, 1)
    return max(1, round(image.height * min(size, edge) / edge))


@register.inclusion_tag("gallery/_notices.html", takes_context=True)
def notices(context: dict[str, Any], *, live: bool = False) -> dict[str, Any]:
    """What every page says while it is so; `live`: in a place where news of it finds it."""
    return {"notices": told(context.get("user")), "live": live}


@register.inclusion_tag("gallery/_since_left.html", takes_context=True)
def since_left(context: dict[str, Any], *, oob: bool = False) -> dict[str, Any]:
    """What came, failed and was spent while the visitor was away; `oob`: as it has changed."""
    told = {"absence": absence(context["user"]), "csrf_token": context.get("csrf_token")}
    return told | {"oob": oob}


ROWS = {"small": 7, "medium": 13, "large": 22}
"""The height in rem that a row of the gallery aims at, as in the style sheets, and on a phone how
much of its width a picture may take."""
PHONE = {"small": 30, "medium": 60, "large": 100}


@register.simple_tag(takes_context=True)
def tile_sizes(context: dict[str, Any], image: Image) -> str:
    """How wide the tile may be drawn. `auto` would be nearer the truth, but Chromium (156) never
    lets go of a picture that has it, nor of the whole stretch of the wall that it was in.
    """
    across = min(3.0, image.width / max(1, image.height))
    size = context.get("density", "medium")
    return f"(max-width: 40rem) {PHONE[size]}vw, {round(ROWS[size] * across * 1.25)}rem"


@register.simple_tag
def page_size() -> int:
    """Pictures of a page of the gallery."""
    size: int = settings.PAGE_SIZE
    return size


@register.simple_tag
def tile_stars(image: Image) -> SafeString:
    """The buttons that rate the picture of a tile."""
    address = reverse("image_rate", args=[image.pk])
    return mark_safe(_stars(image.rating).replace(ADDRESS, address))  # noqa: S308 - all our own


@cache
def _stars(rating: int) -> str:
    """Drawn once for each rating: sixty tiles have three hundred of them."""
    context = {"rated": str(rating), "rate": ADDRESS}
    return render_to_string("gallery/_tile_stars.html", context).strip()


@register.inclusion_tag("gallery/_collection_shelf.html", takes_context=True)
def collection_shelf(context: dict[str, Any]) -> dict[str, Any]:
    """One's collections beside the gallery."""
    user = context["user"]
    return {"collections": list(Collection.objects.of(user).counted(user))}


@register.filter
def fits(left_kopecks: int, price_kopecks: int) -> int:
    """How many pictures at this price there is money for; no more than a press may ask for."""
    return min(MAX_COUNT, left_kopecks // price_kopecks) if price_kopecks else MAX_COUNT


@register.filter
def times(kopecks: int, count: int) -> int:
    return kopecks * count


@register.simple_tag
def new_token() -> str:
    """A form token: every rendering of a button that spends is another press."""
    return str(uuid.uuid4())


@register.simple_tag
def ratio_shape(ratio: str) -> SafeString:
    """The outline of a ratio such as 16:9, drawn to the scale of its longer side."""
    across, down = (int(part) for part in ratio.split(":"))
    scale = 14 / max(across, down)
    width, height = across * scale, down * scale
    return format_html(
        '<svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true"><rect x="{}" y="{}" '
        'width="{}" height="{}" rx="1.5" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        "</svg>",
        *(f"{value:.1f}" for value in (9 - width / 2, 9 - height / 2, width, height)),
    )


@register.simple_tag
def live_settings() -> SafeString:
    """Where cards ask for news, and each how many seconds."""
    url = reverse("task_live")
    return format_html(' data-live="{}" data-live-url="{}"', settings.LIVE_SECONDS, url)
