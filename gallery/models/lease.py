"""Leases that let one worker at a time run a pump, and heartbeats that show what is alive."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST = timedelta(seconds=600)
"""More than any lease is ever taken for."""


class LeaseQuerySet(models.QuerySet["Lease"]):
    def acquire(self, name: str, seconds: float) -> uuid.UUID | None:
        """Take the lease for so many seconds; the holder's token, or None while another has it."""
        now = timezone.now()
        self.bulk_create([Lease(name=name)], ignore_conflicts=True)
        token = uuid.uuid4()
        # None is taken for so long: the clock has gone back since.
        absurd = Q(until__gt=now + LONGEST)
        free = Q(until__isnull=True) | Q(until__lte=now) | absurd
        taken = self.filter(free, name=name).update(
            holder=token, until=now + timedelta(seconds=seconds)
        )
        return token if taken == 1 else None

    def renew(self, name: str, token: uuid.UUID, seconds: float) -> bool:
        """Keep the lease for so many seconds from now; False when it has gone to another."""
        until = timezone.now() + timedelta(seconds=seconds)
        return self.filter(name=name, holder=token).update(until=until) == 1

    def release(self, name: str, token: uuid.UUID) -> bool:
        return self.filter(name=name, holder=token).update(holder=None, until=None) == 1

    def is_held(self, name: str) -> bool:
        now = timezone.now()
        return self.filter(name=name, until__gt=now, until__lte=now + LONGEST).exists()

    def break_all(self) -> int:
        """Free every lease. Only for a start that knows that no worker lives."""
        return self.exclude(holder=None).update(holder=None, until=None)

    def beat(self, name: str) -> None:
        """Note that the named part was alive just now."""
        self.bulk_create(
            [Lease(name=name, seen_at=timezone.now())],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["seen_at"],
        )

    def seen(self, name: str) -> datetime | None:
        """When the named part was last known to be alive."""
        return self.filter(name=name).values_list("seen_at", flat=True).first()


class Lease(models.Model):
    name = models.CharField(_("name"), max_length=40, primary_key=True)
    holder = models.UUIDField(_("holder"), null=True)
    until = models.DateTimeField(_("until"), null=True)
    seen_at = models.DateTimeField(_("seen at"), null=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return self.name
