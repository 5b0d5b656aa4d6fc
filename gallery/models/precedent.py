"""What was made of exactly this recipe before: asked before the same is paid for once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Q

from .prompt import Prompt
from .states import OPEN, TaskStatus
from .task import Task
from .task_filters import CONTENT_REFUSED

if TYPE_CHECKING:
    from datetime import datetime

    from .user import User

S = TaskStatus


@dataclass(frozen=True)
class Precedent:
    """What became of one recipe of one user, at the provider that is configured now."""

    recipe: str
    pictures: int
    """In the gallery; those in the trash are given up."""
    under_way: int
    unknown: int
    refused_at: datetime | None
    """When the provider last refused its content."""
    prompts: tuple[int, ...]
    """Prompts of this recipe that the history shows, newest first; no more than two."""
    picture: int | None
    """The newest in the gallery."""

    @classmethod
    def find(cls, owner: User, recipe: str) -> Precedent:
        """By the index of recipes, so that its cost is that of the recipe's own few tasks."""
        alike = Prompt.objects.of(owner).of_recipe(recipe)
        # Joined, and no subquery: SQLite would walk through all that the owner has instead.
        tasks = Task.objects.current().filter(
            batch__prompt__owner=owner, batch__prompt__recipe_hash=recipe
        )
        hangs = Q(image__trashed_at=None)
        return cls(
            recipe=recipe,
            prompts=tuple(alike.kept().order_by("-pk").values_list("pk", flat=True)[:2]),
            **tasks.aggregate(
                pictures=Count("image", filter=hangs),
                picture=Max("image", filter=hangs),
                under_way=Count("pk", filter=Q(status__in=OPEN)),
                unknown=Count("pk", filter=Q(status=S.UNKNOWN)),
                refused_at=Max("ended_at", filter=Q(status=S.FAILED, reason=CONTENT_REFUSED)),
            ),
        )

    @property
    def count(self) -> int:
        """How many there are, or may come to be."""
        return self.pictures + self.under_way + self.unknown

    @property
    def questions(self) -> tuple[str, ...]:
        """What is to be asked before the recipe is sent again; empty when nothing is."""
        has = {"owned": self.count, "refused": self.refused_at}
        return tuple(name for name, found in has.items() if found)

    @property
    def answer(self) -> str:
        """What the button carries that says: all the same. It names this very recipe."""
        return ".".join([self.recipe, *self.questions])

    def is_answered(self, answer: str) -> bool:
        """Whether the answer is to this recipe, and to everything that is to be asked by now."""
        recipe, *answered = answer.split(".")
        return not self.questions or (
            recipe == self.recipe and set(self.questions) <= set(answered)
        )
