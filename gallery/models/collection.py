"""Pictures put together by hand, in an order of their owner's; a picture may be in many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from .image import Image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .user import User

MAX_NAME = 100
"""Characters of the name of a collection, or of a saved search."""
GAP = 2**32
"""Between two places: so often one may be halved, and so many fit into a column."""


class CollectionQuerySet(models.QuerySet["Collection"]):
    def of(self, user: User) -> CollectionQuerySet:
        return self.filter(owner=user)


class Collection(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="collections",
        db_index=False,
        verbose_name=_("owner"),
    )
    name = models.CharField(_("name"), max_length=MAX_NAME)
    # As `fold` leaves it: two spellings of one name are one collection.
    key = models.CharField(_("folded name"), max_length=MAX_NAME * 4, editable=False)
    # Unset, or in the trash: the first picture of the order stands for it.
    cover = models.ForeignKey(
        Image,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("cover"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="one_collection_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def append(self, collection: Collection, images: Iterable[int]) -> None:
        """Put pictures, none of which is in it, at the end. The caller holds the owner's row."""
        last = self.filter(collection=collection).aggregate(last=Max("place"))["last"] or 0
        self.bulk_create(
            Membership(collection=collection, image_id=pk, place=last + n * GAP)
            for n, pk in enumerate(images, 1)
        )


class Membership(models.Model):
    """One picture in one collection, at its place in the order."""

    collection = models.ForeignKey(
        Collection,
        on_delete=models.CASCADE,
        related_name="memberships",
        db_index=False,
        verbose_name=_("collection"),
    )
    image = models.ForeignKey(
        Image, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("picture")
    )
    # Ascending, with gaps; equal places are ordered by the row.
    place = models.BigIntegerField(_("place"))

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["place", "pk"]
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["collection", "image"], name="in_a_collection_once")
        ]
        indexes = [models.Index(fields=["collection", "place", "id"], name="collection_in_order")]

    def __str__(self) -> str:
        return f"{self.collection_id} · {self.image_id}"
