"""Whether this installation works: /healthz, for monitors, open to everybody."""

import os
import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gallery.jobs import cluster, library
from gallery.models import takes_writes

ROOM_BYTES = 64 * 1024 * 1024


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when web, database, queue and archive are well; else 503 with the reasons."""
    checks: dict[str, Callable[[], str]] = {
        "web": lambda: "",
        "database": _database,
        "queue": _queue,
        "archive": _archive,
    }
    found = {name: check() for name, check in checks.items()}
    reasons = {name: reason for name, reason in found.items() if reason}
    answer = {
        "status": "unwell" if reasons else "ok",
        "checks": {name: not reason for name, reason in found.items()},
        "reasons": reasons,
    }
    return JsonResponse(answer, status=503 if reasons else 200)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        if not takes_writes():
            return "The database takes nothing: it can only be read."
    except DatabaseError:
        return "The database does not answer."
    return ""


def _queue() -> str:
    """The heartbeat's age: it travels through pusher, worker and monitor."""
    if cluster.broker_trouble():
        return "The queue's Redis does not answer."
    try:
        seen, late = cluster.last_heartbeat(), cluster.schedules_late()
    except DatabaseError:
        return "The queue's heartbeat cannot be read."
    if seen is None:
        return "No heartbeat has come through the queue yet."
    age = (timezone.now() - seen).total_seconds()
    if age > settings.HEARTBEAT_LATE_SECONDS:
        return f"The last heartbeat came through the queue {age:.0f} seconds ago."
    if age < -settings.HEARTBEAT_LATE_SECONDS:
        return "The clock went back, and no heartbeat has come through the queue since."
    if late:
        return f"What is due each minute has not been begun for {late / 60:.0f} minutes."
    return ""


def _archive() -> str:
    """Whether a picture can be written: DATA_DIR, and its originals once there are any."""
    originals = settings.DATA_DIR / "originals"
    try:
        for folder in (settings.DATA_DIR, originals):
            if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
                return "The archive's folder cannot be written to."
    except OSError:
        return "The archive's folder cannot be read."
    try:
        if library.is_gone():
            return "The folder of the pictures is gone, or empty."
    except DatabaseError:
        return ""  # which is said already
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free
    except OSError:
        return "The archive's folder cannot be read."
    if free < ROOM_BYTES:
        return "The archive's disk is full."
    return ""
