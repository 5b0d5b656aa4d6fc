"""The months of what a search finds, counted for the date scrubber."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Count, Max, Min
from django.utils import timezone

from gallery.forms.find import Sort
from gallery.models import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gallery.forms import FindForm
    from gallery.models.image import MonthOfImages

KEEP_SECONDS = 60
"""How old counts may be. A picture that comes, or goes to the trash, is counted at once; and what
one does to pictures is, where the search asks for that.
"""


@dataclass(frozen=True)
class Month:
    start: datetime
    count: int
    place: int
    """The picture at which it begins, in the order asked for."""
    address: str
    """The query that leads there."""


@dataclass(frozen=True)
class Year:
    number: int
    months: list[Month]

    @property
    def count(self) -> int:
        return sum(month.count for month in self.months)


def months(form: FindForm) -> list[Year]:
    """By year, in the order of the gallery; of other orders than by date, the newest first."""
    counted = _counted(form)
    if form.sort_order is not Sort.OLDEST:
        counted.reverse()
    found, earlier = [], 0
    for one in counted:
        found.append(_month(form, one, earlier))
        earlier += one.count
    years = groupby(found, key=lambda month: timezone.localtime(month.start).year)
    return [Year(number, list(those)) for number, those in years]


def _month(form: FindForm, month: MonthOfImages, earlier: int) -> Month:
    place = month.oldest if form.sort_order is Sort.OLDEST else month.newest
    if form.sort_order in (Sort.NEWEST, Sort.OLDEST):
        query = f"{form.query}&at={place}" if form.query else f"at={place}"
        # Of stacks more pictures are counted than tiles stand before it.
        if earlier and not form.is_stacked:
            query = f"{query}&start={earlier}"
    else:
        # No place in such an order is a month: it is a filter there.
        line = f"{form.cleaned_data['q']} date:{timezone.localtime(month.start):%Y-%m}".strip()
        query = urlencode({"q": line, "sort": form.sort_order.value})
    return Month(month.start, month.count, place, query)


def _counted(form: FindForm) -> list[MonthOfImages]:
    """One pass over the index, however many months there are; then kept for a minute."""
    own = Image.objects.of(form.user).in_gallery()
    there = own.order_by().aggregate(
        oldest=Min("created_at"), newest=Max("created_at"), count=Count("pk")
    )
    if not there["count"] or not form.is_valid():
        return []
    starts = list(_starts(there["oldest"], there["newest"]))
    if form.search.is_of_pictures:
        return list(form.all_found().by_month(starts))
    trashed = Image.objects.of(form.user).in_trash().values_list("trashed_at", flat=True)
    there["trashed"] = trashed.order_by("-trashed_at").first()
    asked = f"{form.user.pk} {form.query} {timezone.get_current_timezone()} {there}"
    key = f"months-{hashlib.sha256(asked.encode()).hexdigest()}"
    found: list[MonthOfImages] | None = cache.get(key)
    if found is None:
        # Each picture of a stack too: to look for the newest of every prompt takes seconds.
        found = list(form.all_found().by_month(starts))
        cache.set(key, found, KEEP_SECONDS)
    return found


def _starts(oldest: datetime, newest: datetime) -> Iterator[datetime]:
    """Beginnings of months in the time zone of whoever looks, the oldest first."""
    zone = timezone.get_current_timezone()
    first = timezone.localtime(oldest)
    year, month = first.year, first.month
    while (start := datetime(year, month, 1, tzinfo=zone)) <= newest:
        yield start
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
