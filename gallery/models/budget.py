"""One row a month for the purse and for each user: what may be, is and was spent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from .studio import Studio

if TYPE_CHECKING:
    from .user import User


class OverLimit(Exception):
    """A hold would pass a limit: whose ("purse" or "user"), and how many kopecks are left."""

    def __init__(self, whose: str, left_kopecks: int) -> None:
        super().__init__(whose, left_kopecks)
        self.whose = whose
        self.left_kopecks = left_kopecks


@dataclass(frozen=True)
class Left:
    """What may still be held this month by the limit that binds: whose, and kopecks."""

    whose: str
    kopecks: int


def current_month() -> date:
    """The first day of this month in the installation's time zone."""
    return timezone.now().astimezone(timezone.get_default_timezone()).date().replace(day=1)


class BudgetQuerySet(models.QuerySet["Budget"]):
    def this_month(self) -> BudgetQuerySet:
        return self.filter(month=current_month())

    def of(self, user: User) -> BudgetQuerySet:
        return self.filter(user=user)

    def set_purse(self, kopecks: int | None) -> None:
        """Set the standing monthly purse in kopecks (None: no limit), from this month on."""
        Studio.objects.current()
        with transaction.atomic():
            Studio.objects.filter(pk=1).update(purse_kopecks=kopecks)
            self.this_month().filter(user=None).update(limit_kopecks=kopecks)

    def open_month(self, user: User, *, demo: bool) -> tuple[Budget, Budget]:
        """The purse's and the user's row of this month, made from the standing limits if new."""
        month = current_month()
        Studio.objects.current()
        with transaction.atomic():
            rows = self._rows(user, month, demo=demo)
            if len(rows) < 2:
                self._make_rows(user, month, demo=demo)
                rows = self._rows(user, month, demo=demo)
        return rows[None], rows[user.pk]

    def _rows(self, user: User, month: date, *, demo: bool) -> dict[int | None, Budget]:
        mine = self.filter(Q(user=None) | Q(user=user), month=month, demo=demo)
        return {row.user_id: row for row in mine}

    def _make_rows(self, user: User, month: date, *, demo: bool) -> None:
        # Read anew and locked: a limit that is being set is either seen here, or its writer waits
        # and then finds the rows. The caller's user may be as old as its request.
        studio = Studio.objects.select_for_update(no_key=True).get(pk=1)
        owner = get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        limits = ((None, studio.purse_kopecks), (owner, owner.monthly_limit_kopecks))
        self.bulk_create(
            [
                Budget(month=month, user=whose, demo=demo, limit_kopecks=limit)
                for whose, limit in limits
            ],
            ignore_conflicts=True,
        )

    def hold(self, user: User, kopecks: int, *, demo: bool) -> date:
        """Hold kopecks in this month for the purse and the user; the month. Raises OverLimit.

        Each is one conditional UPDATE, always the purse first so that two holds cannot deadlock.
        The caller's transaction makes both or neither. What costs nothing passes no limit.
        """
        purse, own = self.open_month(user, demo=demo)
        if not kopecks:
            return purse.month
        for whose, row in (("purse", purse), ("user", own)):
            fits = Q(limit_kopecks=None) | Q(
                limit_kopecks__gte=F("held_kopecks") + F("spent_kopecks") + kopecks
            )
            if not self.filter(fits, pk=row.pk).update(held_kopecks=F("held_kopecks") + kopecks):
                # The purse may be the one that lets it pass, and has made room for it by now.
                raise self._over(purse, own, booked=0 if whose == "purse" else kopecks)
        return purse.month

    def _over(self, purse: Budget, own: Budget, *, booked: int) -> OverLimit:
        """What is left by the limit that binds, so that what is said to fit does fit."""
        purse.refresh_from_db()
        own.refresh_from_db()
        purse.held_kopecks -= booked
        left = _binding(purse, own)
        return OverLimit(left.whose, left.kopecks) if left else OverLimit("user", 0)

    def left(self, user: User, *, demo: bool) -> Left | None:
        """What the user may still order for this month; None without a limit. Writes nothing."""
        month = current_month()
        rows = self._rows(user, month, demo=demo)
        purse, own = rows.get(None), rows.get(user.pk)
        if purse is None:
            purse = Budget(limit_kopecks=Studio.objects.current().purse_kopecks)
        if own is None:
            own = Budget(limit_kopecks=user.monthly_limit_kopecks)
        return _binding(purse, own)

    def book(self, user_id: int, month: date, *, demo: bool, held: int, spent: int) -> None:
        """Add signed kopecks to both rows of a month. Facts are never refused by a limit."""
        for owner in (Q(user=None), Q(user_id=user_id)):
            moved = self.filter(owner, month=month, demo=demo).update(
                held_kopecks=F("held_kopecks") + held, spent_kopecks=F("spent_kopecks") + spent
            )
            if moved != 1:
                raise RuntimeError(f"budget row of {month} is missing")


class Budget(models.Model):
    """Kopecks held and spent in a month, by the purse (no user) or one user; demo money apart."""

    month = models.DateField(_("month"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name=_("user"),
    )
    demo = models.BooleanField(_("demo money"))
    limit_kopecks = models.PositiveBigIntegerField(_("limit, kopecks"), null=True, blank=True)
    held_kopecks = models.BigIntegerField(_("held, kopecks"), default=0)
    spent_kopecks = models.BigIntegerField(_("spent, kopecks"), default=0)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.UniqueConstraint(
                fields=["month", "demo"], condition=Q(user=None), name="one_purse_a_month"
            ),
            models.UniqueConstraint(
                fields=["month", "user", "demo"],
                condition=Q(user__isnull=False),
                name="one_budget_a_user_and_month",
            ),
        ]
        ordering = ["-month", "user_id"]

    def __str__(self) -> str:
        month = date_format(self.month, "YEAR_MONTH_FORMAT")
        return f"{month} · {self.user_id or _('the purse')}"

    @property
    def scale_kopecks(self) -> int:
        """What a drawing of held and spent against the limit has to show in all; at least 1."""
        return max(1, self.limit_kopecks or 0, self.held_kopecks + self.spent_kopecks)

    @property
    def left_kopecks(self) -> int | None:
        """Kopecks that may still be held; None without a limit, 0 when the limit is passed."""
        if self.limit_kopecks is None:
            return None
        return max(0, self.limit_kopecks - self.held_kopecks - self.spent_kopecks)


def _binding(purse: Budget, own: Budget) -> Left | None:
    """The smaller rest; of two the same the user's own, for the purse is not theirs to know."""
    left = [("user", own.left_kopecks), ("purse", purse.left_kopecks)]
    known = [Left(whose, kopecks) for whose, kopecks in left if kopecks is not None]
    return min(known, key=lambda one: one.kopecks, default=None)
