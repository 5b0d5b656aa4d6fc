"""The verbs that move tasks: the only writers of their state.

Each arrow of the state diagram is one UPDATE whose WHERE names the row and its old state; a verb
answers whether exactly one row moved. Its line of the story and its money are in the same
transaction. Conditions are on the row's own columns or in subqueries, never joins: with a join
the old state would be compared in a subquery that PostgreSQL does not look at again after
waiting for a lock.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, models, transaction
from django.db.models import Case, Exists, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from gallery.failpoints import failpoint

from .charge import Charge
from .event import OWNER_NOTE, Event
from .image import Image, StoredFile
from .numbers import numbers
from .pause import CLOCK, Pause
from .reasons import NEVER_LEFT
from .states import MOVES, NOTED, OPEN, TaskStatus
from .studio import Studio
from .task_filters import CONTENT_REFUSED, TaskFilters, now_and

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from .user import User

S = TaskStatus

LONGEST_WAIT = 900.0
"""Seconds: no wait of a queued task, and none between two downloads, is a longer one."""
GONE_BACK = 3600.0
"""A clock that went back by less only makes things wait for as long."""

MOST_NOTES = 20
"""Notes of its owner on one task."""


class IllegalMove(Exception):
    """The code asked for a move that the table of legal moves does not have."""


class RemoteIdTaken(Exception):
    """The provider's task id belongs to another task already."""


def _not_ready_yet() -> Case:
    """Now, of what has not been ready before: then no link of it can be older."""
    now = timezone.now()
    return Case(
        When(ready_at=None, then=Value(now, models.DateTimeField())), default=F("link_since")
    )


class TaskQuerySet(TaskFilters):
    # Sending

    @transaction.atomic
    def cancel(self, pk: int, *, by: User) -> bool:
        """Take a queued task back, free of charge."""
        self._hold_owner(pk)
        if not self._move(pk, S.QUEUED, S.CANCELED, kind="canceled", actor=by, ended=True):
            return False
        Charge.objects.release(self.model.objects.get(pk=pk), actor=by)
        return True

    @transaction.atomic
    def cancel_all(self, owner: User, *, by: User) -> int:
        """Take those of these that are a person's and queued back, free of charge; how many.

        By a few queries, whatever their number.
        """
        people = get_user_model().objects.select_for_update(no_key=True)
        people.values_list("pk").get(pk=owner.pk)
        queued = self.filter(owner=owner, status=S.QUEUED)
        tasks = list(queued.select_for_update(no_key=True).order_by("pk"))
        locked = self.model.objects.filter(pk__in=numbers(task.pk for task in tasks))
        moved = locked._move_all(S.QUEUED, S.CANCELED, ended_at=timezone.now())
        if moved != len(tasks):
            raise RuntimeError("a locked task moved")
        Event.objects.record_all(tasks, "canceled", actor=by)
        failpoint("moved-canceled")
        Charge.objects.release_all(tasks, actor=by)
        return moved

    @transaction.atomic
    def claim_send(self, pk: int, *, last_reading: int | None = None) -> uuid.UUID | None:
        """The right to send this task's one create; None when it is gone, gated or another's.

        `last_reading` is the number of the newest reading of the balance: all that follow may show
        its charge.
        """
        self._hold_owner(pk)
        claim = uuid.uuid4()
        until = now_and(settings.CLAIM_SECONDS)
        moved = self.sendable()._move(
            pk,
            S.QUEUED,
            S.SENDING,
            kind="sending",
            claim=claim,
            claimed_until=until,
            sent_at=timezone.now(),
            last_reading=last_reading,
            attempts=F("attempts") + 1,
            reason="",
            detail="",
        )
        if not moved:
            return None
        owner = self.model.objects.filter(pk=pk).values("owner")
        get_user_model().objects.filter(pk__in=owner).update(last_sent_at=timezone.now())
        return claim

    def may_send(self, pk: int, claim: uuid.UUID) -> bool:
        """Asked just before the first byte: still ours, and neither paused nor held since."""
        return self.unpaused().unheld().filter(pk=pk, status=S.SENDING, claim=claim).exists()

    @transaction.atomic
    def send_back(self, pk: int, claim: uuid.UUID, reason: str, detail: str, wait: float) -> bool:
        """Provably not sent, or not accepted for a reason outside it: queue again in `wait` s.

        When the row is unknown by now, its money was promised to nobody: it fails instead.
        """
        return self._move(
            pk,
            S.SENDING,
            S.QUEUED,
            Q(claim=claim),
            kind="sent-back",
            due_at=now_and(wait),
            claim=None,
            claimed_until=None,
            sent_at=None,
            reason=reason,
            detail=detail,
        ) or self.refuse(pk, claim, "never-left" if reason in NEVER_LEFT else reason, detail)

    @transaction.atomic
    def send_later(self, pk: int, claim: uuid.UUID, reason: str, detail: str, wait: float) -> bool:
        """The provider said "try later": queue again, or fail at the last permitted time."""
        task = self.filter(pk=pk, claim=claim).first()
        if task is None:
            return False
        now = timezone.now()
        window = timedelta(seconds=settings.LATER_SECONDS)
        since = task.later_since
        count = task.later_count + 1
        if since is None or now - since > window:
            since, count = now, 1
        self.filter(pk=pk, claim=claim).update(later_since=since, later_count=count)
        if count >= settings.LATER_TIMES:
            return self.refuse(pk, claim, "too-often-later", detail)
        return self.send_back(pk, claim, reason, detail, wait)

    @transaction.atomic
    def refuse(self, pk: int, claim: uuid.UUID, reason: str, detail: str) -> bool:
        """A definite refusal of this request, be it late: failed, its money released."""
        for old in (S.SENDING, S.UNKNOWN):
            if self._move(
                pk,
                old,
                S.FAILED,
                Q(claim=claim),
                kind="refused",
                ended=True,
                claim=None,
                claimed_until=None,
                reason=reason,
                detail=detail,
            ):
                Charge.objects.release(self.model.objects.get(pk=pk))
                return True
        return False

    def accept(self, pk: int, claim: uuid.UUID, remote_id: str) -> bool:
        """The provider took it under this id, be the answer late. Raises RemoteIdTaken."""
        return any(
            self._take_id(pk, old, remote_id, Q(claim=claim), kind="accepted")
            for old in (S.SENDING, S.UNKNOWN, S.WRITTEN_OFF)
        )

    @transaction.atomic
    def accept_ready(
        self, pk: int, claim: uuid.UUID, remote_id: str, url: str, cost_kopecks: int | None
    ) -> bool:
        """Accepted and done at once. An unknown task only becomes rendering: it will be asked."""
        return self._take_id(
            pk,
            S.SENDING,
            remote_id,
            Q(claim=claim),
            new=S.SAVING,
            kind="accepted",
            ready_at=timezone.now(),
            result_url=url,
            cost_kopecks=cost_kopecks,
        ) or self.accept(pk, claim, remote_id)

    @transaction.atomic
    def accept_failed(
        self,
        pk: int,
        claim: uuid.UUID,
        remote_id: str,
        reason: str,
        detail: str,
        cost_kopecks: int | None,
    ) -> bool:
        """Accepted and failed at once."""
        if self._take_id(
            pk,
            S.SENDING,
            remote_id,
            Q(claim=claim),
            new=S.FAILED,
            kind="failed",
            ended=True,
            reason=reason,
            detail=detail,
            cost_kopecks=cost_kopecks,
        ):
            self._refund(pk)
            return True
        return self.accept(pk, claim, remote_id)

    @transaction.atomic
    def doubt(self, pk: int, claim: uuid.UUID, reason: str, detail: str, **facts: Any) -> bool:
        """Sent, with no usable answer. The claim stays, so that its own late answer can heal it."""
        return self._move(
            pk,
            S.SENDING,
            S.UNKNOWN,
            Q(claim=claim),
            kind="unknown",
            facts=facts,
            reason=reason,
            detail=detail,
        )

    @transaction.atomic
    def doubt_overdue(self, pk: int) -> bool:
        """Its sender died: nobody knows whether it left."""
        overdue = Q(claimed_until__lte=timezone.now())
        return self._move(pk, S.SENDING, S.UNKNOWN, overdue, kind="unknown", reason="sender-died")

    # Resolving what is unknown

    def identify(
        self, pk: int, remote_id: str, *, by: User, taken_at: datetime | None = None,
        overruled: Sequence[str] = (),
    ) -> bool:  # fmt: skip
        """An administrator found the provider's task id. Raises RemoteIdTaken.

        When the provider took it is when it was sent, where nobody knew that after a restore. What
        does not match, and was overruled by them, stays in the story.
        """
        sent_at = F("sent_at") if taken_at is None else Coalesce("sent_at", Value(taken_at))
        facts = {"overruled": list(overruled)} if overruled else {}
        return any(
            self._take_id(
                pk, old, remote_id, kind="identified", actor=by, facts=facts, sent_at=sent_at
            )
            for old in (S.UNKNOWN, S.WRITTEN_OFF)
        )

    @transaction.atomic
    def clear(self, pk: int, note: str, *, by: User) -> bool:
        """An administrator records, with a note, that an unknown task was not charged."""
        if not self._move(
            pk,
            S.UNKNOWN,
            S.FAILED,
            self._surely_over(),
            kind="not-charged",
            actor=by,
            facts={"note": note},
            ended=True,
            reason="not-charged",
        ):
            return False
        Charge.objects.release(self.model.objects.get(pk=pk), actor=by, note=note)
        return True

    @transaction.atomic
    def write_off(self, pk: int, reason: str, *, by: User) -> bool:
        """Give up on an unknown task: its price counts as spent."""
        if not self._move(
            pk,
            S.UNKNOWN,
            S.WRITTEN_OFF,
            self._surely_over(),
            kind="written-off",
            actor=by,
            ended=True,
            reason=reason,
        ):
            return False
        Charge.objects.settle(self.model.objects.get(pk=pk), actor=by)
        return True

    @transaction.atomic
    def doubt_restored(self, pk: int) -> bool:
        """After a restore: it may have been sent since the backup."""
        return self._move(pk, S.QUEUED, S.UNKNOWN, kind="restored", reason="after-restore")

    # Rendering

    def poll_again(
        self, pk: int, wait: float, trouble: str = "", *, missing: bool = False,
        working: bool = False, unread: bool = False,
    ) -> bool:  # fmt: skip
        """Still no picture: ask again in `wait` seconds. Whether the provider said that it works
        on it, or said nothing that is understood.
        """
        row = self.filter(pk=pk, status=S.RENDERING)
        polled = row.update(
            polls=F("polls") + 1,
            due_at=now_and(wait),
            unread_since=Coalesce("unread_since", timezone.now()) if unread else None,
            **({"link_since": _not_ready_yet()} if working else {}),
            missing_count=F("missing_count") + 1 if missing else 0,
            missing_since=Coalesce("missing_since", timezone.now()) if missing else None,
        )
        # Only what the card shows makes a new version: most polls change nothing to see.
        row.exclude(reason=trouble).update(reason=trouble, version=F("version") + 1)
        return polled == 1

    def poll_all_again(self, pks: Iterable[int], wait: float) -> int:
        """The same for many at once of which there is nothing new to see; how many moved."""
        return self.filter(pk__in=pks, status=S.RENDERING).update(
            polls=F("polls") + 1, due_at=now_and(wait), missing_count=0, missing_since=None,
            link_since=_not_ready_yet(), unread_since=None,
        )  # fmt: skip

    @transaction.atomic
    def ready(self, pk: int, url: str, cost_kopecks: int | None) -> bool:
        """The provider has the picture; its link dies within a day or two."""
        return self._move(
            pk,
            S.RENDERING,
            S.SAVING,
            kind="ready",
            polls=F("polls") + 1,
            ready_at=Coalesce("ready_at", timezone.now()),
            result_url=url,
            cost_kopecks=F("cost_kopecks") if cost_kopecks is None else cost_kopecks,
            due_at=timezone.now(),
            missing_count=0,
            missing_since=None,
            unread_since=None,
            claim=None,
            claimed_until=None,
            reason="",
            detail="",
        )

    @transaction.atomic
    def fail(self, pk: int, reason: str, detail: str, cost_kopecks: int | None) -> bool:
        """The provider says that there will be no picture."""
        if not self._move(
            pk,
            S.RENDERING,
            S.FAILED,
            kind="failed",
            ended=True,
            polls=F("polls") + 1,
            reason=reason,
            detail=detail,
            cost_kopecks=F("cost_kopecks") if cost_kopecks is None else cost_kopecks,
        ):
            return False
        self._refund(pk)
        return True

    @transaction.atomic
    def lose(self, pk: int, reason: str, claim: uuid.UUID | None = None) -> bool:
        """Nothing is left to try by ourselves; the picture counts as paid for.

        A saver gives its claim: when that is gone, another may have the picture by now. Whoever
        asked has none, and nothing to say of what is being saved.
        """
        old, ours = (S.RENDERING, Q()) if claim is None else (S.SAVING, Q(claim=claim))
        if not self._move(
            pk, old, S.LOST, ours, kind="lost", ended=True, claim=None, claimed_until=None,
            reason=reason,
        ):  # fmt: skip
            return False
        task = self.model.objects.get(pk=pk)
        Charge.objects.settle(task, task.cost_kopecks)
        return True

    @transaction.atomic
    def ask_again(self, pk: int, *, by: User) -> bool:
        """A person asks for a lost picture once more, for as long as the first time."""
        return self._move(
            pk,
            S.LOST,
            S.RENDERING,
            kind="asked-again",
            actor=by,
            due_at=timezone.now(),
            give_up_at=now_and(settings.LOST_SECONDS),
            missing_count=0,
            missing_since=None,
            unread_since=None,
            ended_at=None,
            dismissed_at=None,
            reason="",
            detail="",
        )

    def ask_now(self, pk: int) -> bool:
        """Make the next question about a rendering task due at once."""
        return self.filter(pk=pk, status=S.RENDERING).update(due_at=timezone.now()) == 1

    # Saving

    def claim_save(self, pk: int) -> uuid.UUID | None:
        """The right to fetch this picture; None when it is gone, not due or another's."""
        claim = uuid.uuid4()
        # The download's own deadline, and as much again for checks and the disk.
        until = now_and(settings.DOWNLOAD_SECONDS * 2)
        claimed = self.savable().filter(pk=pk).update(
            claim=claim, claimed_until=until, saves=F("saves") + 1
        )  # fmt: skip
        return claim if claimed == 1 else None

    @transaction.atomic
    def relink(self, pk: int, claim: uuid.UUID, reason: str, detail: str, wait: float) -> bool:
        """The link is dead or the file bad: ask the provider for it anew in `wait` seconds."""
        return self._move(
            pk,
            S.SAVING,
            S.RENDERING,
            Q(claim=claim),
            kind="relinked",
            due_at=now_and(wait),
            claim=None,
            claimed_until=None,
            reason=reason,
            detail=detail,
        )

    def save_later(self, pk: int, claim: uuid.UUID, reason: str, wait: float) -> bool:
        """Our own disk or network is at fault: the same link again in `wait` seconds."""
        return (
            self.filter(pk=pk, status=S.SAVING, claim=claim).update(
                claim=None,
                claimed_until=None,
                due_at=now_and(wait),
                reason=reason,
                version=F("version") + 1,
            )
            == 1
        )

    @transaction.atomic
    def keep(self, pk: int, claim: uuid.UUID, file: StoredFile) -> bool:
        """The original is complete on disk: the task is done and its price spent."""
        if not self._move(
            pk,
            S.SAVING,
            S.DONE,
            Q(claim=claim),
            kind="saved",
            facts={"sha256": file.sha256, "bytes": file.size},
            ended=True,
            claim=None,
            claimed_until=None,
            reason="",
            detail="",
        ):
            return False
        self._kept(pk, file)
        return True

    @transaction.atomic
    def rescue(self, pk: int, file: StoredFile, *, by: User) -> bool:
        """An administrator uploads the file of a lost task."""
        if not self._move(
            pk, S.LOST, S.DONE, kind="rescued", actor=by, facts={"sha256": file.sha256},
            ended=True, reason="",
        ):  # fmt: skip
            return False
        self._kept(pk, file)
        return True

    # Alarms

    def ring(self, pk: int, level: int) -> bool:
        """Take it upon oneself to tell; True for one caller, ever. Changes no state."""
        return self.unalarmed(level).filter(pk=pk).update(alarm=level) == 1

    # Saying something

    @transaction.atomic
    def note(self, pk: int, text: str, *, by: User) -> bool:
        """Its owner's word about a task in trouble: a line of the story. It moves no money.

        The same word twice in a row is one press of the button.
        """
        # Locked, so that notes are counted one after the other.
        row = self.select_for_update(no_key=True).filter(pk=pk, status__in=NOTED)
        if row.only("pk").first() is None:
            return False
        notes = list(Event.objects.filter(task=pk, kind=OWNER_NOTE))
        if notes and notes[-1].note == text:
            return True
        if len(notes) >= MOST_NOTES:
            return False
        Event.objects.record(pk, OWNER_NOTE, actor=by, note=text)
        return True

    # Looking away

    def dismiss(self, pk: int) -> bool:
        """Take an ended task's card off the studio page. Changes no state and no money."""
        ended = self.exclude(status__in=OPEN)
        return (
            ended.filter(pk=pk, dismissed_at=None).update(
                dismissed_at=timezone.now(), version=F("version") + 1
            )
            == 1
        )

    # A clock that went back

    def unskew(self) -> int:
        """Bring nearer what is due or claimed later than anything can be: the clock went back.

        Nothing is done earlier than it might have been, and a claim gets its whole life anew.
        """
        moved = 0
        for status, longest in (
            (S.QUEUED, LONGEST_WAIT),
            (S.RENDERING, 1.2 * settings.POLL_MAX_SECONDS),
            (S.SAVING, LONGEST_WAIT),
        ):
            late = self.filter(status=status, due_at__gt=now_and(longest + GONE_BACK))
            moved += late.update(due_at=timezone.now())
        for status, longest in (
            (S.SENDING, settings.CLAIM_SECONDS),
            (S.UNKNOWN, settings.CLAIM_SECONDS),
            (S.SAVING, 2 * settings.DOWNLOAD_SECONDS),
        ):
            far = self.filter(status=status, claimed_until__gt=now_and(longest + GONE_BACK))
            moved += far.update(claimed_until=now_and(longest))
        return moved

    # The one way to move

    def _hold_owner(self, pk: int) -> None:
        """Lock the owner's row before a queued task's, as closing an account does.

        Whoever locked the task first and then came to wait for the owner or the budgets would
        deadlock with it.
        """
        owner = self.model.objects.filter(pk=pk).values("owner")
        people = get_user_model().objects.select_for_update(no_key=True).filter(pk__in=owner)
        people.values_list("pk", flat=True).first()

    def _move(
        self,
        pk: int,
        old: TaskStatus,
        new: TaskStatus,
        *where: Q,
        kind: str,
        actor: User | None = None,
        facts: dict[str, Any] | None = None,
        ended: bool = False,
        **fields: Any,
    ) -> bool:
        if new not in MOVES[old]:
            raise IllegalMove(f"{old} -> {new}")
        if ended:
            fields["ended_at"] = timezone.now()
        is_refusal = new == S.FAILED and fields.get("reason") == CONTENT_REFUSED
        if is_refusal:
            get_user_model().objects.lock_owners([pk])
        row = self.filter(*where, pk=pk, status=old)
        if row.update(status=new, version=F("version") + 1, **fields) != 1:
            return False
        told = {
            name: fields[name] for name in ("reason", "detail", "remote_id") if fields.get(name)
        }
        Event.objects.record(pk, kind, actor=actor, **told, **(facts or {}))
        if is_refusal:
            get_user_model().objects.count_refusal(pk)
        failpoint(f"moved-{kind}")
        return True

    def _move_all(self, old: TaskStatus, new: TaskStatus, **fields: Any) -> int:
        if new not in MOVES[old]:
            raise IllegalMove(f"{old} -> {new}")
        return self.filter(status=old).update(status=new, version=F("version") + 1, **fields)

    def _take_id(
        self,
        pk: int,
        old: TaskStatus,
        remote_id: str,
        *where: Q,
        new: TaskStatus = S.RENDERING,
        **fields: Any,
    ) -> bool:
        now = timezone.now()
        accepted: dict[str, Any] = {
            "remote_id": remote_id,
            "accepted_at": now,
            "due_at": now,
            "link_since": now,
            "give_up_at": now + timedelta(seconds=settings.LOST_SECONDS),
            "claim": None,
            "claimed_until": None,
            "reason": "",
            "detail": "",
            "dismissed_at": None,
        }
        try:
            with transaction.atomic():
                return self._move(pk, old, new, *where, **(accepted | fields))
        except IntegrityError as error:
            raise RemoteIdTaken(remote_id) from error

    def _surely_over(self) -> Q:
        """The send's own claim has run out, so that no byte of it can still leave: by a clock that
        has not just jumped, whatever has become of the pause since.
        """
        lately = now_and(-settings.CLAIM_SECONDS)
        paused = Studio.objects.filter(pk=1, pause_reason=CLOCK, paused_at__gt=lately)
        jumped = Pause.objects.filter(reason=CLOCK, paused_at__gt=lately)
        over = Q(claimed_until=None) | Q(claimed_until__lte=timezone.now())
        return over & ~Q(Exists(paused)) & ~Q(Exists(jumped))

    def _refund(self, pk: int) -> None:
        """The provider made no picture: what it says that it kept is spent, else nothing is."""
        task = self.model.objects.get(pk=pk)
        if task.cost_kopecks:
            Charge.objects.settle(task, task.cost_kopecks)
        else:
            Charge.objects.release(task, unconfirmed=task.cost_kopecks is None)

    def _kept(self, pk: int, file: StoredFile) -> None:
        task = self.model.objects.get(pk=pk)
        Image.objects.keep(task, file, Charge.objects.spent_on(task))
        Charge.objects.settle(task, task.cost_kopecks)
