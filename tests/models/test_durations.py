"""Typical durations come from the model's own recent pictures at the same provider."""

from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone

from gallery.models import Task, User, typical
from gallery.models.durations import UNTRIED
from tests.conftest import Submit


def test_untried_then_measured(submit: Submit, alice: User) -> None:
    tasks = list(submit(alice, count=8).tasks.all())
    model = tasks[0].model_id
    assert typical(model, "demo") == UNTRIED
    now = timezone.now()
    for seconds, task in enumerate(tasks, start=10):
        Task.objects.filter(pk=task.pk).update(
            accepted_at=now, ready_at=now + timedelta(seconds=seconds)
        )
    assert typical(model, "demo") == UNTRIED, "remembered for some seconds"
    cache.clear()
    measured = typical(model, "demo")
    assert (measured.usual, measured.slow) == (13.5, 17.0)
    assert typical(model, "https://other.example") == UNTRIED
