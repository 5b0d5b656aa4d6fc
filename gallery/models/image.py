"""Kept pictures: the original's exact bytes, described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    Max,
    Min,
    OuterRef,
    Q,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .line import line_up
from .numbers import numbers
from .reasons import sentence
from .steps import beyond

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from .task import Task
    from .user import User


MOST_STARS = 5


# What a search asks of pictures, in the index of each order: none that is refused is looked at.
FOUND_BY = ("prompt", "model", "ratio", "favourite", "created_at")


@dataclass(frozen=True)
class StoredFile:
    """A complete original under DATA_DIR/originals, as the archive checked it."""

    name: str
    sha256: str
    size: int
    """Bytes."""
    mime: str
    width: int
    height: int
    """Pixels, as displayed."""
    color: str
    """Average colour, `#rrggbb`: the placeholder while the thumbnail loads."""


@dataclass(frozen=True)
class MonthOfImages:
    """How many pictures are of a month, and which are the first and the last to have come."""

    start: datetime
    count: int
    newest: int
    oldest: int


def _span_of(starts: Sequence[datetime], low: int, high: int) -> Case | Value:
    """Which of the spans from low up to high a picture is of."""
    if high - low < 2:
        return Value(low)
    middle = (low + high) // 2
    earlier = When(created_at__lt=starts[middle], then=_span_of(starts, low, middle))
    return Case(earlier, default=_span_of(starts, middle, high))


def _stacks(pks: Sequence[int]) -> models.QuerySet[Image, Any]:
    """The numbers of these pictures and of those with the same prompt as one of them.

    Not as one question with OR, which PostgreSQL asks of every picture that there is.
    """
    named = Image.objects.filter(pk__in=numbers(pks)).order_by()
    prompts = named.exclude(prompt=None).values("prompt")
    of_prompts = Image.objects.filter(prompt__in=prompts).order_by()
    return named.values("pk").union(of_prompts.values("pk"))


class ImageQuerySet(models.QuerySet["Image"]):
    def of(self, user: User) -> ImageQuerySet:
        return self.filter(owner=user)

    def among(self, pks: Sequence[int]) -> ImageQuerySet:
        """Those with one of these numbers, of which there may be more than a query has places."""
        return self.filter(pk__in=numbers(pks))

    def excluding(self, pks: Sequence[int]) -> ImageQuerySet:
        return self.exclude(pk__in=numbers(pks))

    def of_stacks(self, pks: Sequence[int]) -> ImageQuerySet:
        """Those that are of one prompt with one of these numbers, itself included."""
        return self.filter(pk__in=_stacks(pks))

    def excluding_stacks(self, pks: Sequence[int]) -> ImageQuerySet:
        return self.exclude(pk__in=_stacks(pks))

    def before(self, pk: int | None) -> ImageQuerySet:
        """The page that follows the picture pk; a keyset, so any depth costs the same."""
        return self if pk is None else self.filter(pk__lt=pk)

    def after(self, pk: int) -> ImageQuerySet:
        """Those newer than the picture pk, the nearest first."""
        return self.filter(pk__gt=pk).order_by("pk")

    # A page of an order

    def beyond(
        self, order: Sequence[str], place: Sequence[int], *, itself: bool = False
    ) -> ImageQuerySet:
        return self.filter(beyond(order, place, itself=itself))

    def with_place(self, collection: int) -> ImageQuerySet:
        """Each with its place in that collection; 0 for what is not in it."""
        there = FilteredRelation("memberships", condition=Q(memberships__collection=collection))
        return self.alias(there=there).annotate(place=Coalesce("there__place", 0))

    def heads_of_prompts(self, among: ImageQuerySet) -> ImageQuerySet:
        """Of each prompt the newest picture among these; imports, which have none, all."""
        newer = among.filter(prompt=OuterRef("prompt"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(newer))

    def counts_of_prompts(self, prompts: Iterable[int]) -> dict[int, int]:
        counted = self.order_by().filter(prompt__in=prompts).values("prompt")
        return dict(counted.annotate(count=Count("pk")).values_list("prompt", "count"))

    def same_file(self, image: Image) -> ImageQuerySet:
        """Others of its owner's that are the same, byte for byte."""
        own = self.filter(owner=image.owner_id, sha256=image.sha256)
        return own.exclude(pk=image.pk).order_by("-pk")

    def repeated(self) -> models.QuerySet[Any, Any]:
        """Files that are there more than once, by hash, with how often."""
        counted = self.order_by().values("sha256").annotate(count=Count("pk"))
        return counted.filter(count__gt=1).order_by("sha256")

    # Months

    def by_month(self, starts: Sequence[datetime]) -> Iterator[MonthOfImages]:
        """Those from each of these moments to the next; months without any are left out.

        One pass, whatever the database thinks a month is: each picture is told its place among the
        moments, by halves.
        """
        counted = (
            self.order_by()
            .annotate(month=_span_of(starts, 0, len(starts)))
            .values("month")
            .annotate(count=Count("pk"), newest=Max("pk"), oldest=Min("pk"))
        )
        for row in counted.order_by("month"):
            yield MonthOfImages(starts[row["month"]], row["count"], row["newest"], row["oldest"])

    # The trash

    def in_gallery(self) -> ImageQuerySet:
        return self.filter(trashed_at=None)

    def in_trash(self) -> ImageQuerySet:
        """Deleted, and still to be had back."""
        return self.filter(trashed_at__isnull=False, purged_at=None)

    def purged(self) -> ImageQuerySet:
        """Gone for good: their files are, or are about to be, removed."""
        return self.filter(purged_at__isnull=False)

    def with_file(self) -> ImageQuerySet:
        """Whose original is there, in the gallery or in the trash."""
        return self.filter(purged_at=None)

    def trashed_before(self, when: datetime) -> ImageQuerySet:
        """In the trash since then or longer."""
        return self.in_trash().filter(trashed_at__lte=when)

    def trashed_alone(self) -> ImageQuerySet:
        """In the trash by themselves, not along with their prompt."""
        prompt = "task__batch__prompt"
        along = Q(**{f"{prompt}__trashed_at": F("trashed_at"), f"{prompt}__purged_at": None})
        return self.in_trash().exclude(along)

    @transaction.atomic
    def purge(self) -> int:
        """Give up those of these that are in the trash: their files may be removed from now on.

        Hash, size and date stay. The conditions are on the row's own columns, so a picture that
        was restored in the meantime is left alone.
        """
        line_up(self.in_trash().values("owner"))
        return self.in_trash().update(purged_at=timezone.now())

    def keep(self, task: Task, file: StoredFile, cost_kopecks: int) -> Image:
        """A new picture; what was spent on it later, its charges add."""
        prompt = task.batch.prompt
        return self.create(
            owner_id=task.owner_id,
            task=task,
            prompt=prompt,
            model_id=prompt.model_id,
            ratio=prompt.ratio,
            cost_kopecks=cost_kopecks,
            demo=task.is_demo,
            file=file.name,
            sha256=file.sha256,
            size=file.size,
            mime=file.mime,
            width=file.width,
            height=file.height,
            color=file.color,
        )


class Image(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="images",
        db_index=False,
        verbose_name=_("owner"),
    )
    # Empty for imports.
    task = models.OneToOneField(
        "gallery.Task",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="image",
        verbose_name=_("task"),
    )
    # What the gallery is searched and sorted by stands on the row: through task, batch, prompt and
    # ledger, no index could answer. None of it changes but the cost, which each charge moves along.
    prompt = models.ForeignKey(
        "gallery.Prompt",
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="images",
        db_index=False,
        verbose_name=_("prompt"),
    )
    model = models.ForeignKey(
        "gallery.ImageModel",
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="images",
        db_index=False,
        verbose_name=_("model"),
    )
    ratio = models.CharField(_("ratio"), max_length=8, blank=True, default="", editable=False)
    cost_kopecks = models.BigIntegerField(_("cost, kopecks"), default=0, editable=False)
    demo = models.BooleanField(_("demo picture"))
    file = models.CharField(_("file"), max_length=200, unique=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField(_("bytes"))
    mime = models.CharField(_("type"), max_length=20)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    color = models.CharField(_("colour"), max_length=7)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    # What its owner thinks of it
    favourite = models.BooleanField(_("favourite"), default=False)
    rating = models.PositiveSmallIntegerField(_("rating"), default=0)
    tags = models.ManyToManyField(
        "gallery.Tag", through="gallery.Tagging", related_name="images", verbose_name=_("tags")
    )
    # In the trash since; then its file is gone, and hash, receipt and date stay.
    trashed_at = models.DateTimeField(_("in the trash since"), null=True, editable=False)
    purged_at = models.DateTimeField(_("purged at"), null=True, editable=False)

    stack: int | None = None
    """How many pictures of its prompt it stands for in the gallery, once that was counted."""

    distance: int | None = None
    """Bits of 128 in which it looks otherwise than the picture that was asked about."""

    objects = ImageQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        indexes = [
            models.Index(fields=["owner", "-id"], name="image_of_owner"),
            models.Index(
                fields=["owner", "-id"],
                condition=models.Q(trashed_at=None),
                name="image_in_gallery",
            ),
            models.Index(
                fields=["owner", "-id", "rating", "cost_kopecks", *FOUND_BY],
                condition=models.Q(trashed_at=None),
                name="image_to_find",
            ),
            models.Index(
                fields=["trashed_at"],
                condition=models.Q(trashed_at__isnull=False, purged_at=None),
                name="image_in_trash",
            ),
            models.Index(
                fields=["owner", "-rating", "-id", "cost_kopecks", *FOUND_BY],
                condition=models.Q(trashed_at=None),
                name="image_by_rating",
            ),
            models.Index(
                fields=["owner", "-cost_kopecks", "-id", "rating", *FOUND_BY],
                condition=models.Q(trashed_at=None),
                name="image_by_cost",
            ),
            models.Index(
                fields=["owner", "-id"],
                condition=models.Q(trashed_at=None, favourite=True),
                name="image_favourite",
            ),
            models.Index(
                fields=["owner", "model", "-id"],
                condition=models.Q(trashed_at=None),
                name="image_by_model",
            ),
            models.Index(fields=["prompt", "-id"], name="image_of_prompt"),
            # Months, and files that are the same, of one owner's gallery
            models.Index(
                fields=["owner", "-created_at", "-id", "trashed_at"],
                condition=models.Q(trashed_at=None),
                name="image_when",
            ),
            models.Index(
                fields=["owner", "sha256", "trashed_at"],
                condition=models.Q(trashed_at=None),
                name="image_same",
            ),
            models.Index(fields=["sha256"], name="image_sha256"),
            models.Index(fields=["created_at"], name="image_created"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rating__lte=MOST_STARS), name="rating_of_0_to_5"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def no_reference(self) -> str:
        """Why it cannot be used as a reference, in words; empty when it can."""
        return sentence(self.task.link_gate if self.task else "link-none")

    @property
    def is_trashed(self) -> bool:
        return self.trashed_at is not None

    @property
    def is_purged(self) -> bool:
        return self.purged_at is not None

    @property
    def extension(self) -> str:
        return self.file.rpartition(".")[2]
