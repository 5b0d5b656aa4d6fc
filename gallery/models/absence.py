"""What happened to somebody's pictures and money while they were away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import Coalesce

from .charge import Charge
from .image import Image
from .task import Task

if TYPE_CHECKING:
    from .user import User

KEPT = 24 * 60 * 60
"""Seconds for which the figures are kept: they are about a time that is over."""


@dataclass(frozen=True)
class Absence:
    """Between the last request of one visit and the first of the next. Money in kopecks."""

    since: datetime
    came: int
    first: int | None
    last: int | None
    """The oldest and the newest of the pictures that came."""
    failed: int
    doubtful: int
    """Unknown or lost."""
    spent: int

    @property
    def is_empty(self) -> bool:
        return not (self.came or self.failed or self.doubtful or self.spent)


def absence(user: User) -> Absence | None:
    """What came, failed and was spent since the user left; None when there is nothing to tell, or
    it has been heard.
    """
    if user.left_at is None or user.back_at is None:
        return None
    if user.heard_back_at == user.back_at:
        return None
    key = f"absence-{user.pk}-{user.left_at.timestamp()}-{user.back_at.timestamp()}"
    found = cache.get(key)
    if found is None:
        found = _between(user, user.left_at, user.back_at)
        cache.set(key, found, KEPT)
    return None if found.is_empty else found


def _between(user: User, since: datetime, until: datetime) -> Absence:
    # The owner as an expression: the index of times is short for a time away, the owner's is long.
    when = {"created_at__gt": since, "created_at__lte": until, "whose": user.pk}
    came = (
        Image.objects.alias(whose=Coalesce("owner", 0))
        .filter(**when, trashed_at=None)
        .order_by()
        .aggregate(came=Count("pk"), first=Min("pk"), last=Max("pk"))
    )
    charges = Charge.objects.alias(whose=Coalesce("user", 0)).filter(**when)
    tasks = Task.objects.of(user)
    return Absence(
        since=since,
        **came,
        failed=tasks.failed_between(since, until).count(),
        doubtful=tasks.doubtful_between(since, until).count(),
        spent=charges.aggregate(sum=Sum("spent_kopecks"))["sum"] or 0,
    )
