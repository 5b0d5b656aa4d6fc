"""Sending: from queued to what the provider made of it. The only caller of `create`."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db import Error as AnyDatabaseError
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from gallery.archive.store import free_bytes
from gallery.failpoints import failpoint
from gallery.models import Balance, Batch, ImageModel, Order, RemoteIdTaken, Studio, Task, User
from gallery.provider import answers
from gallery.provider.client import Client, clock

from . import cluster, journal, library, pump, remote
from .waiting import back_off

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


HELD_SECONDS = 3600.0
"""So long an id is held in memory that neither the database nor the disk would take."""


class IdNotKept(Exception):
    """An accepted id stands in no row and in no journal: only its sender knows it."""


def accept(owner: User, order: Order) -> Batch:
    """Accept an order and wake the sender. Raises a Refusal of the batch and changes nothing."""
    batch = Batch.objects.submit(owner, order)
    _wake()
    return batch


def accept_all(owner: User, orders: Sequence[Order]) -> list[Batch]:
    """The same of many re-runs, all of them or none."""
    batches = Batch.objects.submit_all(owner, orders)
    _wake()
    return batches


def _wake() -> None:
    failpoint("batch-accepted")
    cluster.wake("submit")


def run() -> None:
    """The sender pump."""
    with contextlib.closing(remote.client()) as client:
        pump.run("submit", Sender(client))


class Sender:
    """Keeps up to CREATES_IN_FLIGHT creates on the wire, taking the owners in turn."""

    step = 0.1

    def __init__(self, client: Client) -> None:
        self.client = client
        self.threads = ThreadPoolExecutor(settings.CREATES_IN_FLIGHT, "create")
        self.under_way: set[Future[None]] = set()

    def tick(self) -> None:
        self._reap()
        guard_disk()
        # Counted here and not by rows in sending: those of a killed sender are not on the wire.
        for _ in range(settings.CREATES_IN_FLIGHT - len(self.under_way)):
            task_id = Task.objects.sendable().fairly().values_list("pk", flat=True).first()
            if task_id is None:
                return
            self._begin(task_id)

    def is_idle(self) -> bool:
        return not self.under_way and not pump.has_work("submit")

    def finish(self) -> None:
        self.threads.shutdown(wait=True)
        self._reap()

    def _begin(self, task_id: int) -> None:
        # The deadline starts before the claim does, so that the claim outlives it for certain.
        deadline = clock() + settings.CREATE_SECONDS
        claim = _claim(task_id)
        if claim is not None:
            failpoint("send-claimed")
            self.under_way.add(
                self.threads.submit(_in_thread, self.client, task_id, claim, deadline)
            )

    def _reap(self) -> None:
        for future in [future for future in self.under_way if future.done()]:
            self.under_way.discard(future)
            future.result()


def send(task_id: int, client: Client) -> None:
    """Send one task's create, if it is there to be sent: the whole unit of work."""
    deadline = clock() + settings.CREATE_SECONDS
    claim = _claim(task_id)
    if claim is not None:
        transmit(client, task_id, claim, deadline)


def _claim(task_id: int) -> uuid.UUID | None:
    newest = Balance.objects.newest()
    return Task.objects.claim_send(task_id, last_reading=newest.pk if newest else None)


def transmit(client: Client, task_id: int, claim: uuid.UUID, deadline: float) -> None:
    """Make the one create that the claim permits, and write down what came of it.

    When this dies in the middle, the claim runs out and the sweeper calls the task unknown.
    """
    task = Task.objects.select_related("batch__prompt", "model").get(pk=task_id)
    prompt = task.batch.prompt
    began = clock()
    outcome = client.create(
        model=task.model.remote_id,
        prompt=prompt.text,
        ar=prompt.ratio,
        images=prompt.reference_urls,
        deadline=deadline,
        may_send=lambda: _may_send(task_id, claim),
    )
    failpoint("send-answered")
    _write_down(task, claim, outcome, seconds=clock() - began)
    failpoint("send-written")


def _write_down(
    task: Task, claim: uuid.UUID, outcome: answers.CreateOutcome, *, seconds: float
) -> None:
    """Move the task, again and again while the database refuses and the claim still lives.

    Without that a request that provably never left would be unknown, its money held. An id that
    the journal does not take either, on a disk that is full for a moment, is held for longer:
    whatever the task is called meanwhile, its own late answer heals it.
    """
    began = clock()
    pause = 1.0
    while True:
        try:
            return settle_outcome(task, claim, outcome, seconds=seconds)
        except IdNotKept:
            if clock() > began + HELD_SECONDS or cluster.stopping():
                raise
        except DatabaseError:
            # An accepted id is in the journal by now; the sweeper brings it home.
            lasting = settings.CLAIM_SECONDS - settings.CREATE_SECONDS
            is_kept = isinstance(outcome, answers.Accepted)
            if is_kept or clock() > began + lasting or cluster.stopping():
                raise
            log.warning("outcome-not-written-yet", task=task.pk)
        connection.close()
        time.sleep(pause)
        pause = min(2 * pause, 30.0) if isinstance(outcome, answers.Accepted) else pause


def settle_outcome(
    task: Task, claim: uuid.UUID, outcome: answers.CreateOutcome, *, seconds: float = 0.0
) -> None:
    """Move the task as the table of outcomes says, and stop what must be stopped."""
    tasks = Task.objects
    match outcome:
        case answers.Accepted():
            _take(task, claim, outcome)
        case answers.NotSent(reason, detail):
            tasks.send_back(task.pk, claim, reason, detail, back_off(task.attempts))
        case answers.Later(reason, detail, retry_after):
            wait = retry_after or back_off(task.later_count + 1)
            tasks.send_later(task.pk, claim, reason, detail, wait)
        case answers.OperatorRefusal(reason, detail):
            _pause(task, reason, detail)
            # The pause holds it, and who resumes wants it sent; but nothing pauses the demo.
            wait = settings.BACKOFF_MAX_SECONDS if task.is_demo else 0
            tasks.send_back(task.pk, claim, reason, detail, wait)
        case answers.ModelRefusal(detail):
            ImageModel.objects.switch_off(task.model_id, "model-forbidden", detail)
            tasks.send_back(task.pk, claim, "model-forbidden", detail, 0)
        case answers.Refused(reason, detail):
            tasks.refuse(task.pk, claim, reason, detail)
        case answers.Unknown(reason, detail, status, received):
            _doubt(task, claim, reason, detail, seconds=seconds, status=status, received=received)


def guard_disk() -> None:
    """Stop spending on pictures that there is no room for, or no place."""
    if settings.IS_DEMO:
        return
    if free_bytes(settings.DATA_DIR) < settings.DISK_FLOOR_BYTES:
        Studio.objects.pause("disk-full")
    if library.is_gone():
        Studio.objects.pause("archive-gone")


def _in_thread(client: Client, task_id: int, claim: uuid.UUID, deadline: float) -> None:
    with bound_contextvars(job="submit", task=task_id):
        try:
            transmit(client, task_id, claim, deadline)
        except Exception:
            # The edge of the job: whatever broke, the claim will run out and the row will say so.
            log.exception("sending-broke-off")
        finally:
            connection.close()


def _may_send(task_id: int, claim: uuid.UUID) -> bool:
    """The last look before the first byte. A database that cannot say yes says no."""
    if cluster.stopping():
        return False
    try:
        return Task.objects.may_send(task_id, claim)
    except AnyDatabaseError:  # a DatabaseError, or an InterfaceError, which is none
        log.warning("held-back", task=task_id, why="the database did not answer")
        return False


def _take(task: Task, claim: uuid.UUID, accepted: answers.Accepted) -> None:
    try:
        _write_id(task, claim, accepted)
    except RemoteIdTaken:
        detail = f"the provider answered with {accepted.remote_id}"
        _doubt(task, claim, "known-id", detail)
    except BaseException as error:
        # Whatever it was: without its id the picture, which has been paid for, is gone.
        if not _keep_id(task, claim, accepted.remote_id) and isinstance(error, Exception):
            raise IdNotKept(accepted.remote_id) from error
        raise
    failpoint("accepted-written")
    cluster.wake("poll")
    cluster.wake("save")


def _keep_id(task: Task, claim: uuid.UUID, remote_id: str) -> bool:
    """Put the id into the journal; False when the disk refuses that too."""
    failpoint("id-not-written")
    try:
        journal.note(task.pk, claim, remote_id)
    except OSError:
        log.critical("id-written-only-here", task=task.pk, remote_id=remote_id)
        return False
    return True


def _write_id(task: Task, claim: uuid.UUID, accepted: answers.Accepted) -> None:
    remote_id = accepted.remote_id
    match accepted.then:
        case answers.Ready(url, cost):
            moved = Task.objects.accept_ready(task.pk, claim, remote_id, url, cost)
        case answers.Failed(detail, _, cost) as failed:
            moved = Task.objects.accept_failed(
                task.pk, claim, remote_id, failed.reason, detail, cost
            )
        case answers.Working():
            moved = Task.objects.accept(task.pk, claim, remote_id)
    if not moved:
        # Nobody else moves a task away from its sender for good; whoever did, keep the id.
        log.error("moved-while-being-sent", task=task.pk)
        _keep_id(task, claim, remote_id)


def _doubt(task: Task, claim: uuid.UUID, reason: str, detail: str, **facts: object) -> None:
    Task.objects.doubt(task.pk, claim, reason, detail, **facts)
    cluster.wake("balance")
    if task.is_demo:
        return
    since = timezone.now() - timedelta(seconds=settings.BREAKER_SECONDS)
    resumed = Studio.objects.current().resumed_at
    if Task.objects.doubted_since(max(since, resumed or since)) >= settings.BREAKER_TIMES:
        Studio.objects.pause("breaker")


def _pause(task: Task, reason: str, detail: str) -> None:
    if not task.is_demo:
        Studio.objects.pause(reason, note=detail)
