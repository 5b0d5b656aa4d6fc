"""PostgreSQL and Redis as the tests use them: everything in them bears a name of its own."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg import sql

DATABASE_URL = os.environ.get("DATABASE_URL", "")
POSTGRESQL = DATABASE_URL.startswith("postgres")
REDIS_URL = os.environ.get("REDIS_URL", "")


def environment(name: str, template: str = "") -> dict[str, str]:
    """What an installation of that name is told, with a database made for it: as a copy of another
    one that is not in use, or empty.
    """
    told = {"TEST_INSTALLATION": name}
    if POSTGRESQL:
        _on_server("CREATE DATABASE {} TEMPLATE {}", name, template or "template1")
        told["DATABASE_URL"] = urlsplit(DATABASE_URL)._replace(path=f"/{name}").geturl()
    if REDIS_URL:
        told["REDIS_URL"] = REDIS_URL
    return told


def waiting(name: str) -> int:
    """How many jobs wait in the Redis of an installation of that name."""
    with redis.Redis.from_url(REDIS_URL) as connection:
        return int(connection.llen(f"django_q:{name}:q"))


def holds(name: str, secret: str) -> bool:
    """Whether a secret stands anywhere in the Redis of an installation of that name."""
    with redis.Redis.from_url(REDIS_URL) as connection:
        for pattern in (f"{name}:*", f"django_q:{name}:*"):
            for key in connection.scan_iter(match=pattern, count=1000):
                if secret.encode() in (connection.dump(key) or b""):
                    return True
    return False


def remove(name: str) -> None:
    """All that an installation of that name has left."""
    if POSTGRESQL:
        _on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    if REDIS_URL:
        with redis.Redis.from_url(REDIS_URL) as connection:
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


def tell(url: str, statement: str) -> None:
    """Change an installation's database past Django; `url` is its file or its URL."""
    if url.startswith("postgres"):
        with psycopg.connect(url) as connection:
            connection.execute(statement.encode())
        return
    with closing(sqlite3.connect(url, timeout=20)) as file, file:
        file.execute(statement)


def _on_server(statement: str, *names: str) -> None:
    url = urlsplit(DATABASE_URL)._replace(path="/postgres").geturl()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
