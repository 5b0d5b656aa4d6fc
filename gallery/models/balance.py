"""The provider's balance, reading by reading, and what our ledger makes of the differences."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .budget import Budget
from .event import DOUBTS, Event
from .reasons import sentence
from .reckoning import reckon, sent_between
from .studio import Studio
from .task import Task

RETRY_SECONDS = 300
"""A balance that could not be read is asked for again this soon, without anybody's asking."""
DRAWN = timedelta(days=30)
"""So far back is the balance drawn, and are differences looked at again."""
HOURLY_AFTER = timedelta(days=7)
DAILY_AFTER = timedelta(days=90)
ONCE_MORE = 60
"""Differences that one run of the job looks at again, at most."""


class BalanceQuerySet(models.QuerySet["Balance"]):
    def current(self) -> BalanceQuerySet:
        """Of the provider that is configured now."""
        return self.filter(provider=settings.PROVIDER)

    def good(self) -> BalanceQuerySet:
        """Where a figure came back."""
        return self.filter(kopecks__isnull=False)

    def newest(self) -> Balance | None:
        """The last reading of the current provider, good or not."""
        return self.current().order_by("-pk").first()

    def young(self) -> Balance | None:
        """The newest reading, while it is fresh and no pause came after it was asked for."""
        newest = self.newest()
        if newest is None or not newest.is_fresh:
            return None
        paused_at = Studio.objects.current().paused_at
        return newest if paused_at is None or newest.asked_at > paused_at else None

    def is_due(self) -> bool:
        """Whether to read it unasked: an hour has passed, or a doubt may show in it by now."""
        newest = self.newest()
        if newest is None or newest.age > settings.BALANCE_EVERY_SECONDS:
            return True
        if newest.is_fresh:
            return False
        if newest.kopecks is None:
            return newest.age > RETRY_SECONDS
        doubts = Event.objects.filter(kind__in=DOUBTS, created_at__gt=newest.asked_at)
        if doubts.filter(task__provider=settings.PROVIDER).exists():
            return True
        charge = timedelta(seconds=settings.CHARGE_SECONDS)
        decided = (newest.asked_at - charge, timezone.now() - charge)
        unknown = Task.objects.current().unknown()
        return (
            unknown.filter(sent_at__gt=decided[0], sent_at__lte=decided[1]).exists()
            or unknown.restored_between(*decided).exists()
        )

    @transaction.atomic
    def record(self, asked_at: datetime, kopecks: int, credit_kopecks: int) -> Balance:
        """Keep what was read, and compare it with the reading before. Called after the answer."""
        ledger = Budget.objects.filter(user=None, demo=settings.IS_DEMO)
        row = self.create(
            provider=settings.PROVIDER,
            asked_at=asked_at,
            read_at=timezone.now(),
            kopecks=kopecks,
            credit_kopecks=credit_kopecks,
            ledger_kopecks=ledger.aggregate(sum=Sum("spent_kopecks"))["sum"] or 0,
        )
        self.reconcile(row)
        return row

    def record_failure(self, asked_at: datetime, reason: str) -> Balance:
        """Keep that it could not be read, by a code of why."""
        return self.create(
            provider=settings.PROVIDER,
            asked_at=asked_at,
            read_at=timezone.now(),
            reason=reason[:40],
        )

    def reconcile(self, row: Balance) -> None:
        """Write down what of the difference to the reading before the ledger explains."""
        before = row.before()
        if before is None:
            return
        found = reckon(before, row, sent_between(row.provider, before, row))
        named = {
            "since_at": before.read_at,
            "moved_kopecks": found.moved,
            "low_kopecks": found.low,
            "high_kopecks": found.high,
            "unexplained_kopecks": found.unexplained,
            "topped_up_kopecks": found.topped_up,
            "candidates": list(found.candidates),
        }
        self.filter(pk=row.pk).update(**named)
        for name, value in named.items():
            setattr(row, name, value)

    def reconcile_again(self) -> int:
        """Look anew at what tasks have decided since: in flight, unexplained, or near a doubt."""
        good = self.current().good()
        rows = good.filter(read_at__gte=timezone.now() - DRAWN, moved_kopecks__isnull=False)
        open_ones = ~Q(low_kopecks=F("high_kopecks")) | ~Q(unexplained_kopecks=0)
        doubts = Task.objects.current().in_doubt_since(ONCE_MORE)
        # The first reading after each is the one whose difference it may have made.
        near = (rows.filter(read_at__gt=when).order_by("read_at").first() for when in doubts)
        seen = {row.pk: row for row in rows.filter(open_ones).order_by("-pk")[:ONCE_MORE]}
        seen |= {row.pk: row for row in near if row is not None}
        for row in seen.values():
            self.reconcile(row)
        return len(seen)

    def explain_by_hand(self, pk: int, kopecks: int, words: str) -> bool:
        """Somebody knows where a difference comes from: it is flagged no more, while it is this
        much. False when it has become another since, or is explained already.
        """
        rows = self.flagged().filter(pk=pk, unexplained_kopecks=kopecks)
        return rows.update(explained_kopecks=kopecks, explanation=words[:500]) == 1

    def flagged(self) -> BalanceQuerySet:
        """Differences that neither the ledger explains nor anybody else."""
        rows = self.exclude(unexplained_kopecks=0)
        return rows.exclude(unexplained_kopecks=F("explained_kopecks"))

    def thin(self) -> int:
        """Keep one good reading an hour after a week, one a day after 90 days; how many went.

        A top-up stays, what somebody has explained, and what nobody has, with the reading before.
        """
        now = timezone.now()
        rows = self.current().filter(read_at__lt=now - HOURLY_AFTER)
        gone = rows.filter(kopecks__isnull=True).delete()[0]
        kept: set[tuple[int, ...]] = set()
        doomed: list[int] = []
        spare = False  # whether the row that follows in time needs this one
        for row in (
            rows.good()
            .order_by("-read_at", "-pk")
            .only("read_at", "unexplained_kopecks", "topped_up_kopecks", "explanation")
        ):
            day, hour = row.read_at.toordinal(), row.read_at.hour
            slot = (day,) if row.read_at < now - DAILY_AFTER else (day, hour)
            tells = bool(row.unexplained_kopecks or row.topped_up_kopecks or row.explanation)
            if slot in kept and not spare and not tells:
                doomed.append(row.pk)
                continue
            kept.add(slot)
            spare = bool(row.unexplained_kopecks)
        for start in range(0, len(doomed), 500):
            gone += self.filter(pk__in=doomed[start : start + 500]).delete()[0]
        return gone


class Balance(models.Model):
    """One reading. Kopecks, signed: an account may be below nothing."""

    provider = models.CharField(_("provider"), max_length=200)
    # The figure is true of some moment between the two.
    asked_at = models.DateTimeField(_("asked at"))
    read_at = models.DateTimeField(_("read at"))
    kopecks = models.BigIntegerField(_("balance, kopecks"), null=True)
    credit_kopecks = models.BigIntegerField(_("credit, kopecks"), default=0)
    reason = models.CharField(_("why it could not be read"), max_length=40, blank=True)
    # All that our ledger had spent by then, which is drawn beside the balance.
    ledger_kopecks = models.BigIntegerField(_("spent by our ledger, kopecks"), null=True)
    # Against the good reading before; see reckoning.py for what each means.
    since_at = models.DateTimeField(_("since"), null=True)
    moved_kopecks = models.BigIntegerField(_("left it, kopecks"), null=True)
    low_kopecks = models.BigIntegerField(_("explained at least, kopecks"), null=True)
    high_kopecks = models.BigIntegerField(_("explained at most, kopecks"), null=True)
    unexplained_kopecks = models.BigIntegerField(_("unexplained, kopecks"), default=0)
    topped_up_kopecks = models.BigIntegerField(_("topped up, kopecks"), default=0)
    candidates = models.JSONField(_("tasks that may explain it"), default=list)
    # Of what is unexplained, when an administrator knew better: that amount, and their words.
    explained_kopecks = models.BigIntegerField(_("explained by hand, kopecks"), default=0)
    explanation = models.CharField(_("explanation"), max_length=500, blank=True)

    objects = BalanceQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        indexes = [models.Index(fields=["provider", "read_at"], name="balance_read")]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def age(self) -> float:
        """Seconds since it came; without an end when the clock was put back since."""
        age = (timezone.now() - self.read_at).total_seconds()
        return age if age >= 0 else float("inf")

    @property
    def is_fresh(self) -> bool:
        """Young enough that nobody asks again."""
        return self.age < settings.BALANCE_SECONDS

    @property
    def left_kopecks(self) -> int | None:
        """What may still be spent, with the credit, whose sign is not documented."""
        return None if self.kopecks is None else self.kopecks + abs(self.credit_kopecks)

    @property
    def is_flagged(self) -> bool:
        """As `flagged`, of this one."""
        return self.unexplained_kopecks not in {0, self.explained_kopecks}

    @property
    def is_explained(self) -> bool:
        """By hand, and still as it was then."""
        return self.unexplained_kopecks == self.explained_kopecks != 0

    @property
    def is_empty(self) -> bool:
        """It was read, and nothing is left, nor any credit."""
        return self.left_kopecks is not None and self.left_kopecks <= 0

    @property
    def reason_sentence(self) -> str:
        return sentence(self.reason)

    def before(self) -> Balance | None:
        """The good reading before this one."""
        rows = Balance.objects.good().filter(provider=self.provider)
        earlier = Q(read_at__lt=self.read_at) | Q(read_at=self.read_at, pk__lt=self.pk)
        return rows.filter(earlier).order_by("-read_at", "-pk").first()

    def shows(self, reason: str) -> bool:
        """Whether this reading shows that the cause of a pause is still there."""
        if reason == "balance-empty":
            return self.is_empty or self.reason == "balance-empty"
        return reason in ("key-refused", "no-key") and self.reason == "key-refused"
