"""Zips of pictures, made by a job and kept for a day."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import F, Min, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.functional import Promise

    from .user import User


class ZipStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting for its turn")
    BUILDING = "building", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    GONE = "gone", _("Gone")


UNFINISHED = (ZipStatus.WAITING, ZipStatus.BUILDING)
TAKES_ROOM = (*UNFINISHED, ZipStatus.READY)

ASIDE = 4096
"""Bytes that are told of a picture besides its prompt's text: a generous guess."""


class NoRoom(Exception):
    """A zip that was not begun: `many` of one's own, `own` or `all` zips would take too much."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Step:
    """How far the making of a zip has come: pictures, and bytes of its three files."""

    done: int
    missing: int
    size: int
    directory: int
    lines: int
    entries: int


class ZipQuerySet(models.QuerySet["Zip"]):
    def of(self, user: User) -> ZipQuerySet:
        return self.filter(owner=user)

    def shown(self) -> ZipQuerySet:
        """Those that a list tells of: not what is gone, nor the numbers of what was chosen."""
        return self.exclude(status=ZipStatus.GONE).defer("chosen")

    def unfinished(self) -> ZipQuerySet:
        return self.filter(status__in=UNFINISHED)

    def ready(self) -> ZipQuerySet:
        """To be fetched now."""
        return self.filter(status=ZipStatus.READY, expires_at__gt=timezone.now())

    def begin(self, owner: User, chosen: Sequence[int], size: int, language: str) -> Zip:
        """A zip of these pictures, to be made in that language. Raises NoRoom.

        With their prompts they take so many bytes.

        The same choice again, while it is still being made, is the same zip.
        """
        written = ",".join(map(str, chosen))
        takes = size + len(chosen) * ASIDE
        with transaction.atomic():
            # One after the other: two at the same time would both be the last to fit.
            get_user_model().objects.select_for_update(no_key=True).get(pk=owner.pk)
            own = self.of(owner).filter(status__in=TAKES_ROOM)
            twin = own.filter(status__in=UNFINISHED, chosen=written).first()
            if twin is not None:
                return twin
            self._check_room(own, takes)
            return self.create(
                owner=owner,
                chosen=written,
                count=len(chosen),
                takes=takes,
                stem=_fresh_stem(),
                language=language,
            )

    def _check_room(self, own: ZipQuerySet, takes: int) -> None:
        if own.count() >= settings.ZIPS_EACH:
            raise NoRoom("many")
        if own.taken() + takes > settings.ZIP_BYTES_EACH:
            raise NoRoom("own")
        if self.filter(status__in=TAKES_ROOM).taken() + takes > settings.ZIP_BYTES:
            raise NoRoom("all")

    def taken(self) -> int:
        """Bytes that these take, or will when they are made."""
        return int(self.aggregate(taken=Sum("takes"))["taken"] or 0)

    # Making them

    def due(self) -> ZipQuerySet:
        """The next of each owner, the one first that was longest not worked on: turns are fair."""
        now = timezone.now()
        firsts = self.unfinished().order_by().values("owner").annotate(first=Min("pk"))
        free = Q(claimed_until=None) | Q(claimed_until__lte=now)
        rows = self.unfinished().filter(free, pk__in=firsts.values("first"))
        return rows.order_by(F("worked_at").asc(nulls_first=True), "pk")

    def claim(self, pk: int) -> uuid.UUID | None:
        """Take a zip to work on it for a moment; None while another does, or when it is over."""
        now = timezone.now()
        token = uuid.uuid4()
        free = Q(claimed_until=None) | Q(claimed_until__lte=now)
        until = now + timedelta(seconds=settings.ZIP_CLAIM_SECONDS)
        taken = self.unfinished().filter(free, pk=pk)
        values = {"claim": token, "claimed_until": until, "worked_at": now}
        return token if taken.update(status=ZipStatus.BUILDING, **values) == 1 else None

    def step(self, pk: int, claim: uuid.UUID, step: Step) -> bool:
        """Note how far it has come, and let go of it."""
        return self._held(pk, claim).update(
            done=step.done,
            missing=step.missing,
            part_bytes=step.size,
            directory_bytes=step.directory,
            line_bytes=step.lines,
            entries=step.entries,
            claim=None,
            claimed_until=None,
        ) == 1  # fmt: skip

    def finish(self, pk: int, claim: uuid.UUID, missing: int, size: int) -> bool:
        """It lies there, of so many bytes, for a day from now."""
        now = timezone.now()
        return self._held(pk, claim).update(
            status=ZipStatus.READY,
            done=F("count"),
            missing=missing,
            size=size,
            takes=size,
            chosen="",
            ready_at=now,
            expires_at=now + timedelta(seconds=settings.ZIP_SECONDS),
            claim=None,
            claimed_until=None,
        ) == 1  # fmt: skip

    def fail(self, pk: int, claim: uuid.UUID, reason: str) -> bool:
        failed = {"status": ZipStatus.FAILED, "reason": reason, "chosen": "", "takes": 0}
        return self._held(pk, claim).update(**failed, claim=None, claimed_until=None) == 1

    def _held(self, pk: int, claim: uuid.UUID) -> ZipQuerySet:
        return self.filter(pk=pk, claim=claim, status=ZipStatus.BUILDING)

    # Their end

    def drop(self) -> int:
        """Give these up, whatever they are: their files may be removed from now on."""
        return self.exclude(status=ZipStatus.GONE).update(
            status=ZipStatus.GONE, chosen="", takes=0, claim=None, claimed_until=None
        )

    def expired(self) -> ZipQuerySet:
        return self.filter(status=ZipStatus.READY, expires_at__lte=timezone.now())

    def forgotten(self) -> ZipQuerySet:
        """Over for so long that nobody asks about it any more."""
        before = timezone.now() - timedelta(seconds=settings.ZIP_ROW_SECONDS)
        ended = (ZipStatus.FAILED, ZipStatus.GONE)
        return self.filter(status__in=ended, created_at__lt=before)

    def stems(self) -> set[str]:
        """Of the files that belong to somebody."""
        return set(self.filter(status__in=TAKES_ROOM).values_list("stem", flat=True))


def _fresh_stem() -> str:
    """A name that cannot be guessed, and that no other zip ever has."""
    return secrets.token_hex(16)


class Zip(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="zips",
        db_index=False,
        verbose_name=_("owner"),
    )
    status = models.CharField(
        _("state"), max_length=8, choices=ZipStatus, default=ZipStatus.WAITING, editable=False
    )
    # The numbers of the pictures, with commas, in the order in which they were chosen; empty once
    # it is made. What a search would find tomorrow is another choice.
    chosen = models.TextField(_("pictures"), editable=False)
    count = models.PositiveIntegerField(_("pictures chosen"))
    done = models.PositiveIntegerField(_("pictures done"), default=0)
    missing = models.PositiveIntegerField(_("pictures missing"), default=0)
    language = models.CharField(_("language"), max_length=8, editable=False)
    # Its files are DATA_DIR/zips/<stem>.*
    stem = models.CharField(_("file"), max_length=32, unique=True, editable=False)
    takes = models.PositiveBigIntegerField(_("bytes reserved"))
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    # How far its making has come
    part_bytes = models.PositiveBigIntegerField(_("bytes written"), default=0, editable=False)
    directory_bytes = models.PositiveBigIntegerField(
        _("bytes of the directory"), default=0, editable=False
    )
    line_bytes = models.PositiveBigIntegerField(_("bytes of the index"), default=0, editable=False)
    entries = models.PositiveIntegerField(_("files packed"), default=0, editable=False)
    claim = models.UUIDField(_("claim"), null=True, editable=False)
    claimed_until = models.DateTimeField(_("claimed until"), null=True, editable=False)
    worked_at = models.DateTimeField(_("worked on at"), null=True, editable=False)
    reason = models.CharField(_("reason"), max_length=40, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    ready_at = models.DateTimeField(_("ready at"), null=True, editable=False)
    expires_at = models.DateTimeField(_("kept until"), null=True, editable=False)

    objects = ZipQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("zip")
        verbose_name_plural = _("zips")
        indexes = [
            models.Index(fields=["owner", "-id"], name="zip_of_owner"),
            models.Index(
                fields=["owner", "id"],
                condition=Q(status__in=["waiting", "building"]),
                name="zip_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED

    @property
    def is_ready(self) -> bool:
        """To be fetched now: one whose day is over may not have been removed yet."""
        is_kept = self.expires_at is not None and self.expires_at > timezone.now()
        return self.status == ZipStatus.READY and is_kept

    @property
    def is_failed(self) -> bool:
        return self.status == ZipStatus.FAILED

    @property
    def step(self) -> Step:
        """How far it had come when that was noted last."""
        return Step(
            self.done,
            self.missing,
            self.part_bytes,
            self.directory_bytes,
            self.line_bytes,
            self.entries,
        )

    @property
    def reason_sentence(self) -> str | Promise:
        if self.reason == "disk":
            return _("There is not enough room on the server's disk. Nothing was kept.")
        return _("Something went wrong while it was made. Nothing was kept; try again.")
