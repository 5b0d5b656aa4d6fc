"""What waits in the queue, be it a table or in Redis."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django_q.brokers import get_broker
from django_q.models import OrmQ
from django_q.signing import SignedPackage


def queued() -> list[str]:
    """The functions of the jobs that wait in the queue, in their order."""
    return [str(package["func"]) for package in packages()]


def packages() -> list[dict[str, Any]]:
    """The jobs that wait in the queue, with what they were given."""
    if not settings.REDIS_URL:
        return [row.task for row in OrmQ.objects.order_by("pk")]
    broker = get_broker()
    found = broker.connection.lrange(broker.list_key, 0, -1)
    return [SignedPackage.loads(package) for package in found]


def empty_queue() -> None:
    if settings.REDIS_URL:
        get_broker().delete_queue()
    else:
        OrmQ.objects.all().delete()


def forget() -> None:
    """Empty the cache, and the queue where that is no table which is emptied anyway."""
    cache.clear()
    if settings.REDIS_URL:
        empty_queue()
