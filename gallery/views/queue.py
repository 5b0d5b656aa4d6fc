"""What waits to be sent, as the studio's page tells it around its cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from gallery.models import Budget, Task

from .requests import StudioRequest, is_on_studio

if TYPE_CHECKING:
    from gallery.models import User

MOST_CARDS = 500
"""Cards above the gallery. Whoever has more under way sees what happens next."""


@dataclass(frozen=True)
class Queue:
    """What of somebody's waits to be sent."""

    count: int
    held_kopecks: int

    @property
    def is_long(self) -> bool:
        """Longer than the page."""
        return self.count > MOST_CARDS


def queue(user: User) -> Queue:
    return Queue(*Task.objects.of(user).queue())


def around(request: StudioRequest) -> dict[str, Any]:
    """What the studio's page shows around its cards, for an answer to it; nothing to other pages,
    which have no place for that.
    """
    if not is_on_studio(request):
        return {}
    left = Budget.objects.left(request.user, demo=settings.IS_DEMO)
    return {"left": left, "queue": queue(request.user)}
