"""Pictures put together by hand, in an order of their owner's; a picture may be in many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from .image import Image
from .line import line_up
from .numbers import add_rows
from .prompt import fold
from .steps import beyond

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .user import User

MAX_NAME = 100
"""Characters of the name of a collection, or of a saved search."""
GAP = 2**32
"""Between two places: so often one may be halved, and so many fit into a column."""


class NameTaken(Exception):
    """Another of the same person's has this name."""


class CollectionQuerySet(models.QuerySet["Collection"]):
    def of(self, user: User) -> CollectionQuerySet:
        return self.filter(owner=user)

    def counted(self, owner: User) -> CollectionQuerySet:
        """Each of this person's with the number of its pictures that hang in the gallery.

        They are those that are not in the trash, which are few: to ask each picture of a large
        collection where it is takes ten times as long.
        """
        trash = Image.objects.of(owner).in_trash().values("pk")
        return self.annotate(count=Count("memberships", filter=~Q(memberships__image__in=trash)))

    def with_faces(self, owner: User) -> CollectionQuerySet:
        """Counted, each with the number of the picture that stands for it."""
        rows = Membership.objects.filter(collection=OuterRef("pk"), image__trashed_at=None)
        chosen = rows.filter(image=OuterRef("cover")).values("image")[:1]
        first = rows.order_by("place", "pk").values("image")[:1]
        return self.counted(owner).annotate(face=Coalesce(Subquery(chosen), Subquery(first)))

    @transaction.atomic
    def named(self, user: User, name: str) -> tuple[Collection, bool]:
        """The user's collection of this name, and whether it was made just now."""
        line_up([user.pk])
        return self.get_or_create(owner=user, key=fold(name), defaults={"name": name})

    @transaction.atomic
    def remove(self, collection: Collection) -> None:
        """Let it go; its pictures stay in the gallery."""
        line_up([collection.owner_id])
        self.filter(pk=collection.pk).delete()


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
        self.add((collection.pk, pk, last + n * GAP) for n, pk in enumerate(images, 1))

    def add(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Collection, picture and place of each; those that are in it stay where they are."""
        add_rows(Membership, ("collection_id", "image_id", "place"), rows)

    def beyond(self, place: int, pk: int) -> MembershipQuerySet:
        """Those of one collection that follow the row at this place."""
        return self.filter(beyond(("place", "pk"), (place, pk)))

    # Places in one collection's order. The caller holds the owner's row.

    def around(self, image: int) -> tuple[Membership | None, Membership | None]:
        """That picture and the next; 0: before all. At the end when it is not among these."""
        rows = self.order_by("place", "pk")
        if not image:
            return None, rows.first()
        left = rows.filter(image=image).first() or rows.last()
        return left, rows.beyond(left.place, left.pk).first() if left else None

    def around_place(self, number: int) -> tuple[Membership | None, Membership | None]:
        """Between which it is the one of that number, from 1 on; the end when there are fewer."""
        rows = self.order_by("place", "pk")
        start = max(0, number - 2)
        near = list(rows[start : start + 2])
        if number <= 1:
            return None, near[0] if near else None
        left = near[0] if near else rows.last()
        return left, near[1] if len(near) > 1 else None

    def make_room(self, left: Membership) -> None:
        """Move all that follow on by a gap: one statement, however many they are."""
        self.beyond(left.place, left.pk).update(place=F("place") + GAP)


def place_between(left: Membership | None, right: Membership | None) -> int | None:
    """None when there is no room between the two."""
    if right is None:
        return left.place + GAP if left else GAP
    if left is None:
        return right.place - GAP
    middle = (left.place + right.place) // 2
    return middle if left.place < middle < right.place else None


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
