"""Saying loudly that what was paid for is not saved, while there is time: once for each alarm."""

from __future__ import annotations

import logging

import structlog
from django.conf import settings

from gallery.models import Task

from . import cluster, mail

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def ring() -> None:
    """Tell the log of each task, and administrators of all that is new in one mail an alarm.

    The loudest first: what is found late, after a night without power, rings that one alone. The
    row keeps how loud it has been, so that no restart and no second sweeper tells it again. What
    is to be written lies on the disk before that, so that nobody is killed between the two.
    """
    loudest = len(settings.ALARM_SECONDS)
    for level in range(loudest, 0, -1):
        waiting = list(Task.objects.unalarmed(level).values_list("pk", flat=True))
        if waiting and settings.SENDS_MAIL and not mail.put_out(waiting, level):
            continue  # the log has an error each minute, until the disk takes the letter
        rung = [pk for pk in waiting if Task.objects.ring(pk, level)]
        for pk in rung:
            # The last one is not for a person's patience any more: the link is about to die.
            loudness = logging.ERROR if level == loudest else logging.WARNING
            hours = round(settings.ALARM_SECONDS[level - 1] / 3600)
            log.log(loudness, "paid-not-saved", task=pk, hours=hours)
    if mail.is_waiting():
        cluster.wake("mail")
