"""Lengths of time as people say them: a whole number of one unit, never more than it is."""

from __future__ import annotations

from typing import Literal

Unit = Literal["minutes", "hours", "days"]

MINUTE, HOUR, DAY = 60, 3600, 86400


def span(seconds: float) -> tuple[int, Unit]:
    """Rounded down: minutes below two hours, hours below two days."""
    if seconds < 2 * HOUR:
        return int(max(0.0, seconds) // MINUTE), "minutes"
    if seconds < 2 * DAY:
        return int(seconds // HOUR), "hours"
    return int(seconds // DAY), "days"
