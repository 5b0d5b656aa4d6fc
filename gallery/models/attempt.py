"""Attempts to come in that count against whoever makes them, in axes' table, until they cool off.

A row is one attempt: it stops counting by itself, and none is ever changed.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from .studio import Studio


@dataclass(frozen=True)
class Refused:
    """Too many attempts: the next one is looked at then."""

    until: datetime


@dataclass(frozen=True)
class Attempt:
    """One that may be made; forgotten when it turns out well."""

    pk: int

    def forget(self) -> None:
        AccessAttempt.objects.filter(pk=self.pk).delete()


def attempt(
    door: str, account: str, address: str | None, *, account_limit: int, address_limit: int | None
) -> Attempt | Refused:
    """Make an attempt at a door (`login`, `signup`), by an account and from an address.

    It is written down before anybody looks at the password: of many at the same time, no more
    than the limit get that far. A refused one leaves no trace, and so prolongs nothing.
    """
    Studio.objects.current()
    with transaction.atomic():
        # One after the other: two that count at the same time would both be the last to fit.
        Studio.objects.select_for_update(no_key=True).get(pk=1)
        rows = AccessAttempt.objects.filter(_counting(), path_info=door)
        ends = [_ends(rows.filter(username=account), account_limit)]
        if address_limit is not None:
            ends.append(_ends(rows.filter(ip_address=address), address_limit))
        until = max((end for end in ends if end is not None), default=None)
        if until is not None:
            return Refused(until)
        row = AccessAttempt.objects.create(
            path_info=door,
            username=account,
            ip_address=address,
            # The table wants each row to differ in these three.
            user_agent=uuid.uuid4().hex,
            failures_since_start=1,
        )
        return Attempt(row.pk)


def prune_attempts() -> int:
    """Delete the rows that count no more; how many."""
    return int(AccessAttempt.objects.exclude(_counting()).delete()[0])


def _counting() -> Q:
    return Q(attempt_time__gt=timezone.now() - settings.AXES_COOLOFF_TIME)


def _ends(rows: Any, limit: int) -> datetime | None:
    """When the lock that these rows make ends: as soon as fewer than `limit` of them count."""
    times = rows.order_by("-attempt_time").values_list("attempt_time", flat=True)
    oldest: datetime | None = times[limit - 1 : limit].first()
    return oldest + settings.AXES_COOLOFF_TIME if oldest else None
