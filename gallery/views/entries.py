"""Entries of the history: prompts, each with what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models.functions import Left

from gallery.models import Batch, Charge, Prompt, Studio, Task

from . import cards

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gallery.models.prompt import PromptQuerySet

SHOWN = 8
"""Cards of one prompt in the list; the newest."""
EXCERPT = 600
"""Characters of a prompt that the list fetches."""
KIN = 120
"""Characters of a prompt that is named as another's parent or child."""


@dataclass(frozen=True)
class Entry:
    """One prompt of the history. Money in kopecks."""

    prompt: Prompt
    cards: list[cards.Card]
    tasks: int
    children: int
    spent: int
    held: int
    count: int
    """Pictures of its last batch: so many a re-run makes."""

    @property
    def more(self) -> int:
        return self.tasks - len(self.cards)

    @property
    def is_refused(self) -> bool:
        """Its content was refused the last time, and to repeat that endangers the key: "Edit and
        run" leads to the composer, which warns.
        """
        newest = self.cards[0].task if self.cards else None
        return newest is not None and newest.is_content_refused

    @property
    def is_cut(self) -> bool:
        """The list has perhaps not the whole text."""
        return len(getattr(self.prompt, "excerpt", "")) == EXCERPT


def for_entries(prompts: PromptQuerySet) -> PromptQuerySet:
    """With everything that entries show, and of texts no more than their beginnings."""
    return (
        prompts.with_parent(KIN)
        .select_related("model")
        .defer("text", "search_text")
        .annotate(excerpt=Left("text", EXCERPT))
    )


def entries(prompts: Sequence[Prompt]) -> list[Entry]:
    """What became of these prompts, in as many queries for one as for twenty."""
    ids = [prompt.pk for prompt in prompts]
    shown: dict[int, list[cards.Card]] = {pk: [] for pk in ids}
    newest = cards.for_cards(Task.objects.newest_of_each(ids, SHOWN))
    for card in cards.cards(newest, Studio.objects.current()):
        shown[card.task.batch.prompt_id].append(card)
    tasks = Task.objects.counts_by_prompt(ids)
    children = Prompt.objects.child_counts(ids)
    money = Charge.objects.sums_by_prompt(ids)
    last = Batch.objects.last_counts(ids)
    return [
        Entry(
            prompt,
            shown[prompt.pk],
            tasks.get(prompt.pk, 0),
            children.get(prompt.pk, 0),
            *money.get(prompt.pk, (0, 0)),
            last.get(prompt.pk, 1),
        )
        for prompt in prompts
    ]
