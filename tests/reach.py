"""PostgreSQL and Redis from outside the tests: whether they answer, and what a dead run left there.

`python -m tests.reach URL...` says in a sentence what does not answer; exit code 1 then.
`python -m tests.reach --sweep RUN URL...` removes what the run of that name (TEST_RUN) left.
"""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg import sql

ARGUMENTS = sys.argv[1:]


def trouble(url: str) -> str:
    """Why it does not answer; empty when it does."""
    try:
        if url.startswith("postgres"):
            psycopg.connect(server(url), connect_timeout=5).close()
        else:
            with redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
                client.ping()
    except (psycopg.Error, redis.RedisError) as error:
        return " ".join(str(error).split())
    return ""


def server(url: str) -> str:
    """The URL of the database that every server has: the tests make their own ones."""
    return urlsplit(url)._replace(path="/postgres").geturl()


def sweep(run: str, url: str) -> None:
    """Remove databases and keys of that run. Every run's names are its own."""
    if not url.startswith("postgres"):
        with redis.from_url(url, socket_timeout=5) as client:
            for pattern in (f"artel_{run}_*", f"django_q:artel_{run}_*"):
                for key in client.scan_iter(match=pattern, count=1000):
                    client.delete(key)
        return
    with psycopg.connect(server(url), autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database").fetchall()
        for (name,) in found:
            if name.removeprefix("test_").startswith(f"artel_{run}_"):
                drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                connection.execute(drop.format(sql.Identifier(name)))


def main() -> None:
    if ARGUMENTS[:1] == ["--sweep"]:
        for url in ARGUMENTS[2:]:
            sweep(ARGUMENTS[1], url)
        return
    dead = {url: found for url in ARGUMENTS if (found := trouble(url))}
    for url, found in dead.items():
        kind = "PostgreSQL" if url.startswith("postgres") else "Redis"
        place = urlsplit(url)
        print(f"{kind} does not answer at {place.hostname}:{place.port}: {found}", file=sys.stderr)
    sys.exit(bool(dead))


if __name__ == "__main__":
    main()
