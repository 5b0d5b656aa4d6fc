"""Recipes: what a user asked for, and the pictures given as context."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Left
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .image import Image
from .image_model import ImageModel
from .line import line_up
from .numbers import numbers
from .outcome import Outcome, of_prompt
from .states import OPEN, TaskStatus
from .task import Task

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from .image import ImageQuerySet
    from .task_queryset import TaskQuerySet
    from .user import User

MAX_TEXT = 32_000
"""Characters of a prompt. The remote's own limit is undocumented."""


def fold(text: str) -> str:
    """Text for searching: case of every alphabet folded, е and ё alike, white space single.

    SQLite's LIKE folds ASCII alone, so what is compared is folded before it is stored.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return " ".join(folded.split())


def recipe_hash(model_id: int, text: str, ratio: str, references: Sequence[str]) -> str:
    """SHA-256 of all that makes the picture: two prompts with the same one are one recipe."""
    recipe = [model_id, text, ratio, list(references)]
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()


class PromptQuerySet(models.QuerySet["Prompt"]):
    def of(self, user: User) -> PromptQuerySet:
        return self.filter(owner=user)

    def among(self, pks: Iterable[int]) -> PromptQuerySet:
        """Those with one of these numbers, the oldest first."""
        return self.filter(pk__in=numbers(pks)).order_by("pk")

    def kept(self) -> PromptQuerySet:
        """In the history: not in the trash."""
        return self.filter(trashed_at=None)

    def with_outcome(self, outcome: Outcome) -> PromptQuerySet:
        return self.filter(of_prompt(outcome))

    def for_model(self, model: ImageModel) -> PromptQuerySet:
        """As an expression, so that the owner's index is used, not that of all models."""
        return self.alias(for_model=Coalesce("model", 0)).filter(for_model=model.pk)

    def of_recipe(self, recipe: str) -> PromptQuerySet:
        """Those of exactly this recipe; none for the empty one, which purged prompts have."""
        return self.filter(recipe_hash=recipe) if recipe else self.none()

    def like(self, pk: int) -> PromptQuerySet:
        """The prompt pk and those of the same recipe, among these; none when it is not of these."""
        twin = self.filter(pk=pk).order_by().values("recipe_hash")[:1]
        return self.exclude(recipe_hash="").filter(recipe_hash=Subquery(twin))

    def since(self, when: datetime) -> PromptQuerySet:
        return self.filter(created_at__gte=when)

    def until(self, when: datetime) -> PromptQuerySet:
        """Written before that moment."""
        return self.filter(created_at__lt=when)

    def before(self, pk: int | None) -> PromptQuerySet:
        """The page that follows the prompt pk; a keyset, so any depth costs the same."""
        return self if pk is None else self.filter(pk__lt=pk)

    def with_parent(self, letters: int) -> PromptQuerySet:
        """With the beginning of the prompt that each was edited from, and whether it is deleted."""
        return self.annotate(
            parent_excerpt=Left("parent__text", letters), parent_trashed_at=F("parent__trashed_at")
        )

    def child_counts(self, prompts: Iterable[int]) -> dict[int, int]:
        """How many prompts each of these was edited into; none is missing."""
        children = self.filter(parent__in=prompts).order_by()
        return dict(children.values_list("parent").annotate(Count("pk")))

    # The trash

    def in_trash(self) -> PromptQuerySet:
        """Deleted, and still to be had back."""
        return self.filter(trashed_at__isnull=False, purged_at=None)

    def trashed_before(self, when: datetime) -> PromptQuerySet:
        """In the trash since then or longer."""
        return self.in_trash().filter(trashed_at__lte=when)

    def at_rest(self) -> PromptQuerySet:
        """Of which no task is under way or unknown: nothing more will be sent or paid."""
        return self.exclude(Exists(_busy_tasks(OuterRef("pk"))))

    def hold_kept(self, pks: Collection[int]) -> bool:
        """Whether none of these is deleted, nor will be before the caller's transaction ends."""
        held = self.kept().select_for_update(no_key=True).among(pks).values_list("pk")
        return not pks or len(held) == len(pks)

    @transaction.atomic
    def trash(
        self, pk: int, *, since: datetime | None = None, images: Sequence[int] | None = None
    ) -> bool:
        """Take a prompt out of the history, with its pictures; not while a task of it is busy.

        As if it lay there since then, and with these of its pictures alone, when that is taken back
        by which they left.
        """
        line_up(self.filter(pk=pk).values("owner"))
        # The lock first: a new batch takes the same one, so that none slips past the question.
        if not self.hold_kept([pk]) or _busy_tasks(pk).exists():
            return False
        since = since or timezone.now()
        pictures = pictures_of(pk).in_gallery()
        if images is not None:
            pictures = pictures.filter(pk__in=numbers(images))
        self.model.objects.filter(pk=pk).update(trashed_at=since)
        pictures.update(trashed_at=since)
        return True

    @transaction.atomic
    def restore(self, pk: int) -> bool:
        """Bring it back, with exactly the pictures that went along with it."""
        line_up(self.filter(pk=pk).values("owner"))
        prompt = self.in_trash().select_for_update(no_key=True).filter(pk=pk).first()
        if prompt is None:
            return False
        pictures_of(pk).in_trash().filter(trashed_at=prompt.trashed_at).update(trashed_at=None)
        self.model.objects.filter(pk=pk).update(trashed_at=None)
        return True

    @transaction.atomic
    def purge(self, pk: int) -> bool:
        """Erase the words and links of a prompt in the trash; tasks, charges and dates stay."""
        row = self.in_trash().at_rest().filter(pk=pk)
        if row.update(text="", search_text="", recipe_hash="", purged_at=timezone.now()) != 1:
            return False
        Reference.objects.filter(prompt=pk).delete()
        return True

    def write(
        self,
        *,
        owner: User,
        text: str,
        model: ImageModel,
        ratio: str,
        references: Sequence[str] = (),
        parent: Prompt | None = None,
    ) -> Prompt:
        """Keep a recipe with its references, in their order."""
        prompt = self.create(
            owner=owner,
            text=text,
            search_text=fold(text),
            recipe_hash=recipe_hash(model.pk, text, ratio, references),
            model=model,
            ratio=ratio,
            parent=parent,
        )
        Reference.objects.bulk_create(
            Reference(prompt=prompt, position=n, url=url) for n, url in enumerate(references)
        )
        return prompt


def _busy_tasks(prompt: int | OuterRef) -> TaskQuerySet:
    return Task.objects.filter(batch__prompt=prompt, status__in=OPEN | {TaskStatus.UNKNOWN})


def pictures_of(prompt: int) -> ImageQuerySet:
    """Its pictures, with no join: an UPDATE of them has its conditions on the row's own columns."""
    return Image.objects.filter(task__in=Task.objects.filter(batch__prompt=prompt).values("pk"))


class Prompt(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="prompts",
        db_index=False,
        verbose_name=_("owner"),
    )
    text = models.TextField(_("text"), validators=[MaxLengthValidator(MAX_TEXT)])
    search_text = models.TextField(_("text for the search"), editable=False)
    # Finds those who ask for the same again; empty once the words are purged, for it names them.
    recipe_hash = models.CharField(
        _("hash of the recipe"), max_length=64, blank=True, default="", editable=False
    )
    model = models.ForeignKey(
        ImageModel, on_delete=models.PROTECT, related_name="prompts", verbose_name=_("model")
    )
    ratio = models.CharField(_("ratio"), max_length=8)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        verbose_name=_("edited from"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    # In the trash since; then its words are gone, and its tasks and charges stay.
    trashed_at = models.DateTimeField(_("in the trash since"), null=True, editable=False)
    purged_at = models.DateTimeField(_("purged at"), null=True, editable=False)

    objects = PromptQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("prompt")
        verbose_name_plural = _("prompts")
        indexes = [
            models.Index(fields=["owner", "-id"], name="prompt_of_owner"),
            models.Index(fields=["owner", "recipe_hash"], name="prompt_of_recipe"),
            models.Index(
                fields=["trashed_at"],
                condition=models.Q(trashed_at__isnull=False, purged_at=None),
                name="prompt_in_trash",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def is_trashed(self) -> bool:
        return self.trashed_at is not None

    @property
    def is_purged(self) -> bool:
        return self.purged_at is not None

    @property
    def reference_urls(self) -> list[str]:
        return [reference.url for reference in self.references.all()]


class Reference(models.Model):
    """A picture given as context: a public link, which the provider fetches and we never do."""

    prompt = models.ForeignKey(
        Prompt,
        on_delete=models.PROTECT,
        related_name="references",
        db_index=False,
        verbose_name=_("prompt"),
    )
    position = models.PositiveSmallIntegerField(_("position"))
    url = models.TextField(_("link"))

    class Meta:
        ordering = ["position"]
        verbose_name = _("reference")
        verbose_name_plural = _("references")
        constraints = [
            models.UniqueConstraint(fields=["prompt", "position"], name="one_reference_a_place")
        ]

    def __str__(self) -> str:
        return self.url
