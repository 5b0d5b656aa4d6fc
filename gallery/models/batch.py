"""One press of a button that may spend."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, models, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.failpoints import failpoint

from .budget import Budget, OverLimit
from .charge import Charge
from .event import Event
from .image_model import ImageModel
from .precedent import Precedent
from .prompt import Prompt, recipe_hash
from .studio import Studio
from .task import Task

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence

    from .user import User

MAX_COUNT = 8
"""Pictures in one batch. The API has no count parameter: N pictures are N tasks."""


class Refusal(Exception):
    """A batch that was not accepted. Nothing was written and nothing was held."""


class TokenReused(Refusal):
    """The form token was used before, with other content."""


class PriceChanged(Refusal):
    """The price agreed to is not today's."""

    def __init__(self, price_kopecks: int) -> None:
        super().__init__(price_kopecks)
        self.price_kopecks = price_kopecks


class ModelOff(Refusal):
    """The model is switched off."""

    def __init__(self, model: ImageModel) -> None:
        super().__init__(model.remote_id)
        self.model = model


class BeyondBudget(Refusal):
    """The batch does not fit a limit: whose, and how many pictures of it would."""

    def __init__(self, whose: str, fits: int) -> None:
        super().__init__(whose, fits)
        self.whose = whose
        self.fits = fits


class NoLongerUnknown(Refusal):
    """The task to be sent again is not unknown any more, or its send may still be under way."""


class OtherMoney(Refusal):
    """A demo picture was to take a real one's place, or a real one a demo's."""


class PromptTrashed(Refusal):
    """The prompt to be run once more is in the trash."""


class AccountClosed(Refusal):
    """Its owner was deactivated a moment ago, and what they had queued was canceled."""


class AskFirst(Refusal):
    """The owner has this very picture already, or the provider refused it: they may insist."""

    def __init__(self, precedent: Precedent) -> None:
        super().__init__(precedent.questions)
        self.precedent = precedent


class BatchKind(models.TextChoices):
    FIRST = "first", _("first run")
    RERUN = "rerun", _("re-run")
    AGAIN = "again", _("sent again")


@dataclass(frozen=True)
class Order:
    """What one press asks for: either a new recipe, or a prompt to run once more."""

    token: uuid.UUID
    count: int
    price_kopecks: int
    """The price of one picture that the form showed."""
    model: ImageModel
    prompt: Prompt | None = None
    text: str = ""
    ratio: str = ""
    references: tuple[str, ...] = field(default=())
    parent: Prompt | None = None
    replaces: Task | None = None
    """An unknown task that is written off because this one takes its place."""
    insists: str | None = None
    """For orders that are asked about: the answer to what `AskFirst` asked; empty before it."""

    @classmethod
    def rerun(cls, prompt: Prompt, *, token: uuid.UUID, count: int, price_kopecks: int) -> Order:
        """The same prompt once more."""
        return cls(token, count, price_kopecks, prompt.model, prompt=prompt)

    @classmethod
    def again(cls, task: Task, *, token: uuid.UUID, price_kopecks: int) -> Order:
        """One unknown task once more, at the risk of paying twice."""
        prompt = task.batch.prompt
        return cls(token, 1, price_kopecks, prompt.model, prompt=prompt, replaces=task)

    @property
    def kind(self) -> BatchKind:
        if self.replaces is not None:
            return BatchKind.AGAIN
        return BatchKind.RERUN if self.prompt else BatchKind.FIRST

    def check(self, today: ImageModel) -> None:
        """Raise a Refusal when its model, as it is today, or the task in its way speaks against."""
        if not today.is_enabled:
            raise ModelOff(today)
        if today.price_kopecks != self.price_kopecks:
            raise PriceChanged(today.price_kopecks)
        if self.replaces is not None and not self.replaces.is_of_todays_money:
            raise OtherMoney

    def write_prompt(self, owner: User) -> Prompt:
        """Of a new recipe."""
        return Prompt.objects.write(
            owner=owner,
            text=self.text,
            model=self.model,
            ratio=self.ratio,
            references=self.references,
            parent=self.parent,
        )

    @property
    def recipe_hash(self) -> str:
        """Of a new recipe, as its prompt will have it."""
        return recipe_hash(self.model.pk, self.text, self.ratio, self.references)

    @property
    def content_hash(self) -> str:
        """SHA-256 of what is asked for.

        The price is no part: it is compared with today's. Nor is an answer: it changes nothing.
        """
        content = [
            self.prompt.pk if self.prompt else None,
            self.model.pk,
            self.text,
            self.ratio,
            list(self.references),
            self.parent.pk if self.parent else None,
            self.replaces.pk if self.replaces else None,
            self.count,
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


class BatchQuerySet(models.QuerySet["Batch"]):
    def submit(self, owner: User, order: Order) -> Batch:
        """Accept the order whole and hold its money, or raise a Refusal and change nothing.

        The same token with the same content gives the batch that it made the first time.
        """
        try:
            with transaction.atomic():
                return self._earlier(owner, order) or self._accept(owner, [order])[0]
        except IntegrityError:
            # A twin of this press was committed between our look and our insert; all that this
            # one wrote is rolled back.
            twin = self._earlier(owner, order)
            if twin is None:
                raise
            return twin

    def submit_all(self, owner: User, orders: Sequence[Order]) -> list[Batch]:
        """Accept all these re-runs and hold their sum, or raise a Refusal and change nothing.

        By the same few queries, however many they are. None of their tokens may be in use.
        """
        try:
            with transaction.atomic():
                return self._accept(owner, orders)
        except IntegrityError as error:
            if not self.filter(owner=owner, form_token__in=[one.token for one in orders]).exists():
                raise
            raise TokenReused from error

    def last_counts(self, prompts: Iterable[int]) -> dict[int, int]:
        """Pictures of the last batch of each of these prompts."""
        last = self.filter(prompt__in=prompts).order_by().values("prompt")
        newest = self.filter(pk__in=last.annotate(last=Max("pk")).values("last"))
        return dict(newest.values_list("prompt", "count"))

    def _earlier(self, owner: User, order: Order) -> Batch | None:
        batch = self.filter(owner=owner, form_token=order.token).first()
        if batch is not None and batch.content_hash != order.content_hash:
            raise TokenReused
        return batch

    def _accept(self, owner: User, orders: Sequence[Order]) -> list[Batch]:
        # Locked, so that deactivating comes before this press or finds what it queued.
        people = get_user_model().objects.select_for_update(no_key=True)
        if not people.filter(pk=owner.pk, is_active=True).exists():
            raise AccountClosed
        today = ImageModel.objects.in_bulk({order.model.pk for order in orders})
        for order in orders:
            order.check(today[order.model.pk])
        if not Prompt.objects.hold_kept({order.prompt.pk for order in orders if order.prompt}):
            raise PromptTrashed
        # Looked at before its own tasks are there; raised when nothing else stands in its way, so
        # that who insists has the last word.
        questions = [self._question(owner, order) for order in orders]
        batches = self.bulk_create(
            Batch(
                owner=owner,
                prompt=order.prompt or order.write_prompt(owner),
                kind=order.kind,
                form_token=order.token,
                content_hash=order.content_hash,
                count=order.count,
                price_kopecks=order.price_kopecks,
            )
            for order in orders
        )
        for order in orders:
            if order.replaces is not None and not Task.objects.write_off(
                order.replaces.pk, "sent-again", by=owner
            ):
                raise NoLongerUnknown
        _open_tasks(owner, batches)
        for question in questions:
            if question is not None:
                raise AskFirst(question)
        return batches

    def _question(self, owner: User, order: Order) -> Precedent | None:
        if order.insists is None:
            return None
        precedent = Precedent.find(owner, order.recipe_hash)
        return None if precedent.is_answered(order.insists) else precedent


class Batch(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="batches",
        db_index=False,
        verbose_name=_("owner"),
    )
    prompt = models.ForeignKey(
        Prompt, on_delete=models.PROTECT, related_name="batches", verbose_name=_("prompt")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=BatchKind, default=BatchKind.FIRST)
    form_token = models.UUIDField(_("form token"), editable=False)
    content_hash = models.CharField(_("content hash"), max_length=64, editable=False)
    count = models.PositiveSmallIntegerField(_("pictures"))
    price_kopecks = models.PositiveIntegerField(_("price of a picture, kopecks"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = [
            models.UniqueConstraint(fields=["owner", "form_token"], name="form_token_works_once"),
            models.CheckConstraint(
                condition=models.Q(count__gte=1, count__lte=MAX_COUNT), name="batch_of_1_to_8"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def total_kopecks(self) -> int:
        return self.count * self.price_kopecks


def _open_tasks(owner: User, batches: Sequence[Batch]) -> None:
    """Queue the tasks and hold the whole sum, inside the caller's transaction.

    The hold comes last: on PostgreSQL everybody's money waits from then on until we are done.
    """
    due = timezone.now() + timedelta(seconds=Studio.objects.current().undo_send_seconds)
    tasks = Task.objects.bulk_create(
        Task(
            batch=batch,
            owner=owner,
            model=batch.prompt.model,
            position=position,
            provider=settings.PROVIDER,
            price_kopecks=batch.price_kopecks,
            due_at=due,
        )
        for batch in batches
        for position in range(batch.count)
    )
    Event.objects.record_all(tasks, "held", actor=owner)
    failpoint("moved-held")
    total = sum(batch.total_kopecks for batch in batches)
    try:
        month = Budget.objects.hold(owner, total, demo=settings.IS_DEMO)
    except OverLimit as over:
        raise BeyondBudget(over.whose, _fitting(batches, over.left_kopecks)) from over
    failpoint("booked-hold")
    Charge.objects.hold(tasks, month)


def _fitting(batches: Iterable[Batch], kopecks: int) -> int:
    """How many of their pictures, in their order, so much would do for."""
    prices = (batch.price_kopecks for batch in batches for _picture in range(batch.count))
    return sum(spent <= kopecks for spent in accumulate(prices))
