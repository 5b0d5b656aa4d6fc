"""Reading the provider's balance, and comparing it with our ledger. It is free, and asked again
at will. An account that is read to be empty pauses spending; one that cannot be read never does.
"""

from __future__ import annotations

import contextlib

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from gallery.models import Balance, Comparison, Lease, Studio
from gallery.provider import answers
from gallery.provider.client import Client

from . import cluster, remote

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

WAKE_SECONDS = 3
"""A page that shows the balance wakes the job at most this often."""


def run() -> None:
    """One reading, unless there is a young one, and a look at what has been decided since."""
    token = Lease.objects.acquire("balance", settings.RESULT_SECONDS + settings.LEASE_SECONDS)
    if token is None:
        return
    try:
        if Balance.objects.young() is None:
            with contextlib.closing(remote.client()) as client:
                read(client)
        Balance.objects.reconcile_again()
        Comparison.objects.renew()
    finally:
        Lease.objects.release("balance", token)


def refresh() -> None:
    """Somebody looks at the balance: have it read, unless it just was. Never waits."""
    if Balance.objects.young() is None and cache.add(
        "balance:woken", value=True, timeout=WAKE_SECONDS
    ):
        cluster.wake("balance")


def read(client: Client) -> Balance:
    """Ask once, and write down what came of it."""
    before = Balance.objects.newest()
    asked_at = timezone.now()
    match client.balance():
        case answers.Balance(kopecks, credit_kopecks):
            row = Balance.objects.record(asked_at, kopecks, credit_kopecks)
        case answers.OperatorRefusal(reason, _) | answers.AskAgain(reason, _, _):
            row = Balance.objects.record_failure(asked_at, reason)
    if row.unexplained_kopecks:
        log.warning("balance-unexplained", kopecks=row.unexplained_kopecks, reading=row.pk)
    if row.is_empty and not settings.IS_DEMO:
        Studio.objects.pause("balance-empty")
    # Once an hour, or so, by the readings themselves.
    if before is None or before.read_at.hour != row.read_at.hour:
        Balance.objects.thin()
    return row
