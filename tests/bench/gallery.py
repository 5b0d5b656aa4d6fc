"""How long the gallery takes with 100,000 pictures of one user: `make bench-gallery`.

A library is made in a folder (or a database) of its own, and one of 1,000 pictures. Then pages and
searches are asked for, in turn, in this process: by the whole of the application as a browser asks
for them, and by their queries alone. With SQLite it is the time of this process that counts: the
database works in it. With PostgreSQL it is that of the clock, so the machine has to be a quiet one.
The first page with 1,000 pictures is what each is compared with.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

LIMIT_MS, LIMIT_TIMES = 100, 1.3
SMALL = 1_000

# What is asked for: a name, the line, the order, the page.
ASKED = [
    ("first page", "", "", 0),
    ("page 1,000", "", "", 1000),
    ("oldest first", "", "oldest", 0),
    ("by rating", "", "rating", 0),
    ("by price", "", "price", 0),
    ("common word", "photo", "", 0),
    ("common word, page 200", "photo", "", 200),
    ("common word by rating", "photo", "rating", 0),
    ("rare word", "ravimon", "", 0),
    ("word of old pictures", "daguerreotype", "", 0),
    ("two letters", "li", "", 0),
    ("two Russian letters", "ёл", "", 0),
    ("two Chinese letters", "白猫", "", 0),
    ("three words", "lighthouse cat light", "", 0),
    ("a phrase", '"studio light"', "", 0),
    ("not a common word", "-photo", "", 0),
    ("not a rare word", "-lighthouse", "", 0),
    ("rating and word", "photo rating:5", "", 0),
    ("many filters", "photo rating:5 fav model:mini ratio:4:3", "", 0),
    ("frequent tag", "tag:poster", "", 0),
    ("rare tag, without a word", "tag:banner -photo", "", 0),
    ("collection", 'in:"best of the year"', "", 0),
    ("a month of the past", "date:2025-02", "", 0),
    ("price, by price", "cost:>10 кот", "price", 0),
    ("nothing found", "nowhere", "", 0),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="keep the library here, or use the one there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        os.environ["DATA_DIR"] = str(folder)
        os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
        import django  # noqa: PLC0415 - the environment had to be set first

        django.setup()
        logging.disable(logging.WARNING)
        if os.environ.get("DATABASE_URL"):
            with OwnDatabase(keep=chosen.folder is not None):
                return measure(chosen.images, chosen.rounds)
        return measure(chosen.images, chosen.rounds)


class OwnDatabase:
    """A database of its own on the server that DATABASE_URL names."""

    def __init__(self, *, keep: bool) -> None:
        self.keep = keep

    def __enter__(self) -> None:
        from django.db import connection  # noqa: PLC0415

        name = "artel_bench_gallery"
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {name}")
        self.admin = dict(connection.settings_dict)
        connection.close()
        connection.settings_dict["NAME"] = name

    def __exit__(self, *error: object) -> None:
        from django.db import connection  # noqa: PLC0415

        connection.close()
        connection.settings_dict["NAME"] = self.admin["NAME"]
        if not self.keep:
            with connection.cursor() as cursor:
                cursor.execute("DROP DATABASE artel_bench_gallery")


def measure(images: int, rounds: int) -> int:
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    import project.wsgi  # noqa: F401, PLC0415 - loads what the server has loaded
    from gallery.models import User  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    for name, count in (("small", SMALL), ("large", images)):
        if not User.objects.filter(username=name).exists():
            began = time.monotonic()
            call_command("make_library", images=count, user=name, sample=0, stdout=StringIO())
            print(f"{count} pictures made in {time.monotonic() - began:.0f} s")
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("VACUUM ANALYZE")
    clients = {}
    for name in ("small", "large"):
        clients[name] = Client(headers={"host": "localhost"})
        clients[name].force_login(User.objects.get(username=name))
    asked = {("small", "first page of 1,000 pictures"): ("", "", 0)}
    asked |= {("large", name): (line, sort, page) for name, line, sort, page in ASKED}
    timed: dict[Any, tuple[list[float], list[float]]] = {one: ([], []) for one in asked}
    # In turn, so that what else the machine does is spread over all of them.
    for turn in range(rounds + 1):
        for one, (line, sort, page) in asked.items():
            whole, queries = timed[one]
            times = _ask(clients[one[0]], User.objects.get(username=one[0]), line, sort, page)
            if turn:
                whole.append(times[0])
                queries.append(times[1])
    return _tell(timed)


def _ask(client: Any, user: Any, line: str, sort: str, page: int) -> tuple[float, float]:
    """Milliseconds of the page, and of the queries of its pictures alone."""
    from django.http import QueryDict  # noqa: PLC0415

    from gallery.forms import FindForm  # noqa: PLC0415
    from gallery.views.walls import stretch  # noqa: PLC0415

    asked = {"q": line, "sort": sort} | ({"page": str(page)} if page else {})
    query = urlencode({name: value for name, value in asked.items() if value})

    def get() -> None:
        answer = client.get(f"/gallery/?{query}")
        assert answer.status_code < 400, (query, answer.status_code)

    def find() -> None:
        data = QueryDict(query)
        list(stretch(FindForm(data, user=user), data).images)

    return _milliseconds(get), _milliseconds(find)


def _milliseconds(work: Callable[[], None]) -> float:
    from django.db import connection  # noqa: PLC0415

    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    began = clock()
    work()
    return (clock() - began) * 1000


def _tell(timed: dict[Any, tuple[list[float], list[float]]]) -> int:
    """1 when a page takes too long."""
    from django.db import connection  # noqa: PLC0415

    base = statistics.median(next(iter(timed.values()))[0])
    print(f"{connection.vendor}; milliseconds      page p50    p95   times   queries p50    p95")
    slow = 0
    for (_, name), (whole, queries) in timed.items():
        p50, p95 = statistics.median(whole), _p95(whole)
        is_slow = p95 > LIMIT_MS or p50 > LIMIT_TIMES * base
        slow += is_slow
        mark = "  SLOW" if is_slow else ""
        found = f"{statistics.median(queries):10.1f} {_p95(queries):6.1f}"
        print(f"{name:30} {p50:9.1f} {p95:6.1f} {p50 / base:7.2f} {found}{mark}")
    print(f"{slow} above {LIMIT_MS} ms (p95), or {LIMIT_TIMES} times the first (p50)")
    return 1 if slow else 0


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


if __name__ == "__main__":
    sys.exit(main())
