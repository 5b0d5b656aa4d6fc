"""Whether the provider charged an unknown task, as far as the balance before and after can tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .balance import Balance
from .event import Event
from .pause import Pause, spans
from .reckoning import ROUNDING, Sent, sent_between
from .task import Task
from .verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Between = Callable[[str, Balance, Balance], Mapping[int, "Share"]]

MOST = 100
"""Unknown tasks that one run of the job compares: the newest. And as many of a restore, of which
there may be thousands: each in its turn.
"""
MOST_SUMS = 5_000
"""Sums of other tasks in doubt that are looked through, before nothing can be told."""
PASSES = 3
"""What one verdict tells of the others is told within one run, this many times at most."""

WHY: dict[str, str | Promise] = {
    "no-before": _("The balance was not read in the time before it was sent."),
    "no-after": _("The balance has not been read since."),
    "too-soon": _("It may still be charged: only a reading a quarter of an hour later can tell."),
    "both": _("Both would fit, with what else happened in between."),
    "restored": _(
        "What was ordered after the backup is not known here, and may have cost as much."
    ),
    "neither": _("Neither fits: something else has moved the balance."),
}


@dataclass(frozen=True)
class Share:
    """What can have left the balance for a task between two readings. Kopecks."""

    least: int
    most: int
    is_doubtful: bool
    is_all_or_nothing: bool = False
    """In doubt and sent between them: its price has left the balance, or nothing."""

    @classmethod
    def of(cls, one: Sent, before: Balance, after: Balance) -> Share | None:
        """None: it had no part, for it was over before or has not been sent yet."""
        least, most = one.between(before, after)
        if not one.is_doubtful:
            return cls(least, most, is_doubtful=False) if (least, most) != (0, 0) else None
        known = one.known(before, after)
        if known is not None:
            return cls(known, known, is_doubtful=False) if known else None
        if not one.may_have_moved(before, after):
            return None
        if before.read_at <= one.sent_at < after.asked_at:
            return cls(0, one.price, is_doubtful=True, is_all_or_nothing=True)
        # Sent before, or just now: its price may have gone then or now.
        return cls(min(least, 0), max(most, one.price), is_doubtful=True)


def shares_between(provider: str, before: Balance, after: Balance) -> dict[int, Share]:
    """Of every task that had a part between the readings, by its number."""
    sent = sent_between(provider, before, after)
    found = ((one.pk, Share.of(one, before, after)) for one in sent)
    return {pk: share for pk, share in found if share is not None}


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    def renew(self) -> int:
        """Compare anew for every task that is unknown now; how many."""
        unknown = Task.objects.current().unknown()
        longest_ago = F("comparison__compared_at").asc(nulls_first=True)
        tasks = [
            *unknown.filter(sent_at__isnull=False).order_by("-pk")[:MOST],
            *unknown.filter(sent_at=None).order_by(longest_ago, "-pk")[:MOST],
        ]
        open_ones = tasks
        for _pass in range(PASSES):
            between = cache(shares_between)  # many share their readings
            found = [self.write(task, between) for task in open_ones]
            still = [one.task for one in found if not one.is_decisive]
            if len(still) in {0, len(open_ones)}:
                break
            open_ones = still
        return len(tasks)

    def write(self, task: Task, between: Between = shares_between) -> Comparison:
        """Compare the readings around this task's sending, and keep what they say.

        Readings are thinned out. What they have told is not untold by a wider window.
        """
        found = compare(task, between)
        kept = self.filter(task=task).select_related("task").first()
        if kept is not None and kept.outlives(found):
            self.filter(pk=kept.pk).update(compared_at=found.compared_at)
            return kept
        fields = (field.name for field in Comparison._meta.concrete_fields)
        told = {name: getattr(found, name) for name in fields if name not in {"id", "task"}}
        return self.update_or_create(task=task, defaults=told)[0]


class Comparison(models.Model):
    """What the balance says of one unknown task. Kopecks."""

    task = models.OneToOneField(
        "gallery.Task", on_delete=models.PROTECT, related_name="comparison", verbose_name=_("task")
    )
    compared_at = models.DateTimeField(_("compared at"), default=timezone.now)
    before_at = models.DateTimeField(_("read before"), null=True)
    before_kopecks = models.BigIntegerField(_("balance before, kopecks"), null=True)
    after_at = models.DateTimeField(_("read after"), null=True)
    after_kopecks = models.BigIntegerField(_("balance after, kopecks"), null=True)
    # What else was sent in between, and the least and the most that the ledger has for it.
    others = models.PositiveIntegerField(_("other tasks"), default=0)
    doubtful = models.PositiveIntegerField(_("of them in doubt"), default=0)
    low_kopecks = models.BigIntegerField(_("others at least, kopecks"), default=0)
    high_kopecks = models.BigIntegerField(_("others at most, kopecks"), default=0)
    verdict = models.CharField(
        _("verdict"), max_length=8, choices=Verdict, default=Verdict.UNTOLD
    )  # fmt: skip
    why = models.CharField(_("why it cannot be told"), max_length=12, blank=True)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("comparison of balances")
        verbose_name_plural = _("comparisons of balances")

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} · {self.task_id}"

    @property
    def moved_kopecks(self) -> int | None:
        """What left the balance in between; None until both are known."""
        if self.before_kopecks is None or self.after_kopecks is None:
            return None
        return self.before_kopecks - self.after_kopecks

    @property
    def rose_kopecks(self) -> int:
        """What came to the balance in between, as a top-up does; 0 when it fell."""
        return max(0, -(self.moved_kopecks or 0))

    @property
    def why_sentence(self) -> str:
        return str(WHY.get(self.why, ""))

    @property
    def spans_restore(self) -> bool:
        """Whether the installation was restored between its readings, as far as it shows here."""
        return self.why == "restored" or self.task.sent_at is None

    @property
    def is_decisive(self) -> bool:
        return self.verdict != Verdict.UNTOLD

    def outlives(self, newer: Comparison) -> bool:
        """Whether this one tells something, and the newer one nothing and of other readings.

        The same readings may be judged otherwise by what has become known of other tasks since.
        """
        if not self.is_decisive or newer.is_decisive or self.after_at is None:
            return False
        good = Balance.objects.good().filter(provider=self.task.provider)
        is_there = good.filter(read_at=self.after_at).exists()
        return not is_there or newer.before_at != self.before_at


def compare(task: Task, between: Between = shares_between) -> Comparison:
    """Not saved. Before: the last good reading that was over when the task was sent. After: each
    since the doubt, up to the first that was begun when its charge could not come any more.

    Other tasks count as in reckoning.py, but those in doubt may each have cost its price or
    nothing, unless that has been told. The difference *fits* an amount for this task when it can be
    that amount together with what the others can account for, out by a kopeck. Both fit, or
    neither: it cannot be told.

    The first reading that only a charge of it fits is the one that counts: the later ones have more
    in between that is not known, a top-up may be, or what somebody else bought. They do not undo a
    charge; that it is paid back later makes it a charge and a rise. That it was not charged can be
    said only of a reading that no charge of it can follow.

    Between the readings around a restore somebody may have ordered what the ledger has lost. Then
    only that it was not charged can be told, and nothing while there was room for its price.
    """
    sending = Sending.of(task)
    good = Balance.objects.good().filter(provider=task.provider)
    before, afters = _before(sending, good), _afters(sending, good)
    found = _of_readings(task, before, afters[-1] if afters else None)
    if before is None or not afters:
        found.why = "no-before" if before is None else "no-after"
        return found
    for after in afters:
        found = _of_readings(task, before, after)
        shares = between(task.provider, before, after)
        others = [share for pk, share in shares.items() if pk != task.pk]
        _judge(found, before, after, others, is_late=after.asked_at >= sending.latest_charge)
        if found.verdict == Verdict.CHARGED:
            break
    return found


@dataclass(frozen=True)
class Sending:
    """When an unknown task was sent."""

    at: datetime
    """Of a task in doubt after a restore: at the latest, and no reading before it came later."""
    doubted_at: datetime
    is_restored: bool
    last_reading: int | None
    """The number of the last reading before it: whatever the clock says, the rest came later."""
    jumps: Sequence[tuple[datetime, int]]

    @classmethod
    def of(cls, task: Task) -> Sending:
        doubt = Event.objects.doubts([task.pk]).get(task.pk)
        at = task.sent_at or (doubt.created_at if doubt else task.created_at)
        return cls(
            at,
            doubt.created_at if doubt else at,
            task.sent_at is None,
            task.last_reading,
            Pause.objects.jumps(),
        )

    @property
    def latest_charge(self) -> datetime:
        """By the clock as it is since: one that jumped ahead meanwhile has passed over nothing."""
        latest = self.at + timedelta(seconds=settings.CHARGE_SECONDS)
        for to, seconds in self.jumps:
            by = timedelta(seconds=seconds)
            if seconds > 0 and self.at <= to - by <= latest:
                latest += by
        return latest


def _of_readings(task: Task, before: Balance | None, after: Balance | None) -> Comparison:
    """Of these readings, without a verdict yet."""
    found = Comparison(task=task)
    for name, reading in (("before", before), ("after", after)):
        if reading is not None:
            setattr(found, f"{name}_at", reading.read_at)
            setattr(found, f"{name}_kopecks", reading.kopecks)
    return found


def _before(sending: Sending, good: models.QuerySet[Balance]) -> Balance | None:
    rows = good.filter(read_at__lte=sending.at)
    if not sending.is_restored:  # a backup may be older than that
        since = sending.at - timedelta(seconds=settings.MONEY_MOVES_SECONDS)
        rows = rows.filter(read_at__gt=since)
    if sending.last_reading is not None:
        rows = rows.filter(pk__lte=sending.last_reading)
    return rows.order_by("-read_at").first()


def _afters(sending: Sending, good: models.QuerySet[Balance]) -> list[Balance]:
    """The readings since the doubt, in order: a minute apart at least, up to the first late one.

    After a restore the last of them is enough, for none can tell a charge.
    """
    if sending.last_reading is not None:
        good = good.filter(pk__gt=sending.last_reading)
    late_from = sending.latest_charge
    early = good.filter(asked_at__gte=sending.doubted_at, asked_at__lt=late_from)
    late = good.filter(asked_at__gte=late_from).order_by("asked_at").first()
    afters = [*early.order_by("asked_at"), *([late] if late else [])]
    return afters[-1:] if sending.is_restored else afters


def _judge(
    found: Comparison, before: Balance, after: Balance, others: Sequence[Share], *, is_late: bool
) -> None:
    prices = Counter(one.most for one in others if one.is_all_or_nothing)
    low = sum(one.least for one in others)
    high = sum(one.most for one in others if not one.is_all_or_nothing)
    found.others, found.doubtful = len(others), sum(one.is_doubtful for one in others)
    found.low_kopecks, found.high_kopecks = low, high + _total(prices)
    moved = found.moved_kopecks or 0
    sums = _sums(prices)

    def fits(amount: int) -> bool:
        least, most = moved - high - amount - ROUNDING, moved - low - amount + ROUNDING
        if isinstance(sums, range):
            return least <= sums[-1] and most >= 0
        return any(least <= doubtful <= most for doubtful in sums)

    price = found.task.price_kopecks
    charged, free = fits(price), fits(0)
    if _spans_restore(before, after):
        # Orders of after the backup are gone from the ledger, and may have taken any amount.
        charged = moved >= low + price - ROUNDING
        if charged and not free:
            found.why = "restored"
            return
    if charged == free:
        found.why = "both" if charged else "neither"
    elif charged:
        found.verdict = Verdict.CHARGED
    elif is_late:
        found.verdict = Verdict.FREE
    else:
        found.why = "too-soon"


def _spans_restore(before: Balance, after: Balance) -> bool:
    return spans(Pause.objects.restores(), before.read_at, after.asked_at)


def _sums(prices: Counter[int]) -> Iterable[int]:
    """Every sum that some of the prices make; all up to the largest, when there are very many."""
    sums = {0}
    for price, count in prices.items():
        for times in _portions(count):
            sums |= {one + price * times for one in sums}
            if len(sums) > MOST_SUMS:
                return range(_total(prices) + 1)
    return sums


def _total(prices: Counter[int]) -> int:
    return sum(price * count for price, count in prices.items())


def _portions(count: int) -> Iterable[int]:
    """Few numbers, of which some make each number up to the count."""
    times = 1
    while count > 0:
        yield min(times, count)
        count -= times
        times *= 2
