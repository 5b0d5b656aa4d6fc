"""Mail, sent by a worker: no page waits for a mail server, nor tells by its time who has mail."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Sequence

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from gallery.archive import store
from gallery.models import Lease, Task, User

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def send_reset_links(user_ids: Iterable[int], site: str, language: str) -> None:
    """To each of them a link below the site's address, in their language, else in this one."""
    for user in User.objects.filter(pk__in=user_ids, is_active=True):
        context = {"name": user.get_username(), "link": site + User.objects.reset_link(user)}
        with override(user.language or language):
            subject = render_to_string("registration/password_reset_subject.txt").strip()
            body = render_to_string("registration/password_reset_mail.txt", context)
        _send(user, subject, body)


OUTBOX = "outbox"
LEASE_SECONDS = 300
TRY_SECONDS = 3600
"""So long a letter that reached nobody is tried again, each minute."""


def put_out(task_ids: Sequence[int], level: int) -> bool:
    """Have an alarm sent by a worker, surely: twice rather than not at all. False: no disk."""
    try:
        with store.receive(settings.DATA_DIR) as incoming:
            incoming.write(json.dumps({"tasks": list(task_ids), "level": level}).encode())
            name = f"{OUTBOX}/{secrets.token_hex(16)}.json"
            store.replace(incoming, settings.DATA_DIR, name)
    except OSError as error:
        log.error("alarm-not-written", error=error.strerror, tasks=len(task_ids))  # noqa: TRY400
        return False
    return True


def is_waiting() -> bool:
    return any((settings.DATA_DIR / OUTBOX).glob("*.json"))


def run() -> None:
    """Send what was put out: each letter goes from the disk once it is with the mail server."""
    token = Lease.objects.acquire("mail", LEASE_SECONDS)
    if token is None:
        return
    try:
        for path in sorted((settings.DATA_DIR / OUTBOX).glob("*.json")):
            Lease.objects.renew("mail", token, LEASE_SECONDS)
            letter = json.loads(path.read_bytes())
            is_old = time.time() - path.stat().st_mtime > TRY_SECONDS
            if send_alarm(letter["tasks"], letter["level"]) or is_old:
                store.remove(settings.DATA_DIR, f"{OUTBOX}/{path.name}")
    finally:
        Lease.objects.release("mail", token)


def send_alarm(task_ids: Iterable[int], level: int) -> bool:
    """To each administrator: which tasks are paid for and not saved, and how long there is time.

    What was saved in the meantime is left out; when all was, nobody is written to. False when it
    reached none of those to whom it was to go.
    """
    late = Task.objects.unsaved(settings.ALARM_SECONDS[level - 1]).filter(pk__in=list(task_ids))
    tasks = list(late.order_by("ready_at"))
    if not tasks:
        return True
    path = reverse("admin:gallery_task_changelist") + "?unsaved=yes"
    context = {
        "tasks": tasks,
        "count": len(tasks),
        "now": timezone.now(),
        "is_last": level == len(settings.ALARM_SECONDS),
        "link": settings.PUBLIC_URL + path if settings.PUBLIC_URL else "",
    }
    reached = []
    for user in User.objects.filter(is_staff=True, is_active=True).exclude(email=""):
        if not user.has_perm("gallery.view_task"):
            continue
        with override(user.language or settings.LANGUAGE_CODE), timezone.override(user.zone):
            subject = render_to_string("gallery/alarm_subject.txt", context).strip()
            body = render_to_string("gallery/alarm_mail.txt", context)
        reached.append(_send(user, subject, body))
    return any(reached) or not reached


def _send(user: User, subject: str, body: str) -> bool:
    try:
        send_mail(subject, body, None, [user.email])
    except OSError as error:  # smtplib's own are such, too
        log.warning("mail_failed", user=user.pk, error=type(error).__name__)
        return False
    return True
