"""A clock that jumps: every time that is written down, and every claim, is then out by as much."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.utils import timezone

from gallery.models import Pause, Studio
from gallery.models.pause import CLOCK

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

JUMP_SECONDS = 300.0
"""A clock that is set right by less, or little by little, disturbs nothing."""


def are_trusted() -> bool:
    """Whether no jump waits for an administrator to look at it: until then nothing is given up or
    removed for good because its time is over.
    """
    studio = Studio.objects.current()
    if not studio.is_paused:
        return True
    return studio.pause_reason != CLOCK and not Pause.objects.is_clock_doubted()


def _steady() -> float:
    """Seconds that have passed, with those of a machine asleep where the system counts them."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class ClockGuard:
    """Compares the clock with one that nobody sets, and stops spending when it jumps."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = _steady
    ) -> None:
        self._wall, self._steady = wall, steady
        self._ahead = wall() - steady()

    def look(self) -> float:
        """Seconds of a jump since the last look that came to its end; 0.0 when there was none.

        One that cannot be written down is found once more by the next look.
        """
        ahead = self._wall() - self._steady()
        jump = ahead - self._ahead
        if abs(jump) > JUMP_SECONDS:
            log.warning("clock-jumped", seconds=round(jump))
            if not settings.IS_DEMO:
                at = timezone.now()
                Studio.objects.pause(CLOCK, note=f"{jump:+.0f} s")
                Pause.objects.note_jump(at, jump)
        else:
            jump = 0.0
        self._ahead = ahead
        return jump
