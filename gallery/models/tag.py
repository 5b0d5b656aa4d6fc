"""Words that a person gives to pictures, of their own choosing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from .image import Image
from .line import line_up
from .numbers import add_rows
from .prompt import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .user import User

MAX_TAG = 50
"""Characters of a tag."""
MOST_TAGS = 50
"""Tags of one picture."""


class TagQuerySet(models.QuerySet["Tag"]):
    def of(self, user: User) -> TagQuerySet:
        return self.filter(owner=user)

    def starting_with(self, text: str) -> TagQuerySet:
        """Of which a word starts like this, in any spelling."""
        key = fold(text)
        return self.filter(Q(key__startswith=key) | Q(key__contains=f" {key}")) if key else self

    def by_use(self) -> TagQuerySet:
        """Those that most pictures have first."""
        return self.annotate(uses=Count("taggings")).order_by("-uses", "key")

    def named(self, user: User, names: Iterable[str]) -> list[Tag]:
        """The user's tags of these names; what there is none of yet is made."""
        wanted = {fold(name): " ".join(name.split()) for name in reversed(list(names))}
        self.bulk_create(
            (Tag(owner=user, name=name, key=key) for key, name in wanted.items()),
            ignore_conflicts=True,
        )
        return list(self.of(user).filter(key__in=wanted))

    @transaction.atomic
    def merge(self, tag: Tag, into: Tag) -> bool:
        """Give every picture of the first the second, and let the first go. False when there is no
        second any more.
        """
        line_up([tag.owner_id])
        if not self.filter(pk=into.pk).exists():
            return False
        had = Tagging.objects.filter(tag=into).values("image")
        Tagging.objects.filter(tag=tag).exclude(image__in=had).update(tag=into)
        self.filter(pk=tag.pk).delete()
        return True

    @transaction.atomic
    def remove(self, tag: Tag) -> None:
        """Take it off all of its pictures, and let it go."""
        line_up([tag.owner_id])
        self.filter(pk=tag.pk).delete()

    def remove_empty(self, tags: Iterable[Tag | int]) -> None:
        """Those of these that no picture has, in the gallery or in the trash, are gone. The caller
        holds the owner's row: deleting takes along what has been tagged since it looked.
        """
        self.filter(pk__in=[getattr(tag, "pk", tag) for tag in tags]).filter(
            ~Exists(Tagging.objects.filter(tag=OuterRef("pk")))
        ).delete()


class Tag(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="tags",
        db_index=False,
        verbose_name=_("owner"),
    )
    name = models.CharField(_("name"), max_length=MAX_TAG)
    # As `fold` leaves it: two spellings of one word are one tag.
    key = models.CharField(_("folded name"), max_length=MAX_TAG * 4, editable=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_tag_a_word")]

    def __str__(self) -> str:
        return self.name


class TaggingQuerySet(models.QuerySet["Tagging"]):
    def add(self, rows: Iterable[tuple[int, int]]) -> None:
        """Tag and picture of each; those that are there already stay."""
        add_rows(Tagging, ("tag_id", "image_id"), rows)


class Tagging(models.Model):
    """One tag on one picture."""

    tag = models.ForeignKey(
        Tag,
        on_delete=models.CASCADE,
        related_name="taggings",
        db_index=False,
        verbose_name=_("tag"),
    )
    image = models.ForeignKey(
        Image, on_delete=models.CASCADE, related_name="taggings", verbose_name=_("picture")
    )

    objects = TaggingQuerySet.as_manager()

    class Meta:
        ordering = ["tag", "-image"]
        verbose_name = _("tagging")
        verbose_name_plural = _("taggings")
        constraints = [models.UniqueConstraint(fields=["tag", "image"], name="one_tag_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} · {self.image_id}"
