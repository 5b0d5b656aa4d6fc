"""The queue: waking jobs, their schedules, the heartbeat, and the cluster of workers.

The only job module that knows django_q. The rows decide what is to be done; the queue only wakes.
"""

import fcntl
import logging
import multiprocessing
import signal
import tempfile
import threading
import time
from datetime import datetime, timedelta
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any, Literal

import structlog
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.cluster import Cluster
from django_q.models import OrmQ, Schedule, Task
from django_q.signals import post_execute, post_execute_in_worker, pre_execute
from django_q.tasks import async_task
from structlog.contextvars import bind_contextvars, clear_contextvars

from gallery.failpoints import failpoint
from gallery.jobs.processes import LockFile, forks_die_with_parent
from gallery.models import Lease

from . import restored

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

Job = Literal["submit", "poll", "save", "sweep", "balance", "identify", "mail", "zip"]
JOBS: tuple[Job, ...] = ("submit", "poll", "save", "sweep")
"""These are woken each minute by schedules of their own; the sweeper wakes the others."""
HEARTBEAT = "gallery.jobs.cluster.heartbeat"
PRUNE = "gallery.jobs.cluster.prune"
QUEUE = "queue"  # the name under which the heartbeat is noted

KEPT_FAILURES = timedelta(days=14)
PULSE_SECONDS = 40.0  # the sentinel counts its workers twice a second; a locked database takes 20 s
DRAIN_SECONDS = 40.0  # for the sends in flight when a broken cluster is to be replaced

SCHEDULES_LATE_SECONDS = 300.0

STOPPED, ENDED, BROKEN = 0, 1, 3  # exit codes of a cluster: as asked, by itself, to be replaced


# --- waking jobs


def wake(job: Job) -> None:
    """Let a worker run gallery.jobs.<job>.run soon after the transaction is committed.

    A broker that cannot be reached is logged, not raised: the sweeper finds the rows anyway.
    """

    def enqueue() -> None:
        async_task(f"gallery.jobs.{job}.run")

    transaction.on_commit(enqueue, robust=True)


def send_reset_links(user_ids: list[int], site: str, language: str) -> None:
    """Let a worker send mail with one-time links, which are made there: none is in the queue."""
    job = "gallery.jobs.mail.send_reset_links"
    transaction.on_commit(lambda: async_task(job, user_ids, site, language), robust=True)


def ensure_schedules() -> None:
    """Make the schedules that revive the jobs each minute and prune the queue's own rows."""
    wanted: list[tuple[str, str, str]] = [
        (job, f"gallery.jobs.{job}.run", Schedule.MINUTES) for job in JOBS
    ]
    wanted.append(("prune", PRUNE, Schedule.HOURLY))
    for name, func, kind in wanted:
        Schedule.objects.update_or_create(
            name=name,
            defaults={
                "func": func,
                "schedule_type": kind,
                "minutes": 1,
                "repeats": -1,
                "next_run": timezone.now() + timedelta(seconds=20),
            },
        )


def schedules_late() -> float:
    """For how many seconds what is due each minute has not been begun; 0.0 while all is well.

    The heartbeat does not tell: it is not sent by the schedules.
    """
    due = Schedule.objects.filter(schedule_type=Schedule.MINUTES, func__startswith="gallery.")
    oldest = due.order_by("next_run").values_list("next_run", flat=True).first()
    late = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return late if late > SCHEDULES_LATE_SECONDS else 0.0


def prune() -> None:
    """Delete old rows of failed jobs: django-q2 keeps them for ever."""
    Task.objects.filter(stopped__lt=timezone.now() - KEPT_FAILURES).delete()


def broker_trouble() -> str:
    """Why Redis does not carry the queue; empty when it does, or when the database does."""
    if not settings.REDIS_URL:
        return ""
    from redis.exceptions import RedisError  # noqa: PLC0415 - only then it is installed

    broker = get_broker()
    try:
        broker.ping()
    except RedisError as error:
        return " ".join(str(error).split()).rstrip(".") or type(error).__name__
    finally:
        broker.connection.close()
    return ""


# --- the heartbeat


def send_heartbeat() -> None:
    """Put a heartbeat into the queue."""
    async_task(HEARTBEAT)
    failpoint("heartbeat-sent")


def heartbeat() -> None:
    """To have travelled through the queue is the point. See _note_heartbeat.

    What no clock that goes forward can bring about is mended by the way: schedules of the minute
    that are due in an hour.
    """
    late = timezone.now() + timedelta(minutes=5)
    if Schedule.objects.filter(schedule_type=Schedule.MINUTES, next_run__gt=late).exists():
        log.warning("schedules-made-anew")
        ensure_schedules()


def last_heartbeat() -> datetime | None:
    """When a heartbeat last came out of the queue's far end."""
    return Lease.objects.seen(QUEUE)


def _note_heartbeat(task: dict[str, Any], **kwargs: Any) -> None:
    # Runs in the monitor, the last of the processes that a job passes: pusher, worker, monitor.
    if task.get("func") != HEARTBEAT:
        return
    failpoint("heartbeat-at-the-far-end")
    try:
        Lease.objects.beat(QUEUE)
    except DatabaseError as error:
        log.warning("heartbeat-not-noted", error=str(error))


# --- what the cluster's processes share


class _Shared:
    """What all processes of a cluster see: memory without locks, which a killed process would keep.

    Who is at work, the kernel knows: each such worker shares a lock of a file, and with the worker
    its share goes, too.
    """

    def __init__(self) -> None:
        self.stopping = RawValue("b", 0)
        self.broken = RawValue("b", 0)
        self.pulse = RawValue("d", time.monotonic())
        self.at_work, path = tempfile.mkstemp()  # a descriptor, for as long as the process
        Path(path).unlink()

    def mark_busy(self, **kwargs: Any) -> None:
        fcntl.lockf(self.at_work, fcntl.LOCK_SH)

    def mark_idle(self, **kwargs: Any) -> None:
        fcntl.lockf(self.at_work, fcntl.LOCK_UN)

    def beat(self, *args: Any) -> None:
        self.pulse.value = time.monotonic()

    def has_busy_worker(self) -> bool:
        """Whether another process than the one that asks is at work."""
        try:
            fcntl.lockf(self.at_work, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.lockf(self.at_work, fcntl.LOCK_UN)
        return False


_shared: _Shared | None = None


def stopping() -> bool:
    """Whether this job's cluster has been told to stop: then finish what is in flight, and end."""
    return _shared is not None and bool(_shared.stopping.value)


class _Alarm(logging.Handler):
    """Hears the sentinel say that a process died suddenly.

    A process that dies idle takes the queue's lock with it, and all others then wait for ever.
    """

    def __init__(self, shared: _Shared) -> None:
        super().__init__(logging.CRITICAL)
        self._shared = shared

    def emit(self, record: logging.LogRecord) -> None:
        self._shared.broken.value = 1


# --- the cluster


def run_cluster() -> int:
    """Run the cluster until SIGTERM; the exit code says why it ended.

    To be the main thread's work in a process that leads a session of its own. Its lock is shared by
    all its processes, so that no second cluster starts before the last of them is gone.
    """
    global _shared
    lock = LockFile(settings.DATA_DIR / "cluster.lock")
    if not lock.acquire(settings.LOCK_SECONDS):
        log.error("another-cluster-is-at-work", folder=str(settings.DATA_DIR))
        return ENDED
    try:
        _prepare_rows()
    except DatabaseError as error:
        log.error("cluster-cannot-start", error=str(error))  # noqa: TRY400
        return ENDED
    multiprocessing.set_start_method("fork", force=True)
    failpoint("cluster-prepared")
    forks_die_with_parent()
    _shared = _Shared()
    _listen(_shared)
    connections.close_all()  # a connection must not be shared by forks
    return _Runner(_shared).run()


def _prepare_rows() -> None:
    """Wake everything, and unlock what a killed predecessor had fetched.

    The latter only where the database is ours alone: then our lock proves that no other worker
    lives.
    """
    restored.finish()
    if connections["default"].vendor == "sqlite":
        Lease.objects.break_all()
        _drop_repeated_rows()
        OrmQ.objects.update(lock=timezone.now())
    failpoint("cluster-rows-unlocked")
    ensure_schedules()
    _wake_all()


def _wake_all() -> None:
    for job in JOBS:
        wake(job)


def _wake_all_once_more() -> None:
    """What a killed worker was at: its lease, which only SQLite's start may break, is over by now.

    In a thread. What fails here the sweeper does, within the minute.
    """
    try:
        _wake_all()
    except DatabaseError as error:
        log.warning("not-woken-once-more", error=str(error))
    finally:
        connections.close_all()


def _drop_repeated_rows() -> None:
    seen: set[str] = set()
    for row in OrmQ.objects.order_by("pk").iterator():
        content = repr((row.func(), row.args(), row.kwargs()))
        if content in seen:
            row.delete()
        seen.add(content)


def _listen(shared: _Shared) -> None:
    logging.getLogger("django-q").addHandler(_Alarm(shared))
    pre_execute.connect(_begin_lines, weak=False)
    post_execute_in_worker.connect(_end_lines, weak=False)
    pre_execute.connect(shared.mark_busy, weak=False)
    post_execute_in_worker.connect(shared.mark_idle, weak=False)
    post_execute.connect(_note_heartbeat, weak=False)


def _begin_lines(task: dict[str, Any], **kwargs: Any) -> None:
    """All that is logged until the job's end names the job."""
    clear_contextvars()
    module, _, function = str(task.get("func")).rpartition(".")
    name = module.rpartition(".")[2] if function == "run" else function
    bind_contextvars(job=name, run=str(task.get("id"))[:8])


def _end_lines(**kwargs: Any) -> None:
    clear_contextvars()


class _Runner:
    """The cluster's parent process: starts the sentinel, watches it, ends it."""

    def __init__(self, shared: _Shared) -> None:
        self.shared = shared
        self.is_asked = False
        broker = get_broker()
        # The sentinel writes its status twice a second. Nobody reads that: its pulse we do read.
        broker.set_stat = shared.beat
        self.cluster = Cluster(broker)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._ask_to_stop)

    def _ask_to_stop(self, signum: int, frame: object) -> None:
        self.is_asked = True
        self.shared.stopping.value = 1

    def run(self) -> int:
        try:
            self.cluster.start()
        except RuntimeError as error:
            log.error("cluster-did-not-start", error=str(error))  # noqa: TRY400
            return ENDED
        # In a thread, which may hang with the database while we go on watching.
        again = threading.Timer(settings.LEASE_SECONDS, _wake_all_once_more)
        again.daemon = True
        again.start()
        code = self._watch()
        again.cancel()
        self.shared.stopping.value = 1
        self._drain()
        self.cluster.sentinel.kill()
        self.cluster.sentinel.join(5)
        return code

    def _watch(self) -> int:
        while not self.is_asked:
            if not self.cluster.sentinel.is_alive():
                log.critical("sentinel-died")
                return ENDED
            if self.shared.broken.value:
                return BROKEN
            if time.monotonic() - self.shared.pulse.value > PULSE_SECONDS:
                log.critical("sentinel-hangs")
                return BROKEN
            time.sleep(0.1)
        return STOPPED

    def _drain(self) -> None:
        """Wait for the jobs at work: they see stopping(). The launcher bounds an asked stop."""
        # Event.set waits for its sleepers to wake, and a hung sentinel never does.
        threading.Thread(target=self.cluster.stop_event.set, daemon=True).start()
        deadline = time.monotonic() + DRAIN_SECONDS
        quiet_since = time.monotonic()
        while self.cluster.sentinel.is_alive() and time.monotonic() < deadline:
            if self.shared.has_busy_worker():
                quiet_since = time.monotonic()
            if time.monotonic() - quiet_since > settings.QUIET_SECONDS:
                return
            time.sleep(0.05)
