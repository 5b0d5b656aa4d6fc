"""How long each page of the panel takes with 100,000 tasks: `make bench-panel`.

Rows are made in bulk in a folder of their own, then every list is opened with each of its filters,
a search and its last pages, and every row's page. The slowest of three is what counts, in seconds
of this process, the database's work included: other programs of the machine do not.
"""

from __future__ import annotations

import argparse
import html
import logging
import os
import random
import re
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

LIMIT_MS = 300
DAYS = 60
PEOPLE = 50
WORDS = [
    "красный", "кот", "на", "крыше", "старого", "города", "misty", "harbour", "lantern", "овраг",
    "ёлка", "violet", "engine",
]  # fmt: skip
# Out of a thousand tasks.
STATES = {
    "queued": 3, "sending": 1, "rendering": 6, "saving": 2, "unknown": 2, "lost": 2,
    "written-off": 2, "canceled": 12, "failed": 70, "done": 900,
}  # fmt: skip
REASONS = ["content-refused", "request-refused", "provider-failed", "too-often-later"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="keep the rows here, or use those that are")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        os.environ["DATA_DIR"] = str(folder)
        os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
        return measure(chosen.tasks)


def measure(tasks: int) -> int:
    import django  # noqa: PLC0415 - the environment had to be set first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from gallery.models import User  # noqa: PLC0415

    logging.disable(logging.INFO)
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    if not User.objects.exists():
        began = time.monotonic()
        seed(tasks)
        print(f"{tasks} tasks made in {time.monotonic() - began:.0f} s")
    return walk(User.objects.get(username="carol"))


def seed(count: int) -> None:
    """Users, prompts, batches, tasks with their story, their money and their pictures."""
    from django.contrib.auth.hashers import make_password  # noqa: PLC0415
    from django.db import connection, transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from gallery import models as m  # noqa: PLC0415

    for model in (m.Prompt, m.Batch, m.Task, m.Event, m.Charge, m.Image):
        model._meta.get_field("created_at").auto_now_add = False
    dice = random.Random(7)
    now = timezone.now()
    password = make_password("keeper-of-keys-7")
    kinds = list(m.ImageModel.objects.all())

    def made(number: int, of: int) -> Any:
        return now - timedelta(days=DAYS) * (1 - number / of)

    with transaction.atomic():
        m.User.objects.create_superuser("carol", password="keeper-of-keys-7")
        m.User.objects.bulk_create(
            m.User(username=f"person-{n:03}", password=password, monthly_limit_kopecks=500_000)
            for n in range(PEOPLE)
        )
        people = list(m.User.objects.all())
        prompts = max(1, count // 5)
        m.Prompt.objects.bulk_create(
            (
                m.Prompt(
                    pk=n + 1, owner=dice.choice(people), model=dice.choice(kinds), ratio="1:1",
                    text=(text := " ".join(dice.choices(WORDS, k=30))), search_text=m.fold(text),
                    created_at=made(n, prompts),
                )
                for n in range(prompts)
            ),
            batch_size=2000,
        )  # fmt: skip
        owners = dict(m.Prompt.objects.values_list("pk", "owner_id"))
        models = dict(m.Prompt.objects.values_list("pk", "model_id"))
        m.Batch.objects.bulk_create(
            (
                m.Batch(
                    pk=n + 1, owner_id=owners[n + 1], prompt_id=n + 1, form_token=uuid.uuid4(),
                    content_hash="", count=5, price_kopecks=400, created_at=made(n, prompts),
                )
                for n in range(prompts)
            ),
            batch_size=2000,
        )  # fmt: skip

        def task(n: int) -> Any:
            born, batch = made(n, count), n // 5 % prompts + 1
            # What is open is young: the last of all.
            young = n > count - count // 60
            status = dice.choices(list(STATES), list(STATES.values()))[0] if young else (
                dice.choices(list(STATES)[4:], list(STATES.values())[4:])[0]
            )  # fmt: skip
            taken = born + timedelta(seconds=2) if status not in {"queued", "canceled"} else None
            done = status in {"done", "saving"}
            ready = born + timedelta(seconds=dice.lognormvariate(3, 0.6)) if done else None
            return m.Task(
                pk=n + 1, batch_id=batch, owner_id=owners[batch], model_id=models[batch],
                position=n % 5, provider="demo", price_kopecks=400, status=status,
                created_at=born, due_at=born, sent_at=taken, accepted_at=taken, ready_at=ready,
                remote_id=uuid.uuid4().hex if taken and status != "unknown" else None,
                ended_at=ready or (born + timedelta(minutes=1)),
                reason=dice.choice(REASONS) if status == "failed" else "",
            )  # fmt: skip

        m.Task.objects.bulk_create((task(n) for n in range(count)), batch_size=2000)
        told = m.Task.objects.values_list("pk", "status", "owner_id", "created_at")
        zone = timezone.get_default_timezone()
        events, charges, images = [], [], []
        for pk, status, owner, born in told.iterator():
            month = born.astimezone(zone).date().replace(day=1)
            end = {"done": "settle", "lost": "settle", "failed": "release", "canceled": "release"}
            kind = end.get(status)
            last = "saved" if status == "done" else "failed"
            events += [
                m.Event(task_id=pk, kind="held", actor_id=owner, created_at=born),
                m.Event(task_id=pk, kind=last, created_at=born),
            ]
            line = {"task_id": pk, "user_id": owner, "month": month, "demo": True}
            line["created_at"] = born
            charges.append(m.Charge(kind="hold", held_kopecks=400, spent_kopecks=0, **line))
            if kind:
                spent = 400 if kind == "settle" else 0
                charges.append(m.Charge(kind=kind, held_kopecks=-400, spent_kopecks=spent, **line))
            if status == "done":
                images.append(
                    m.Image(
                        owner_id=owner, task_id=pk, demo=True, file=f"originals/{pk}.webp",
                        sha256=uuid.uuid4().hex * 2, size=100_000, mime="image/webp", width=1024,
                        height=1024, color="#705030", created_at=born,
                    )
                )  # fmt: skip
        m.Event.objects.bulk_create(events, batch_size=2000)
        m.Charge.objects.bulk_create(charges, batch_size=2000)
        m.Image.objects.bulk_create(images, batch_size=2000)
        fill_budgets()
        # An hour and a half apart; the last ones differ from the ledger.
        for n in range(DAYS * 16):
            read = made(n, DAYS * 16)
            m.Balance.objects.create(
                provider="demo", asked_at=read, read_at=read, kopecks=10_000_000 - n * 7_000,
                ledger_kopecks=n * 6_900, since_at=read, moved_kopecks=7_000, low_kopecks=6_000,
                high_kopecks=7_000, unexplained_kopecks=100 if n % 20 == 0 else 0,
                candidates=list(range(count - 20, count)),
            )  # fmt: skip
        for pk in m.Task.objects.unknown().values_list("pk", flat=True):
            m.Comparison.objects.create(
                task_id=pk, before_kopecks=1, after_kopecks=1, before_at=now, after_at=now
            )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def fill_budgets() -> None:
    """The months' sums, as the ledger has them."""
    from django.db.models import Sum  # noqa: PLC0415

    from gallery.models import Budget, Charge  # noqa: PLC0415

    sums: dict[str, Any] = {"held_kopecks": Sum("held_kopecks")}
    sums["spent_kopecks"] = Sum("spent_kopecks")
    lines = Charge.objects.order_by()
    for row in lines.values("month", "user_id", "demo").annotate(**sums):
        Budget.objects.create(limit_kopecks=500_000, **row)
    for purse in lines.values("month", "demo").annotate(**sums):
        Budget.objects.create(limit_kopecks=30_000_000, **purse)


def walk(admin: Any) -> int:
    """Open everything; 1 when a page is too slow."""
    from django.db import connection, reset_queries  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    client = Client(headers={"host": "localhost"})
    client.force_login(admin)
    client.get("/admin/")
    slow = []
    for path in addresses(client):
        times = []
        for _ in range(3):
            began = time.process_time()
            answer = client.get(path)
            times.append((time.process_time() - began) * 1000)
        connection.force_debug_cursor = True
        reset_queries()
        client.get(path)
        connection.force_debug_cursor = False
        worst = max(times)
        mark = "  SLOW" if worst > LIMIT_MS else ""
        queries = len(connection.queries)
        print(f"{worst:7.0f} ms {queries:3} queries {answer.status_code} {path}{mark}")
        if mark:
            slow.append(path)
            for query in connection.queries:
                if float(query["time"]) > 0.02:
                    print("        ", query["time"], query["sql"][:600])
    print(f"{len(slow)} pages above {LIMIT_MS} ms")
    return 1 if slow else 0


def addresses(client: Any) -> Iterator[str]:
    """The front page, and of each model: lists with every filter, searches, pages, rows."""
    from django.contrib import admin as django_admin  # noqa: PLC0415

    yield "/admin/"
    yield "/admin/gallery/task/unknown/"
    for model in django_admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        page = client.get(path)
        if page.status_code != 200:
            continue
        yield path
        nav = page.text.partition('id="changelist-filter"')[2].partition("</nav>")[0]
        yield from (path + html.unescape(found) for found in re.findall(r'href="(\?[^"]*)"', nav))
        orders = set(re.findall(r'href="(\?o=[^"]*)"', page.text))
        yield from (path + html.unescape(found) for found in orders)
        if 'id="searchbar"' in page.text:
            yield from (f"{path}?q={words}" for words in ("77777", "person-007", "ёлка кот", "нет"))
        for number in re.findall(r'href="\?p=(\d+)"', page.text)[-1:]:
            yield f"{path}?p={number}"
        keys = model._default_manager.order_by("pk").values_list("pk", flat=True)
        for pk in {*keys[:1], *keys.reverse()[:1]}:
            yield from (f"{path}{pk}/{page}/" for page in ("change", "history"))


if __name__ == "__main__":
    sys.exit(main())
