"""One paid picture: one authorisation for one create that may be accepted at most once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .image_model import ImageModel
from .reasons import sentence
from .spans import span
from .states import NOTED, OPEN, PAID_NOT_SAVED, TROUBLED, TaskStatus
from .task_filters import CONTENT_REFUSED, DEMO
from .task_queryset import TaskQuerySet

if TYPE_CHECKING:
    from datetime import datetime

    from .comparison import Comparison
    from .studio import Studio

LINK_LIFE = timedelta(hours=24)
"""A result's link lives for 24 to 48 hours: whoever waits counts on the least."""


class Task(models.Model):
    batch = models.ForeignKey(
        "gallery.Batch",
        on_delete=models.PROTECT,
        related_name="tasks",
        db_index=False,
        verbose_name=_("batch"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="tasks",
        db_index=False,
        verbose_name=_("owner"),
    )
    model = models.ForeignKey(
        ImageModel,
        on_delete=models.PROTECT,
        related_name="tasks",
        db_index=False,
        verbose_name=_("model"),
    )
    position = models.PositiveSmallIntegerField(_("place in the batch"))
    provider = models.CharField(_("provider"), max_length=200)
    price_kopecks = models.PositiveIntegerField(_("price, kopecks"))
    status = models.CharField(
        _("state"), max_length=12, choices=TaskStatus, default=TaskStatus.QUEUED, editable=False
    )
    # Grows with every change that a card shows: the live view asks by it.
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    # When the next thing is due: the send, the poll or the save, by state.
    due_at = models.DateTimeField(_("due at"), default=timezone.now)
    # Who sends or saves it now; another's late writes carry another claim and do nothing.
    claim = models.UUIDField(_("claim"), null=True)
    claimed_until = models.DateTimeField(_("claimed until"), null=True)

    attempts = models.PositiveIntegerField(_("sends begun"), default=0)
    later_count = models.PositiveSmallIntegerField(_("times told to try later"), default=0)
    later_since = models.DateTimeField(_("told to try later since"), null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    # By order and not by time, for a clock may be set: the last reading of the balance before that.
    last_reading = models.BigIntegerField(_("balance read last"), null=True, editable=False)
    remote_id = models.CharField(_("provider's task id"), max_length=128, null=True, blank=True)  # noqa: DJ001
    accepted_at = models.DateTimeField(_("accepted at"), null=True)

    polls = models.PositiveIntegerField(_("times asked"), default=0)
    missing_count = models.PositiveIntegerField(_("times not found"), default=0)
    missing_since = models.DateTimeField(_("not found since"), null=True)
    give_up_at = models.DateTimeField(_("given up after"), null=True)
    ready_at = models.DateTimeField(_("ready at"), null=True)
    # Before that it was not ready: no link to its picture is older.
    link_since = models.DateTimeField(_("link not older than"), null=True, editable=False)
    # Since when every answer about it has had a shape that nobody knows.
    unread_since = models.DateTimeField(_("not understood since"), null=True, editable=False)
    result_url = models.TextField(_("link to the result"), blank=True)
    saves = models.PositiveIntegerField(_("downloads begun"), default=0)
    # How loud it has been said that its picture is not saved: each alarm rings once.
    alarm = models.PositiveSmallIntegerField(_("alarm"), null=True, editable=False)

    ended_at = models.DateTimeField(_("ended at"), null=True)
    # Why it waits or how it ended: a code of reasons.py, and the provider's own words as data.
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    detail = models.CharField(_("detail"), max_length=2000, blank=True)
    cost_kopecks = models.PositiveIntegerField(_("cost by the provider"), null=True)
    dismissed_at = models.DateTimeField(_("dismissed at"), null=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "remote_id"],
                condition=Q(remote_id__isnull=False),
                name="remote_id_is_one_task",
            ),
            models.UniqueConstraint(fields=["batch", "position"], name="one_task_a_place"),
        ]
        indexes = [
            models.Index(fields=["status", "due_at"], name="task_due"),
            models.Index(fields=["owner", "status"], name="task_of_owner"),
            models.Index(fields=["model", "provider", "-ready_at"], name="task_durations"),
            # The panel's: newest of a kind, and what ended lately.
            models.Index(fields=["created_at"], name="task_created"),
            models.Index(fields=["status", "ended_at"], name="task_ended"),
            # What was sent between two readings of the balance.
            models.Index(fields=["sent_at"], name="task_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def is_demo(self) -> bool:
        return self.provider == DEMO

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_troubled(self) -> bool:
        return self.status in TROUBLED

    @property
    def is_content_refused(self) -> bool:
        """As `content_refused` has it in the database."""
        return self.status == TaskStatus.FAILED and self.reason == CONTENT_REFUSED

    @property
    def may_be_noted(self) -> bool:
        """Its owner may say what they know of it."""
        return self.status in NOTED

    @property
    def reason_sentence(self) -> str:
        return sentence(self.reason)

    @property
    def took(self) -> float | None:
        """Seconds from acceptance to readiness; None until both are known."""
        if self.accepted_at is None or self.ready_at is None:
            return None
        return (self.ready_at - self.accepted_at).total_seconds()

    @property
    def came_after(self) -> float | None:
        """Seconds from sending to keeping, of a picture that nobody could still count on."""
        began = self.sent_at or self.accepted_at
        if self.status != TaskStatus.DONE or began is None or self.ended_at is None:
            return None
        waited = (self.ended_at - began).total_seconds()
        return waited if waited >= settings.AFTER_ALL_SECONDS else None

    @property
    def link_from(self) -> datetime | None:
        """Since when the link to its picture may live; None before there is one. As LINK_FROM has
        it in the database.
        """
        if self.ready_at is None:
            return None
        return min(self.link_since or self.ready_at, self.ready_at)

    @property
    def link_dies_at(self) -> datetime | None:
        """When the link to its picture may die at the earliest; None before there is one."""
        return self.link_from + LINK_LIFE if self.link_from else None

    @property
    def link_left(self) -> float | None:
        """Seconds for which the link surely lives yet; None unless a ready picture is not saved."""
        dies = self.link_dies_at
        if self.status not in PAID_NOT_SAVED or dies is None:
            return None
        left = (dies - timezone.now()).total_seconds()
        return min(max(0.0, left), LINK_LIFE.total_seconds())

    @property
    def link_gate(self) -> str:
        """The code of why the provider's link may not be passed on as a reference; else empty."""
        if self.provider != settings.PROVIDER:
            return "link-foreign"
        if not self.result_url or self.link_from is None:
            return "link-expired"
        age = (timezone.now() - self.link_from).total_seconds()
        return "" if age < settings.REFERENCE_SECONDS else "link-expired"

    @property
    def told_by_balance(self) -> Comparison | None:
        """What the balance says of it while it is unknown; None before that was compared."""
        found: Comparison | None = getattr(self, "comparison", None)
        return found if self.status == TaskStatus.UNKNOWN else None

    def gate(self, studio: Studio) -> str:
        """The code of why a queued task waits, or why nobody asks about one that is under way; else
        empty.
        """
        is_queued = self.status == TaskStatus.QUEUED
        if self.provider != settings.PROVIDER and (is_queued or self.status in PAID_NOT_SAVED):
            return "other-provider"
        if not is_queued:
            return ""
        if not self.model.is_enabled:
            return "model-off"
        if studio.is_paused and not self.is_demo:
            return "paused"
        if self.owner.is_held:
            return "held"
        if self.due_at > timezone.now():
            return self.reason or "undo"
        return "turn"

    @property
    def time_is_up(self) -> bool:
        """The 72 hours in which its picture is asked for and fetched are over."""
        return self.give_up_at is not None and self.give_up_at <= timezone.now()

    @property
    def may_still_be_answered(self) -> bool:
        """Unknown, while its send's own time runs: a late answer may yet heal it."""
        until = self.claimed_until
        return self.status == TaskStatus.UNKNOWN and until is not None and until > timezone.now()

    @property
    def may_be_sent_again(self) -> bool:
        """Unknown, and no byte of its send can still leave."""
        return self.status == TaskStatus.UNKNOWN and not self.may_still_be_answered

    @property
    def is_of_todays_money(self) -> bool:
        """What is sent now costs the same kind of money, real or demo, as this did."""
        return self.is_demo == settings.IS_DEMO

    def live_version(self, studio: Studio) -> str:
        """Changes exactly when what the card shows changes, be it by the mere passing of time."""
        again = "again" if self.may_be_sent_again else ""
        left = self.link_left
        link = "" if left is None else "-{}{}".format(*span(left))  # as coarse as the card says it
        return f"{self.version}.{self.gate(studio)}{again}{link}"
