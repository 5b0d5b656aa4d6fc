"""What became of a prompt, as people look for it in their history."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q, Sum, TextChoices, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from .charge import Charge
from .states import OPEN, TaskStatus
from .task import Task

S = TaskStatus


class Outcome(TextChoices):
    PICTURE = "picture", _("At least one picture")
    FAILED = "failed", _("At least one failed")
    DOUBTFUL = "doubtful", _("Unknown, lost or written off")
    OPEN = "open", _("Under way")
    FREE = "free", _("Nothing paid, nothing held")


_STATES = {
    Outcome.PICTURE: {S.DONE},
    Outcome.FAILED: {S.FAILED},
    Outcome.DOUBTFUL: {S.UNKNOWN, S.LOST, S.WRITTEN_OFF},
    Outcome.OPEN: OPEN,
}


def of_prompt(outcome: Outcome) -> Q:
    """The condition on a prompt that it has this outcome, whatever else became of it."""
    if outcome == Outcome.FREE:
        return ~Q(_has_cost())
    tasks = Task.objects.filter(batch__prompt=OuterRef("pk"))
    # As an expression: SQLite would take the index of states, and for each prompt walk through all
    # tasks that are done instead of through the prompt's own few.
    states = tasks.alias(state=Coalesce("status", Value(""))).filter(state__in=_STATES[outcome])
    return Q(Exists(states))


def _has_cost() -> Exists:
    """By the ledger: some kopeck of its tasks is held or spent, once all is added up."""
    sums = (
        Charge.objects.filter(task__batch__prompt=OuterRef("pk"))
        .order_by()
        .values("task__batch__prompt")
        .annotate(cost=Sum(F("held_kopecks") + F("spent_kopecks")))
    )
    return Exists(sums.filter(cost__gt=0))
