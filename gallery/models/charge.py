"""The ledger: one line for every hold, settle, release and adjust; never edited."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from gallery.failpoints import failpoint

from .budget import Budget
from .image import Image
from .numbers import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .task import Task
    from .user import User


class LedgerIsFinal(Exception):
    """Somebody tried to edit or delete a line of the ledger."""


class ChargeKind(models.TextChoices):
    HOLD = "hold", _("held")
    SETTLE = "settle", _("settled")
    RELEASE = "release", _("released")
    ADJUST = "adjust", _("adjusted")


class ChargeQuerySet(models.QuerySet["Charge"]):
    """Writes happen inside the transaction of the state's move; the caller opens it."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise LedgerIsFinal

    def delete(self) -> NoReturn:
        raise LedgerIsFinal

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerIsFinal

    def hold(self, tasks: Iterable[Task], month: date) -> None:
        """Write the holds of a new batch; Budget.objects.hold has made room for their sum."""
        self.bulk_create(
            Charge(
                task=task,
                user_id=task.owner_id,
                month=month,
                demo=task.is_demo,
                kind=ChargeKind.HOLD,
                held_kopecks=task.price_kopecks,
                spent_kopecks=0,
            )
            for task in tasks
        )

    def settle(
        self, task: Task, cost_kopecks: int | None = None, *, actor: User | None = None
    ) -> None:
        """The picture was paid for: its price, or what the provider says it cost, is spent.

        A task settles once; whatever comes later is an adjust. After a release the hold is gone,
        so only the spent side moves.
        """
        if self._has(task, ChargeKind.SETTLE):
            if cost_kopecks is not None:
                self._adjust_to(task, cost_kopecks, actor=actor)
            return
        released = self._has(task, ChargeKind.RELEASE)
        self._book(
            task,
            ChargeKind.SETTLE,
            held=0 if released else -task.price_kopecks,
            spent=task.price_kopecks,
            actor=actor,
        )
        if cost_kopecks is not None:
            self._adjust_to(task, cost_kopecks, actor=actor)

    def release(
        self,
        task: Task,
        *,
        unconfirmed: bool = False,
        actor: User | None = None,
        note: str = "",
    ) -> None:
        """Nothing was paid: give the hold back, or take back what was settled too early."""
        if self._has(task, ChargeKind.SETTLE):
            self._adjust_to(task, 0, unconfirmed=unconfirmed, actor=actor, note=note)
        elif not self._has(task, ChargeKind.RELEASE):
            self._book(
                task,
                ChargeKind.RELEASE,
                held=-task.price_kopecks,
                spent=0,
                unconfirmed=unconfirmed,
                actor=actor,
                note=note,
            )

    def release_all(self, tasks: Sequence[Task], *, actor: User) -> None:
        """Give back the holds of tasks that are provably not sent: nothing else is booked there.

        A second line for one of them is refused by the database.
        """
        holds = self.filter(kind=ChargeKind.HOLD, task__in=numbers(task.pk for task in tasks))
        sums: Counter[tuple[int, date, bool]] = Counter()
        released = []
        for hold in holds.order_by("pk"):
            sums[hold.user_id, hold.month, hold.demo] += hold.held_kopecks
            released.append(
                Charge(
                    task_id=hold.task_id,
                    user_id=hold.user_id,
                    month=hold.month,
                    demo=hold.demo,
                    kind=ChargeKind.RELEASE,
                    held_kopecks=-hold.held_kopecks,
                    spent_kopecks=0,
                    actor=actor,
                )
            )
        if len(released) != len(tasks):
            raise RuntimeError("a queued task without its hold")
        for (user_id, month, demo), held in sorted(sums.items()):
            Budget.objects.book(user_id, month, demo=demo, held=-held, spent=0)
        failpoint("booked-release")
        self.bulk_create(released)

    def spent_on(self, task: Task) -> int:
        """Kopecks that the ledger says were spent on the task."""
        return self.filter(task=task).aggregate(sum=Sum("spent_kopecks"))["sum"] or 0

    def sums_by_prompt(self, prompts: Iterable[int]) -> dict[int, tuple[int, int]]:
        """Kopecks spent on, and held for, each of these prompts."""
        sums = (
            self.filter(task__batch__prompt__in=prompts)
            .order_by()
            .values_list("task__batch__prompt")
            .annotate(Sum("spent_kopecks"), Sum("held_kopecks"))
        )
        return {prompt: (spent, held) for prompt, spent, held in sums}

    def _has(self, task: Task, kind: ChargeKind) -> bool:
        return self.filter(task=task, kind=kind).exists()

    def _adjust_to(self, task: Task, cost_kopecks: int, **how: Any) -> None:
        difference = cost_kopecks - self.spent_on(task)
        if difference:
            self._book(task, ChargeKind.ADJUST, held=0, spent=difference, **how)

    def _book(self, task: Task, kind: ChargeKind, *, held: int, spent: int, **how: Any) -> None:
        hold = self.get(task=task, kind=ChargeKind.HOLD)
        # A charge stays in the month of its hold, whatever month it is now.
        Budget.objects.book(hold.user_id, hold.month, demo=hold.demo, held=held, spent=spent)
        failpoint(f"booked-{kind.value}")
        self.create(
            task=task,
            user_id=hold.user_id,
            month=hold.month,
            demo=hold.demo,
            kind=kind,
            held_kopecks=held,
            spent_kopecks=spent,
            **how,
        )
        if spent:
            # Its picture, when it has one, is found and sorted by what it cost.
            Image.objects.filter(task=task).update(cost_kopecks=F("cost_kopecks") + spent)


class Charge(models.Model):
    """One line of the ledger. Signed kopecks; their sums are the budgets' held and spent."""

    task = models.ForeignKey(
        "gallery.Task", on_delete=models.PROTECT, related_name="charges", verbose_name=_("task")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="charges",
        db_index=False,
        verbose_name=_("user"),
    )
    month = models.DateField(_("month"))
    demo = models.BooleanField(_("demo money"))
    kind = models.CharField(_("kind"), max_length=8, choices=ChargeKind)
    held_kopecks = models.BigIntegerField(_("held, kopecks"))
    spent_kopecks = models.BigIntegerField(_("spent, kopecks"))
    unconfirmed = models.BooleanField(_("unconfirmed"), default=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("by whom"),
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        constraints = [
            models.UniqueConstraint(
                fields=["task", "kind"],
                condition=Q(kind__in=["hold", "settle", "release"]),
                name="once_a_task",
            )
        ]
        indexes = [
            models.Index(fields=["user", "month", "demo"], name="charge_of_month"),
            # The panel's: a month's lines by their time, and the newest of all.
            models.Index(
                fields=["month", "demo", "created_at", "spent_kopecks", "task"],
                condition=~Q(spent_kopecks=0),
                name="charge_spent",
            ),
            models.Index(fields=["created_at"], name="charge_created"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.task_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise LedgerIsFinal
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerIsFinal
