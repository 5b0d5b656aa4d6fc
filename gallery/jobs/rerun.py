"""Running the prompts of many pictures once more: one press, one sum, whole or not at all."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import functions

from gallery.models import MAX_COUNT, Batch, Budget, Order, Prompt, line_up

from . import submit

if TYPE_CHECKING:
    from gallery.models import Left, User
    from gallery.models.image import ImageQuerySet

MOST = 10_000
"""Pictures that one press may order: one transaction writes them, in three to five seconds."""
EXCERPT = 200
"""Characters of each prompt that the question shows at most."""


@dataclass(frozen=True)
class Plan:
    """What a press would order: each prompt once for each of its pictures that were chosen."""

    lines: list[tuple[Prompt, int]]
    left_out: int
    """Pictures without a prompt, of one that was deleted, or of a model that is off."""
    left: Left | None
    """What the owner, or the studio, may still spend this month; None without a limit."""

    @property
    def count(self) -> int:
        return sum(count for _prompt, count in self.lines)

    @property
    def total_kopecks(self) -> int:
        return sum(count * prompt.model.price_kopecks for prompt, count in self.lines)

    @property
    def is_too_many(self) -> bool:
        return self.count > MOST

    @property
    def is_beyond(self) -> bool:
        return self.left is not None and self.total_kopecks > self.left.kopecks

    def orders(self, token: uuid.UUID) -> list[Order]:
        """In batches of what a batch may have; the first has the press's own token, by which it
        is known that it was accepted.
        """
        found: list[Order] = []
        for prompt, count in self.lines:
            for start in range(0, count, MAX_COUNT):
                own = uuid.uuid5(token, f"{prompt.pk}-{start}") if found else token
                size = min(MAX_COUNT, count - start)
                price = prompt.model.price_kopecks
                found.append(Order.rerun(prompt, token=own, count=size, price_kopecks=price))
        return found


def plan(owner: User, images: ImageQuerySet) -> Plan:
    """Two queries, whatever was chosen; the oldest prompt first."""
    chosen = Counter(images.order_by().values_list("prompt", flat=True))
    # Thousands of prompts may have 32,000 letters each: their beginnings are enough.
    own = Prompt.objects.of(owner).kept().select_related("model").defer("search_text", "text")
    own = own.annotate(excerpt=functions.Left("text", EXCERPT))
    prompts = [prompt for prompt in own.among(pk for pk in chosen if pk) if prompt.model.is_enabled]
    lines = [(prompt, chosen[prompt.pk]) for prompt in prompts]
    left_out = chosen.total() - sum(count for _prompt, count in lines)
    return Plan(lines, left_out, Budget.objects.left(owner, demo=settings.IS_DEMO))


@transaction.atomic
def accept(owner: User, plan: Plan, token: uuid.UUID) -> list[Batch]:
    """All of it, or nothing: a Refusal of one is one of all.

    Nothing, too, when a press with this token was accepted: what it would order now may be other
    pictures than then.
    """
    line_up([owner.pk])
    if is_accepted(owner, token):
        return []
    return submit.accept_all(owner, plan.orders(token))


def is_accepted(owner: User, token: uuid.UUID) -> bool:
    """Whether a press with this token ordered what it asked for, now or before."""
    return Batch.objects.filter(owner=owner, form_token=token).exists()
