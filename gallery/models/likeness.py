"""What a picture looks like, in 128 bits, and which others look alike.

Two difference hashes of 8 by 8 (dhash): whether it grows brighter along each row, and down each
column. The first is kept in four bands of 16 bits, each with an index. Of two hashes that differ in
at most seven bits, some band differs in at most one: looking up each band and its sixteen
neighbours finds them all, however many pictures there are.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from .image import Image
from .steps import beyond

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from .image import ImageQuerySet
    from .user import User

BANDS = ("a", "b", "c", "d")
WIDTH = 16
"""Bits of a band."""
COLUMNS = (*BANDS, "down")
"""All of both hashes: pictures that are alike in these look the same."""
NEAR = 7
"""The most bits of the first hash in which similar pictures differ."""
NEAR_IN_BOTH = 20
"""The most in both: with the columns against it, a likeness of the rows alone is chance."""
MOST = 4000
"""Candidates that are looked at: thousands are alike where all of them are one plain colour."""

Hashes = tuple[int, int]
Looks = tuple[int, ...]
"""The values of COLUMNS."""


class LikenessQuerySet(models.QuerySet["Likeness"]):
    def of(self, user: User) -> LikenessQuerySet:
        return self.filter(owner=user)

    def known(self) -> LikenessQuerySet:
        return self.filter(a__isnull=False)

    def keep(self, found: Iterable[tuple[Image, Hashes | None]]) -> None:
        """What was seen of these pictures; of one that could not be read, that it was tried."""
        rows = [Likeness.made(image, hashes) for image, hashes in found]
        self.bulk_create(rows, ignore_conflicts=True)

    def beside(self, one: Likeness) -> QuerySet[Likeness, tuple[int, ...]]:
        """Candidates: those of the same owner with a band that is nearly the same, as rows of
        their number and hashes. A query for each band, for each is to use its own index.
        """
        own = self.filter(owner=one.owner_id).exclude(pk=one.pk).values_list("pk", *BANDS, "down")
        queries = [own.filter(**{f"{name}__in": around(getattr(one, name))}) for name in BANDS]
        return queries[0].union(*queries[1:])

    def similar_to(self, image: Image) -> dict[int, int]:
        """The numbers of the pictures that look like this one, nearest first, each with its
        distance: bits of 128.
        """
        one = self.known().filter(pk=image.pk).first()
        if one is None:
            return {}
        found = {}
        for pk, *bands, down in self.beside(one)[:MOST]:
            across = one.across_from(bands)
            both = across + one.down_from(down)
            if across <= NEAR and both <= NEAR_IN_BOTH:
                found[pk] = both
        return dict(sorted(found.items(), key=lambda item: (item[1], -item[0])))

    def repeated(self, after: Looks | None = None) -> QuerySet[Likeness, Looks]:
        """Looks that more than one has, in their order, beyond that of `after`; by the index."""
        rows = self.known().order_by().values_list(*COLUMNS)
        if after is not None:
            rows = rows.filter(beyond(COLUMNS, after))
        return rows.annotate(count=Count("pk")).filter(count__gt=1).order_by(*COLUMNS)

    def looking(self, looks: Sequence[Looks]) -> LikenessQuerySet:
        """Those of one of these looks."""
        wanted = [Q(**dict(zip(COLUMNS, look, strict=True))) for look in looks]
        return self.filter(reduce(or_, wanted)) if wanted else self.none()

    def missing(self) -> ImageQuerySet:
        """Pictures that nobody has looked at yet, the newest first."""
        return Image.objects.with_file().filter(likeness=None).order_by("-pk")


_ALL = (1 << 64) - 1
_SIGN = 1 << 63


def around(band: int) -> list[int]:
    """The band itself, and what differs from it in one bit."""
    return [band, *(band ^ 1 << bit for bit in range(WIDTH))]


class Likeness(models.Model):
    image = models.OneToOneField(
        Image,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="likeness",
        verbose_name=_("picture"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("owner"),
    )
    # Empty: its picture could not be read.
    a = models.PositiveIntegerField(_("band a"), null=True)
    b = models.PositiveIntegerField(_("band b"), null=True)
    c = models.PositiveIntegerField(_("band c"), null=True)
    d = models.PositiveIntegerField(_("band d"), null=True)
    # The second hash, as a number with a sign: databases have no others of 64 bits.
    down = models.BigIntegerField(_("second hash"), null=True)

    objects = LikenessQuerySet.as_manager()

    class Meta:
        verbose_name = _("likeness")
        verbose_name_plural = _("likenesses")
        indexes = [
            *(models.Index(fields=["owner", name], name=f"likeness_{name}") for name in "bcd"),
            models.Index(fields=["owner", *COLUMNS], name="likeness_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @classmethod
    def made(cls, image: Image, hashes: Hashes | None) -> Likeness:
        row = cls(image=image, owner_id=image.owner_id)
        if hashes is not None:
            across, down = hashes
            for place, name in enumerate(BANDS):
                setattr(row, name, across >> WIDTH * place & (1 << WIDTH) - 1)
            row.down = down - (1 << 64) if down & _SIGN else down
        return row

    def across_from(self, bands: list[int]) -> int:
        """Bits in which the first hashes differ."""
        own = (getattr(self, name) for name in BANDS)
        return sum((mine ^ other).bit_count() for mine, other in zip(own, bands, strict=True))

    def down_from(self, down: int) -> int:
        """Bits in which the second hashes differ."""
        return (((self.down or 0) ^ down) & _ALL).bit_count()
