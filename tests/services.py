"""PostgreSQL and Redis as the tests use them: everything in them bears a name of its own."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core.cache import cache
from django_q.brokers import get_broker
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from psycopg import sql

DATABASE_URL = os.environ.get("DATABASE_URL", "")
POSTGRESQL = DATABASE_URL.startswith("postgres")
REDIS_URL = os.environ.get("REDIS_URL", "")


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


def environment(name: str) -> dict[str, str]:
    """What an installation of that name is told, with a database made for it."""
    told = {"TEST_INSTALLATION": name}
    if POSTGRESQL:
        _on_server("CREATE DATABASE {}", name)
        told["DATABASE_URL"] = urlsplit(DATABASE_URL)._replace(path=f"/{name}").geturl()
    if REDIS_URL:
        told["REDIS_URL"] = REDIS_URL
    return told


def waiting(name: str) -> int:
    """How many jobs wait in the Redis of an installation of that name."""
    return int(get_broker().connection.llen(f"django_q:{name}:q"))


def remove(name: str) -> None:
    """All that an installation of that name has left."""
    if POSTGRESQL:
        _on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    if REDIS_URL:
        connection = get_broker().connection
        for pattern in (f"{name}:*", f"django_q:{name}:*"):
            for key in connection.scan_iter(match=pattern, count=1000):
                connection.delete(key)


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    """Rows of an installation's database, read past Django; `url` is its file or its URL."""
    if url.startswith("postgres"):
        with psycopg.connect(url) as connection:
            return connection.execute(query.encode()).fetchall()
    with closing(sqlite3.connect(url, timeout=20)) as connection:
        return connection.execute(query).fetchall()


def _on_server(statement: str, name: str) -> None:
    url = urlsplit(DATABASE_URL)._replace(path="/postgres").geturl()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
