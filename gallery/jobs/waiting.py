"""How long to wait before something is tried again, in seconds."""

from __future__ import annotations

import random

from django.conf import settings


def back_off(tries: int) -> float:
    """Full jitter: anything up to a bound that doubles with each try."""
    bound = settings.BACKOFF_BASE_SECONDS * 2 ** min(tries, 20)
    return random.uniform(0, min(settings.BACKOFF_MAX_SECONDS, bound))  # noqa: S311


def next_poll(age: float, usual: float) -> float:
    """Steps of one second while the model's own usual time lasts, then ever longer, to an hour.

    A tenth of the time overdue, so that a late picture is noticed with at most a tenth of delay;
    the jitter keeps tasks of one batch from being asked about all at once for ever.
    """
    if age <= usual:
        return settings.TICK_SECONDS
    overdue = settings.TICK_SECONDS + (age - usual) / 10
    return min(settings.POLL_MAX_SECONDS, overdue * random.uniform(0.8, 1.2))  # noqa: S311
