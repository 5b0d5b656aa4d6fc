"""What every page says while it is so, and by what an open page learns that it has changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from gallery.models import Studio, report, takes_writes

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from gallery.models import User
    from gallery.models.report import Unsaved


@dataclass(frozen=True)
class Notices:
    """Demo pictures, spending paused, one's sending held, a database that can only be read; and to
    administrators that something is paid for and not saved.
    """

    is_demo: bool
    now: datetime
    user: User | AnonymousUser | None = None
    studio: Studio | None = None
    alarm: Unsaved | None = None
    is_read_only: bool = False
    sees_studio: bool = False
    """May look at the studio's page in the panel."""

    @property
    def paused_since(self) -> str:
        """Since when spending is paused: the time of day, of another day with its date."""
        if self.studio is None or self.studio.paused_at is None:
            return ""
        at, now = timezone.localtime(self.studio.paused_at), timezone.localtime(self.now)
        is_today = at.date() == now.date()
        return date_format(at, "TIME_FORMAT" if is_today else "SHORT_DATETIME_FORMAT")

    @property
    def paused_by(self) -> str:
        """Who paused it, for those who may know; empty when it paused itself."""
        by = self.studio.paused_by if self.studio and self.sees_studio else None
        return by.get_username() if by else ""

    @property
    def version(self) -> str:
        """Changes exactly when what they say changes, be it by the mere passing of time."""
        told: list[object] = [self.is_read_only]
        if self.studio and self.studio.is_paused:
            told += [self.studio.paused_at, self.paused_since, self.studio.pause_reason]
        if getattr(self.user, "is_held", False):
            told.append(getattr(self.user, "held_until", None))
        alarm = self.alarm
        if alarm and alarm.count and alarm.link_dies_at:
            told += [alarm.count, alarm.level, alarm.oldest, alarm.link_since]
            told.append(alarm.link_dies_at > self.now)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def notices(user: User | AnonymousUser | None, studio: Studio | None = None) -> Notices:
    """What this visitor is told; `studio` by whoever has fetched it already."""
    now = timezone.now()
    if user is None or not user.is_authenticated:
        return Notices(settings.IS_DEMO, now, user)
    is_told = user.is_staff and user.has_perm("gallery.view_task")
    return Notices(
        settings.IS_DEMO,
        now,
        user,
        studio or Studio.objects.current(),
        report.alarm() if is_told else None,
        not takes_writes(),
        user.is_staff and user.has_perm("gallery.view_studio"),
    )
