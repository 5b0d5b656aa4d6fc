"""How long a model's pictures have been taking lately."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from django.core.cache import cache

from .task import Task

SAMPLE = 20
REMEMBERED_SECONDS = 10


@dataclass(frozen=True)
class Typical:
    """Seconds from acceptance to readiness: the median, and what nine of ten stay under."""

    usual: float
    slow: float


# Until a model has made three pictures: they take from seconds to about two minutes.
UNTRIED = Typical(usual=30.0, slow=120.0)


def typical(model_id: int, provider: str) -> Typical:
    """From the model's last pictures at this provider; remembered for some seconds."""
    key = f"typical:{model_id}:{provider}"
    known: Typical | None = cache.get(key)
    if known is None:
        known = _measure(model_id, provider)
        cache.set(key, known, REMEMBERED_SECONDS)
    return known


def _measure(model_id: int, provider: str) -> Typical:
    times = (
        Task.objects.timed()
        .filter(model_id=model_id, provider=provider)
        .order_by("-ready_at")
        .values_list("accepted_at", "ready_at")[:SAMPLE]
    )
    seconds = sorted(
        (ready - accepted).total_seconds() for accepted, ready in times if ready and accepted
    )
    if len(seconds) < 3:
        return UNTRIED
    return Typical(statistics.median(seconds), seconds[int(len(seconds) * 0.9)])
