"""Asking the provider for a task by the id that an administrator gave for one of ours.

Nothing is created and nothing is paid: the provider is only asked, as it is for any task.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

from gallery.models import Lease, Question, Studio
from gallery.provider import answers

from . import cluster, remote

if TYPE_CHECKING:
    from gallery.provider.client import Client

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LEASE_SECONDS = 300
"""A question takes as long as a poll may; the few that there are come one after the other."""


def run() -> None:
    """Put every question that is due."""
    token = Lease.objects.acquire("identify", LEASE_SECONDS)
    if token is None:
        return
    try:
        with contextlib.closing(remote.client()) as client:
            for question in Question.objects.due():
                Lease.objects.renew("identify", token, LEASE_SECONDS)
                ask(question, client)
    finally:
        Lease.objects.release("identify", token)


def ask(question: Question, client: Client) -> None:
    """Put one question, and write down what the answer makes of it."""
    pk, remote_id = question.pk, question.remote_id
    match client.result(remote_id):
        case answers.NoSuchTask():
            Question.objects.refuse(pk, remote_id, "no-such-task")
        case answers.AskAgain():
            Question.objects.put_off(pk, remote_id)
        case answers.OperatorRefusal(reason, detail):
            Question.objects.refuse(pk, remote_id, reason)
            if not settings.IS_DEMO:
                Studio.objects.pause(reason, note=detail)
        case answers.Working() | answers.Ready() | answers.Failed() as known:
            echo = known.echo
            at = None if echo.created_at is None else _moment(echo.created_at)
            if Question.objects.hear(pk, remote_id, echo.prompt, echo.words, at):
                cluster.wake("poll")
                cluster.wake("balance")
    log.info("id-looked-into", task=question.task_id)


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
