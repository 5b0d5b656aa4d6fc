"""Mail, sent by a worker: no page waits for a mail server, nor tells by its time who has mail."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from gallery.models import Task, User

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def send_reset_links(user_ids: Iterable[int], site: str, language: str) -> None:
    """To each of them a link below the site's address, in their language, else in this one."""
    for user in User.objects.filter(pk__in=user_ids, is_active=True):
        context = {"name": user.get_username(), "link": site + User.objects.reset_link(user)}
        with override(user.language or language):
            subject = render_to_string("registration/password_reset_subject.txt").strip()
            body = render_to_string("registration/password_reset_mail.txt", context)
        _send(user, subject, body)


def send_alarm(task_ids: Iterable[int], level: int) -> None:
    """To each administrator: which tasks are paid for and not saved, and how long there is time.

    What was saved in the meantime is left out; when all was, nobody is written to.
    """
    late = Task.objects.unsaved(settings.ALARM_SECONDS[level - 1]).filter(pk__in=list(task_ids))
    tasks = list(late.order_by("ready_at"))
    if not tasks:
        return
    path = reverse("admin:gallery_task_changelist") + "?unsaved=yes"
    context = {
        "tasks": tasks,
        "count": len(tasks),
        "oldest": tasks[0],
        "link": settings.PUBLIC_URL + path if settings.PUBLIC_URL else "",
    }
    for user in User.objects.filter(is_staff=True, is_active=True).exclude(email=""):
        if not user.has_perm("gallery.view_task"):
            continue
        with override(user.language or settings.LANGUAGE_CODE), timezone.override(user.zone):
            subject = render_to_string("gallery/alarm_subject.txt", context).strip()
            body = render_to_string("gallery/alarm_mail.txt", context)
        _send(user, subject, body)


def _send(user: User, subject: str, body: str) -> None:
    try:
        send_mail(subject, body, None, [user.email])
    except OSError as error:  # smtplib's own are such, too
        log.warning("mail_failed", user=user.pk, error=type(error).__name__)
