"""People with a login."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from .budget import Budget
from .states import TaskStatus
from .task import Task


class Theme(models.TextChoices):
    LIGHT = "light", _("light")
    DARK = "dark", _("dark")


class StudioUserManager(UserManager["User"]):
    def set_limit(self, user: User, kopecks: int | None) -> None:
        """Set the standing monthly limit in kopecks (None: no limit), from this month on."""
        with transaction.atomic():
            self.filter(pk=user.pk).update(monthly_limit_kopecks=kopecks)
            Budget.objects.this_month().filter(user=user).update(limit_kopecks=kopecks)

    def deactivate(self, user: User, *, by: User) -> None:
        """Close the account: nothing is deleted, and what was queued is canceled."""
        with transaction.atomic():
            self.filter(pk=user.pk).update(is_active=False)
            for pk in (
                Task.objects.of(user).filter(status=TaskStatus.QUEUED).values_list("pk", flat=True)
            ):
                Task.objects.cancel(pk, by=by)


class User(AbstractUser):
    """A person with a login. Never deleted while anything of theirs is kept: deactivated."""

    monthly_limit_kopecks = models.PositiveBigIntegerField(
        _("monthly limit, kopecks"), null=True, blank=True
    )
    # Empty: as the browser asks, or by the installation's own.
    language = models.CharField(_("language"), max_length=8, blank=True, choices=settings.LANGUAGES)
    theme = models.CharField(_("theme"), max_length=5, blank=True, choices=Theme)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    # Part of what a session is signed with: raising it ends all of them.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    # Round robin: whoever was served longest ago comes next.
    last_sent_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[StudioUserManager] = StudioUserManager()
