"""Finding what was lost: run each minute, at the cluster's start, and harmless at any time."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from gallery.archive import store
from gallery.failpoints import failpoint
from gallery.models import (
    Balance,
    Event,
    Lease,
    Question,
    Studio,
    Task,
    TaskStatus,
    prune_attempts,
)

from . import alarms, cluster, journal, library, likenesses, pump, purge, zip
from .submit import guard_disk

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def run() -> None:
    """One sweep, by one sweeper at a time."""
    token = Lease.objects.acquire("sweep", settings.LEASE_SECONDS)
    if token is None:
        return
    try:
        sweep()
    finally:
        Lease.objects.release("sweep", token)


def sweep() -> None:
    """Bring kept ids home, call dead sends unknown, watch the archive and say what it has not
    saved, wake sleeping pumps, empty the trash of what has lain there for its time, remove zips
    that had their day, look at pictures that nobody has looked at.
    """
    failpoint("sweep-begun")
    journal.replay()
    if moved := Task.objects.unskew():
        log.warning("clock-went-back", tasks=moved)
    for task_id in Task.objects.overdue_sends().values_list("pk", flat=True):
        Task.objects.doubt_overdue(task_id)
        failpoint("sweep-doubted")
    failpoint("sweep-ids-home")
    for task in Task.objects.queued_of_the_gone().select_related("owner"):
        Task.objects.cancel(task.pk, by=task.owner)
    guard_key()
    guard_disk()
    guard_archive()
    guard_answers()
    alarms.ring()
    store.remove_stale(settings.DATA_DIR, settings.INCOMING_SECONDS)
    failpoint("sweep-stale-gone")
    library.forget_promised()
    prune_attempts()
    for name in pump.NAMES:
        if pump.has_work(name):
            cluster.wake(name)
    if Balance.objects.is_due():
        cluster.wake("balance")
    if Question.objects.due().exists():
        cluster.wake("identify")
    purge.sweep()
    zip.sweep()
    likenesses.catch_up()


def guard_key() -> None:
    """Without a key real tasks wait, and nobody is to be surprised when one is set again."""
    waiting = Task.objects.real().filter(status=TaskStatus.QUEUED)
    if settings.IS_DEMO and waiting.exists():
        Studio.objects.pause("no-key")


def guard_archive() -> None:
    """Stop spending when finished pictures cannot be kept."""
    if not _is_resumed_lately() and is_archive_stuck():
        Studio.objects.pause("archiver-dead")


def guard_answers() -> None:
    """Stop spending when nothing is understood any more of what the provider says of pictures."""
    if not _is_resumed_lately() and are_answers_unreadable():
        Studio.objects.pause("unreadable")


def _is_resumed_lately() -> bool:
    """Then an administrator knows, and what waits is tried at growing intervals. The demo is no
    reason to stop.
    """
    resumed = Studio.objects.current().resumed_at
    return settings.IS_DEMO or (resumed is not None and resumed > _long_ago())


def are_answers_unreadable() -> bool:
    """Whether for long no answer about a picture was understood. One that is told of in a way that
    nobody knows while others are well is its own affair.
    """
    since = _long_ago()
    asked = Task.objects.current().filter(status=TaskStatus.RENDERING, polls__gt=0)
    if not asked.filter(unread_since__lte=since).exists():
        return False
    if asked.filter(unread_since=None).exists():
        return False
    understood = Event.objects.filter(kind__in=("ready", "failed"), created_at__gte=since)
    return not understood.exists()


def _long_ago() -> datetime:
    return timezone.now() - timedelta(seconds=settings.ARCHIVER_DEAD_SECONDS)


def is_archive_stuck() -> bool:
    """Whether pictures are due for long, and no save has succeeded in that time."""
    since = _long_ago()
    if Event.objects.filter(kind="saved", created_at__gte=since).exists():
        return False
    # Only what is our own fault: a link that is dead goes back to rendering.
    due = Task.objects.current().filter(ready_at__lt=since)
    stuck = due.filter(Q(reason="disk") | Q(saves=0), status=TaskStatus.SAVING)
    rendering = due.filter(status=TaskStatus.RENDERING)
    forbidden = rendering.filter(reason__in=("host-forbidden", "address-forbidden"))
    # One link that does not answer is the provider's affair; several may be our own network.
    unreached = rendering.filter(reason="download-failed").count()
    return stuck.exists() or forbidden.exists() or unreached >= settings.BREAKER_TIMES
