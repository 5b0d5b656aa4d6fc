"""What the panel's front page shows: figures made by the database, a constant number of queries.

Every figure is grouped SQL over an index; nothing here looks at rows one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Case, Count, F, IntegerField, Min, Q, Sum, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone

from .budget import Budget, current_month
from .charge import Charge
from .image_model import FORBIDDEN, ImageModel
from .reasons import sentence
from .states import OPEN, PAID_NOT_SAVED, TaskStatus
from .task import LINK_LIFE, Task
from .task_filters import LINK_FROM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .task_queryset import TaskQuerySet
    from .user import User

SAVE_GRACE = timedelta(minutes=5)
"""A picture that has been ready for less is on its way, and nobody's alarm."""
FAILURES_OVER = timedelta(days=7)
SPEED_OVER = timedelta(hours=24)
MOST_ROWS = 12
"""Of a list by user or by model: who stands further down is in the lists themselves."""

ORDER = (
    TaskStatus.QUEUED,
    TaskStatus.SENDING,
    TaskStatus.RENDERING,
    TaskStatus.SAVING,
    TaskStatus.UNKNOWN,
    TaskStatus.LOST,
)


@dataclass(frozen=True)
class Waiting:
    """Tasks in one state that is not an end, and since when the oldest has been there."""

    status: TaskStatus
    count: int
    oldest: datetime | None


@dataclass(frozen=True)
class Unsaved:
    """Pictures that are paid for, ready at the provider, and overdue here."""

    count: int
    oldest: datetime | None
    """Since when the one that was ready first is known to be."""
    link_since: datetime | None
    """No link to any of them is older."""

    @property
    def link_dies_at(self) -> datetime | None:
        """When the first of their links may die at the earliest."""
        return self.link_since + LINK_LIFE if self.link_since else None

    @property
    def level(self) -> int:
        """How many of the alarms have rung for it: 0 to 3."""
        if self.link_since is None:
            return 0
        age = (timezone.now() - self.link_since).total_seconds()
        return sum(age >= seconds for seconds in settings.ALARM_SECONDS)


@dataclass(frozen=True)
class Line:
    """A name and a number of kopecks or of tasks."""

    name: str
    amount: int
    pk: int | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Speed:
    """Seconds from acceptance to readiness, by model."""

    model: str
    count: int
    median: float
    slowest: float


@dataclass(frozen=True)
class Month:
    """Real or demo money of this month: the purse, and what was spent on each day so far."""

    purse: int | None
    held: int
    spent: int
    days: Sequence[int]
    """Kopecks by day, from the 1st to today."""
    length: int

    @property
    def today(self) -> int:
        return self.days[-1]

    @property
    def sums(self) -> list[int]:
        """Kopecks from the 1st to each day's end."""
        return list(accumulate(self.days))

    @property
    def rows(self) -> list[tuple[int, int]]:
        return list(zip(self.days, self.sums, strict=True))


def waiting() -> list[Waiting]:
    """Open, unknown and lost tasks by state; every state of these, also when it has none."""
    states = OPEN | {TaskStatus.UNKNOWN, TaskStatus.LOST}
    # Waiting since it was asked for; in doubt since it was sent; lost since it was given up.
    in_doubt = Case(When(status=TaskStatus.UNKNOWN, then="sent_at"))
    since = Coalesce("ended_at", in_doubt, "created_at")
    rows = (
        Task.objects.filter(status__in=states)
        .order_by()
        .values_list("status")
        .annotate(count=Count("pk"), oldest=Min(since))
    )
    found = {status: (count, oldest) for status, count, oldest in rows}
    return [Waiting(status, *found.get(status, (0, None))) for status in ORDER]


def overdue() -> TaskQuerySet:
    """Tasks whose picture has been ready for longer than saving takes, and is not saved."""
    since = timezone.now() - SAVE_GRACE
    return Task.objects.filter(status__in=PAID_NOT_SAVED, ready_at__lte=since)


def unsaved() -> Unsaved:
    """Paid for and not saved, though ready for longer than saving takes. Zero when all is well."""
    return _unsaved(overdue())


def alarm() -> Unsaved:
    """Of these, what administrators are told on every page."""
    return _unsaved(Task.objects.unsaved(settings.ALARM_SECONDS[0]))


def _unsaved(tasks: TaskQuerySet) -> Unsaved:
    found = tasks.annotate(link_from=LINK_FROM).aggregate(
        count=Count("pk"), oldest=Min("ready_at"), link_since=Min("link_from")
    )
    return Unsaved(**found)


def failures() -> list[Line]:
    """What failed in the last seven days, by reason, the most frequent first."""
    rows = (
        Task.objects.filter(status=TaskStatus.FAILED, ended_at__gte=timezone.now() - FAILURES_OVER)
        .order_by()
        .values_list("reason")
        .annotate(count=Count("pk"))
    )
    counts: dict[str, int] = {}
    for code, count in rows:  # several codes share a sentence
        counts[sentence(code)] = counts.get(sentence(code), 0) + count
    lines = [Line(words, count) for words, count in counts.items()]
    return sorted(lines, key=lambda line: -line.amount)[:MOST_ROWS]


def month() -> Month:
    """This month's purse and spending, in the money of the provider that is configured now."""
    first = current_month()
    purse = Budget.objects.filter(month=first, user=None, demo=settings.IS_DEMO).first()
    today = timezone.localtime(timezone=timezone.get_default_timezone()).date()
    spent = dict(
        Charge.objects.filter(month=first, demo=settings.IS_DEMO)
        .exclude(spent_kopecks=0)
        .order_by()
        .values_list(_day(today))
        .annotate(Sum("spent_kopecks"))
    )
    return Month(
        purse=purse.limit_kopecks if purse else None,
        held=purse.held_kopecks if purse else 0,
        spent=purse.spent_kopecks if purse else 0,
        days=[spent.get(day, 0) for day in range(1, today.day + 1)],
        length=(_next_month(first) - first).days,
    )


def _day(today: date) -> Case:
    """The day of the month of a charge, by comparisons alone.

    SQLite would call back into Python for each row to cut a time down to its date.
    """
    zone = timezone.get_default_timezone()
    # The first of the month has an arm too: without any there would be nothing to group by.
    starts = [(max(1, day - 1), today.replace(day=day)) for day in range(1, today.day + 1)]
    ends = [
        When(created_at__lt=datetime.combine(start, time(), zone), then=Value(before))
        for before, start in starts
    ]
    return Case(*ends, default=Value(today.day), output_field=IntegerField())


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def by_user() -> list[Line]:
    """Who spent most this month, with their limits: from the budgets, which are sums already."""
    rows = (
        Budget.objects.this_month()
        .filter(user__isnull=False, demo=settings.IS_DEMO, spent_kopecks__gt=0)
        .select_related("user")
        .order_by("-spent_kopecks")[:MOST_ROWS]
    )
    return [
        Line(row.user.get_username(), row.spent_kopecks, row.user_id, row.limit_kopecks)
        for row in rows
        if row.user
    ]


def by_model() -> list[Line]:
    """What was spent on each model this month."""
    rows = (
        Charge.objects.filter(month=current_month(), demo=settings.IS_DEMO)
        .exclude(spent_kopecks=0)
        .order_by()
        .values_list("task__model_id")
        .annotate(spent=Sum("spent_kopecks"))
        .order_by("-spent")[:MOST_ROWS]
    )
    labels = dict(ImageModel.objects.values_list("pk", "label"))
    return [Line(labels[pk], spent, pk) for pk, spent in rows if spent]


def held() -> Sequence[User]:
    """Whose sending is held after refusals of content, the latest first."""
    return list(get_user_model().objects.held().order_by("-held_until")[:MOST_ROWS])


def forbidden() -> Sequence[ImageModel]:
    """Models that the provider has refused to this key, with the number of tasks that wait."""
    waiting = Q(tasks__status=TaskStatus.QUEUED)
    rows = ImageModel.objects.filter(is_enabled=False, off_reason=FORBIDDEN)
    return list(rows.annotate(waiting=Count("tasks", filter=waiting))[:MOST_ROWS])


def speeds() -> list[Speed]:
    """The median and the slowest of each model at this provider over the last 24 hours."""
    lasting = (
        Task.objects.current()
        .timed()
        .filter(
            # Named, so that the index by model, provider and time serves.
            model__in=ImageModel.objects.values("pk"),
            ready_at__gte=timezone.now() - SPEED_OVER,
        )
        .annotate(seconds=F("ready_at") - F("accepted_at"))
    )
    placed = lasting.annotate(
        place=Window(RowNumber(), partition_by="model_id", order_by="seconds"),
        many=Window(Count("pk"), partition_by="model_id"),
    )
    rows = (
        placed.filter(Q(place=(F("many") + 1) / 2) | Q(place=F("many")))
        .order_by("model__position", "seconds")
        .values_list("model__label", "many", "seconds")
    )
    found: dict[str, list[Any]] = {}
    for label, many, seconds in rows:
        found.setdefault(label, [many]).append(seconds.total_seconds())
    return [Speed(label, many, times[0], times[-1]) for label, (many, *times) in found.items()]
