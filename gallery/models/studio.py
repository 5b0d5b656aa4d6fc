"""The one row of installation settings that an administrator edits."""

from __future__ import annotations

import hmac
import logging
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from .on_commit import log_on_commit
from .pause import Pause
from .reasons import sentence

if TYPE_CHECKING:
    from .user import User


log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def _digest(token: str) -> str:
    """Nothing without the secret key, which is in no dump of the database."""
    return salted_hmac("gallery.setup", token, algorithm="sha256").hexdigest()


class StudioQuerySet(models.QuerySet["Studio"]):
    def current(self) -> Studio:
        """The installation's row; made with its defaults when a restore has left none."""
        return self.get_or_create(pk=1)[0]

    def pause(
        self, reason: str, by: User | None = None, note: str = "", *, anew: bool = False
    ) -> bool:
        """Stop every real create that is not yet on the wire. False when already paused: then the
        first cause stays, unless this one has made it a thing of the past.
        """
        self.current()
        rows = self.filter(pk=1) if anew else self.filter(pk=1, paused_at=None)
        now, note = timezone.now(), note[:500]
        with transaction.atomic():
            if not rows.update(paused_at=now, pause_reason=reason, paused_by=by, pause_note=note):
                return False
            if anew:
                Pause.objects.begin(now, reason, by, note)  # or neither: a restore is known by it
        log_on_commit(log, logging.WARNING, "spending-paused", reason=reason, by=by and by.pk)
        if not anew:
            # Once it is sure: a full disk may have room for the pause, and none for a line of it.
            transaction.on_commit(lambda: self._add_line(now, reason, by, note), robust=True)
        return True

    @transaction.atomic
    def _add_line(self, at: datetime, reason: str, by: User | None, note: str) -> None:
        """Write down a pause, which somebody may have ended already."""
        studio = self.select_for_update().get(pk=1)
        if studio.paused_at == at:
            Pause.objects.begin(at, reason, by, note)
            return
        Pause.objects.create(
            paused_at=at, reason=reason, paused_by=by, note=note,
            ended_at=studio.resumed_at or at, resumed_by=studio.resumed_by,
        )  # fmt: skip

    def resume(self, by: User) -> bool:
        """Let real creates go on; an administrator's act."""
        now = timezone.now()
        resumed = self.filter(pk=1, paused_at__isnull=False).update(
            paused_at=None,
            pause_reason="",
            pause_note="",
            paused_by=None,
            resumed_at=now,
            resumed_by=by,
        )
        if resumed:
            Pause.objects.end(now, by)
            log_on_commit(log, logging.WARNING, "spending-resumed", by=by.pk)
        return resumed == 1

    def issue_setup_token(self) -> str | None:
        """A new one-time token for making the first administrator; None once one exists.

        Only its hash is kept, and a newer token makes the older ones void.
        """
        if self._has_administrator():
            return None
        token = secrets.token_urlsafe(24)
        self.current()
        self.filter(pk=1).update(setup_token_hash=_digest(token))
        return token

    def is_setup_token(self, token: str) -> bool:
        expected = self.current().setup_token_hash
        matches = hmac.compare_digest(expected.encode(), _digest(token).encode())
        return bool(expected) and matches and not self._has_administrator()

    def use_setup_token(self, token: str) -> bool:
        """Spend the token: True for exactly one caller. To be called inside a transaction."""
        if not self.is_setup_token(token):
            return False
        return self.filter(pk=1, setup_token_hash=_digest(token)).update(setup_token_hash="") == 1

    def void_setup_token(self) -> None:
        """Whoever still has the link makes nobody by it. The next start gives another."""
        self.filter(pk=1).update(setup_token_hash="")

    def _has_administrator(self) -> bool:
        return get_user_model().objects.filter(is_superuser=True, is_active=True).exists()


class Studio(models.Model):
    """Settings of this installation. Always row 1."""

    paused_at = models.DateTimeField(_("spending paused at"), null=True, editable=False)
    pause_reason = models.CharField(
        _("why spending is paused"), max_length=40, blank=True, editable=False
    )
    pause_note = models.CharField(_("note"), max_length=500, blank=True, editable=False)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("paused by"),
    )
    resumed_at = models.DateTimeField(_("resumed at"), null=True, editable=False)
    resumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("resumed by"),
    )
    purse_kopecks = models.PositiveBigIntegerField(
        _("monthly purse, kopecks"), null=True, blank=True
    )
    signup_open = models.BooleanField(_("sign-up is open"), default=False)
    undo_send_seconds = models.PositiveSmallIntegerField(
        _("undo-send, seconds"), default=3, validators=[MaxValueValidator(10)]
    )
    setup_token_hash = models.CharField(
        _("hash of the set-up link"), max_length=64, blank=True, editable=False
    )

    objects = StudioQuerySet.as_manager()

    class Meta:
        verbose_name = _("studio")
        verbose_name_plural = _("studio")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_studio")]

    def __str__(self) -> str:
        return "Artel"

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    @property
    def pause_sentence(self) -> str:
        """Why real spending is paused, in words; empty when it is not."""
        return sentence(self.pause_reason) if self.is_paused else ""
