"""Where somebody stands in going through what a search found, one picture after the other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .change import Change
from .change_kind import ChangeKind
from .image import Image

if TYPE_CHECKING:
    from .user import User

MOST_CULLINGS = 50
"""Of one person: who begins more forgets the one left longest ago."""


MOST_CHANGES = 10_000
"""That a tally reads: so many presses nobody makes in one go."""


@dataclass(frozen=True)
class Tally:
    """How many pictures something became of, each counted once."""

    kept: int
    rated: int
    tagged: int
    trashed: int

    @property
    def is_empty(self) -> bool:
        return not (self.kept or self.rated or self.tagged or self.trashed)


def _key(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()


class CullingQuerySet(models.QuerySet["Culling"]):
    def of(self, user: User) -> CullingQuerySet:
        return self.filter(owner=user)

    def by_query(self, user: User, query: str) -> Culling | None:
        """The user's own, of the search that an address has so."""
        return self.of(user).filter(key=_key(query)).first()

    def begin(self, user: User, query: str) -> Culling:
        """From the first picture: what is marked from now on is told at the end."""
        now = timezone.now()
        begun = {"at": None, "started_at": now, "seen_at": now}
        culling, is_new = self.update_or_create(owner=user, key=_key(query), defaults=begun)
        if is_new:
            kept = self.of(user).order_by("-seen_at", "-pk").values("pk")[:MOST_CULLINGS]
            self.of(user).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
        return culling

    def stand(self, user: User, query: str, image: int | None) -> None:
        """The user looks at this picture now; None: at the end, and next time from the first."""
        row = self.of(user).filter(key=_key(query))
        if not row.update(at=image, seen_at=timezone.now()):
            self.begin(user, query)
            row.update(at=image)


class Culling(models.Model):
    """One person's way through one search. The words of the search are not kept."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="cullings",
        db_index=False,
        verbose_name=_("owner"),
    )
    key = models.CharField(_("hash of the search"), max_length=64, editable=False)
    # The number of the picture that was looked at last; it may be in the trash by now.
    at = models.BigIntegerField(_("left off at picture"), null=True, editable=False)
    started_at = models.DateTimeField(_("started at"), editable=False)
    seen_at = models.DateTimeField(_("last seen at"), editable=False)

    objects = CullingQuerySet.as_manager()

    class Meta:
        ordering = ["-seen_at"]
        verbose_name = _("culling")
        verbose_name_plural = _("cullings")
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="one_culling_a_search")
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} · {self.at}"

    def tally(self) -> Tally:
        """What its owner did to pictures since it was begun, and has not taken back."""
        # Of what was done to many pictures at once, nothing was done here.
        changes = Change.objects.filter(
            owner=self.owner_id, created_at__gte=self.started_at, undone_at=None, count=1
        ).order_by("-pk")[:MOST_CHANGES]
        found: dict[str, set[int]] = {kind: set() for kind in ChangeKind}
        for change in changes:
            if change.kind != ChangeKind.FAVOUR or change.before["now"]:
                found[change.kind].update(change.images)
        gone = set(
            Image.objects.filter(owner=self.owner_id)
            .trashed_alone()
            .filter(trashed_at__gte=self.started_at)
            .values_list("pk", flat=True)
        )
        return Tally(
            kept=len(found[ChangeKind.FAVOUR] - gone),
            rated=len(found[ChangeKind.RATE] - gone),
            tagged=len(found[ChangeKind.TAG] - gone),
            trashed=len(gone),
        )
