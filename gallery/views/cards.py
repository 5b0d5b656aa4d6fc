"""Task cards: everything that the one card template shows, as plain values.

A page may hold some hundreds and each tick may draw them anew, so the work is done here once, not
by the template's lookups.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.db.models.functions import Left
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gallery.models import (
    PAID_NOT_SAVED,
    Batch,
    Event,
    Image,
    Studio,
    Task,
    TaskStatus,
    span,
    typical,
)
from gallery.models.reasons import sentence
from gallery.models.task_queryset import TaskQuerySet
from gallery.templatetags.artel import shape, shorten

EXCERPT = 300
"""Characters of a prompt that a list fetches: prompts may have 32,000."""


def for_cards(tasks: TaskQuerySet) -> TaskQuerySet:
    """With everything that cards show, and of the prompt's text no more than its beginning."""
    shown: TaskQuerySet = tasks.for_cards().annotate(excerpt=Left("batch__prompt__text", EXCERPT))
    return shown.defer("batch__prompt__text", "batch__prompt__search_text")


@dataclass(frozen=True)
class Card:
    """What one card shows. Times are in seconds."""

    task: Task
    version: str
    gate: str
    """The code of why a queued task waits."""
    reason: str
    alt: str
    image: Image | None
    """Its picture, while that hangs in the gallery."""
    deleted: Image | None
    """Its picture in the trash, or what is left of it after the trash."""
    elapsed: float
    usual: float
    slow: float
    doubt: Event | None = None
    """With what an unknown task came into doubt: what is known of its answer."""

    @property
    def pk(self) -> int:
        return self.task.pk

    @property
    def status(self) -> str:
        return self.task.status

    @property
    def label(self) -> str:
        return str(TaskStatus(self.task.status).label)

    @property
    def shape(self) -> str:
        return shape(self.task.batch.prompt.ratio)

    @property
    def leaves_in(self) -> int:
        """Whole seconds for which a press can still be taken back before it is sent; else 0."""
        rest = (self.task.due_at - timezone.now()).total_seconds()
        return math.ceil(rest) if self.gate == "undo" and rest > 0 else 0

    @property
    def is_timed(self) -> bool:
        """Counted from its acceptance: what is being sent has no usual time of its own."""
        return self.task.status in PAID_NOT_SAVED

    @property
    def may_be_dismissed(self) -> bool:
        """Ended without a picture; a picture leaves for the gallery by itself."""
        ended = not self.task.is_open and self.task.status != TaskStatus.DONE
        return ended and self.task.dismissed_at is None

    @property
    def took(self) -> float | None:
        """From acceptance to readiness, once the picture is here."""
        return self.task.took if self.task.status == TaskStatus.DONE else None

    @property
    def after_all(self) -> str:
        """That its picture came when nobody could still count on it; else empty."""
        return after_all(self.task.came_after) if self.task.came_after is not None else ""

    @property
    def link_words(self) -> str:
        """How long the link to a picture that is ready and not saved surely lives; else empty."""
        return link_words(self.task.link_left) if self.task.link_left is not None else ""

    @property
    def balance_words(self) -> str:
        """What the balance says of an unknown task, once it was read; else empty."""
        found = self.task.told_by_balance
        if found is None:
            return ""
        return _("Balance: %(verdict)s.") % {"verdict": found.get_verdict_display()}

    @property
    def timing(self) -> SafeString:
        """What the page's script goes on counting from."""
        return format_html(
            'data-elapsed="{}" data-usual="{}" data-slow="{}"',
            *(f"{value:.1f}" for value in (self.elapsed, self.usual, self.slow)),
        )

    @property
    def is_late(self) -> bool:
        return self.elapsed > self.slow

    @property
    def percent(self) -> int:
        """How far along by the model's own recent times; never the whole way before it is."""
        return progress(self.elapsed, self.usual, self.slow)


def progress(elapsed: float, usual: float, slow: float) -> int:
    """Percent: even until the usual time, then ever slower. The page's script draws the same."""
    if elapsed <= usual:
        return round(80 * elapsed / usual) if usual else 0
    spread = max(slow - usual, usual / 2, 1)
    return round(80 + 19 * (1 - math.exp((usual - elapsed) / spread)))


def after_all(seconds: float) -> str:
    count, unit = span(seconds)
    words = {
        "minutes": ngettext(
            "Came after all, after %d minute", "Came after all, after %d minutes", count
        ),
        "hours": ngettext("Came after all, after %d hour", "Came after all, after %d hours", count),
        "days": ngettext("Came after all, after %d day", "Came after all, after %d days", count),
    }
    return words[unit] % count


def link_words(left: float) -> str:
    """How long a link surely lives, told in the unit that the live view looks at."""
    count, unit = span(left)
    if not count:
        return _(
            "Ready at the provider, but no link to it may live any more. It is tried all the same."
        )
    if unit == "minutes":
        words = ngettext(
            "Ready at the provider; a link to it surely lives for %d more minute.",
            "Ready at the provider; a link to it surely lives for %d more minutes.",
            count,
        )
    else:
        words = ngettext(
            "Ready at the provider; a link to it surely lives for %d more hour.",
            "Ready at the provider; a link to it surely lives for %d more hours.",
            count,
        )
    return words % count


def card(task: Task, studio: Studio, doubts: Mapping[int, Event] | None = None) -> Card:
    """One task's card. The task comes from `for_cards`, its doubt from `doubts` if that is read."""
    began = task.accepted_at
    times = typical(task.model_id, task.provider)
    gate = task.gate(studio)
    known = _doubts([task]) if doubts is None else doubts
    image: Image | None = getattr(task, "image", None)
    return Card(
        task=task,
        version=task.live_version(studio),
        gate=gate,
        reason=_gate_words(task, gate, studio) or _reason_words(task),
        alt=shorten(getattr(task, "excerpt", None) or task.batch.prompt.text),
        image=None if image and image.is_trashed else image,
        deleted=image if image and image.is_trashed else None,
        elapsed=max(0.0, (timezone.now() - began).total_seconds()) if began else 0.0,
        usual=times.usual,
        slow=times.slow,
        doubt=known.get(task.pk),
    )


def _doubts(tasks: Iterable[Task]) -> dict[int, Event]:
    return Event.objects.doubts(task.pk for task in tasks if task.status == TaskStatus.UNKNOWN)


def _gate_words(task: Task, gate: str, studio: Studio) -> str:
    """Why a queued task waits, with the reason behind a pause or a switched-off model."""
    if gate == "paused":
        return f"{sentence(gate)} {studio.pause_sentence}"
    return task.model.off_sentence if gate == "model-off" else sentence(gate)


def _reason_words(task: Task) -> str:
    """Why it is in trouble. That an open one is slow its clock says, and knows it better."""
    return "" if task.is_open and task.reason == "slow" else task.reason_sentence


def cards(tasks: Iterable[Task], studio: Studio) -> list[Card]:
    shown = list(tasks)
    doubts = _doubts(shown)
    return [card(task, studio, doubts) for task in shown]


@dataclass(frozen=True)
class BatchCards:
    """One batch's cards, which sit together under their prompt."""

    batch: Batch
    excerpt: str
    cards: list[Card]

    @property
    def shape(self) -> str:
        return self.cards[0].shape


def batches(tasks: Iterable[Task], studio: Studio) -> list[BatchCards]:
    """The cards by batch; the tasks come ordered so that those of a batch stand together."""
    grouped = groupby(cards(tasks, studio), key=lambda card: card.task.batch_id)
    together = [list(group) for _, group in grouped]
    return [BatchCards(group[0].task.batch, group[0].alt, group) for group in together]
