"""Mail with one-time links: sent from here, so that how long it takes tells nobody anything."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import override

from gallery.models import User

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def send_reset_links(user_ids: Iterable[int], site: str, language: str) -> None:
    """To each of them a link below the site's address, in their language, else in this one."""
    for user in User.objects.filter(pk__in=user_ids, is_active=True):
        context = {"name": user.get_username(), "link": site + User.objects.reset_link(user)}
        with override(user.language or language):
            subject = render_to_string("registration/password_reset_subject.txt").strip()
            body = render_to_string("registration/password_reset_mail.txt", context)
        try:
            send_mail(subject, body, None, [user.email])
        except OSError as error:  # smtplib's own are such, too
            log.warning("mail_failed", user=user.pk, error=type(error).__name__)
