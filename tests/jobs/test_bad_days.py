"""Bad days of the machine: spending stops by itself, the page says which, and nothing is lost.

A wrong key is in test_submit.py and test_poll.py, answers of another shape to creates in
test_submit.py and tests/chaos.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django_q.models import Schedule

from gallery import failpoints
from gallery.admin.deeds import Refused
from gallery.admin.studio import resume
from gallery.jobs import cluster, journal, pump, remote, sweep
from gallery.jobs import submit as submit_jobs
from gallery.jobs.clocks import ClockGuard
from gallery.models import Image, Lease, Studio, Task, TaskStatus, User, writing
from gallery.provider.client import clock
from tests.conftest import Submit
from tests.demo.server import DemoServer
from tests.invariants import check_files, check_money
from tests.jobs.test_poll import ask
from tests.jobs.test_save import fetch
from tests.jobs.test_submit import send

S = TaskStatus


@pytest.fixture
def failing() -> Iterator[Callable[[str, Exception], None]]:
    """From now on this moment fails so, until nothing does any more."""
    armed: dict[str, Exception] = {}

    def react(name: str) -> None:
        if name in armed:
            raise armed[name]

    failpoints.arm(react)
    yield lambda name, error: armed.clear() if not name else armed.update({name: error})
    failpoints.arm(None)


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """Pages are drawn here without a collectstatic."""
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}


@pytest.fixture
def ready(provider: DemoServer, submit: Submit, alice: User, request: Any) -> Task:
    """A task whose picture waits at its link."""
    task = send(submit(alice, request.node.name).tasks.get())
    provider.ready(id=task.remote_id)
    return ask(task)


def page(user: User, settings: Any) -> str:
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    client = Client()
    client.force_login(user)
    return client.get("/").text


@pytest.mark.parametrize(
    "moment", ["file-opened", "file-growing", "keep-before-sync", "keep-synced"]
)
def test_a_disk_that_is_full_at_open_write_fsync_or_rename(
    ready: Task,
    failing: Callable[[str, Exception], None],
    moment: str,
    submit: Submit,
    alice: User,
    data_dir: Path,
    settings: Any,
) -> None:
    other, waiting = send(submit(alice, "asked about").tasks.get()), submit(alice).tasks.get()
    failing(moment, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    task = fetch(ready)
    assert (task.status, task.reason) == (S.SAVING, "disk")
    assert not list((data_dir / "incoming").iterdir())
    assert Studio.objects.current().pause_reason == "disk-full"
    assert Task.objects.claim_send(waiting.pk) is None
    assert "The disk is nearly full." in page(alice, settings)
    assert ask(other).polls == 1, "asking goes on"
    failing("", OSError())
    assert fetch(task).status == S.DONE
    check_files(data_dir)
    check_money()


@pytest.mark.sqlite_only
def test_a_disk_without_any_room_is_said_on_every_page(
    alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause would have to be written down, for which there is no room either."""
    assert "The database takes nothing" not in page(alice, settings)
    monkeypatch.setattr(writing, "ROOM_BYTES", 2**62)
    assert "The database takes nothing" in page(alice, settings)


def test_a_folder_of_pictures_that_vanished(
    ready: Task, submit: Submit, alice: User, admin: User, data_dir: Path, settings: Any
) -> None:
    """Its disk is not mounted: nothing is saved into the empty place where it was."""
    first = Image.objects.get(task=fetch(ready))
    elsewhere = data_dir.parent / "elsewhere"
    shutil.move(data_dir / "originals", elsewhere)
    submitted = submit(alice, "after").tasks.get()
    task = send(submitted)
    submit_again = submit(alice, "waits").tasks.get()
    submit_jobs.guard_disk()
    assert Studio.objects.current().pause_reason == "archive-gone"
    assert Task.objects.claim_send(submit_again.pk) is None
    assert "The folder of the pictures is gone, or empty." in page(alice, settings)
    assert Client().get("/healthz").json()["checks"]["archive"] is False
    Task.objects.filter(pk=task.pk).update(
        status=S.SAVING, ready_at=timezone.now(), result_url=ready.result_url
    )
    assert fetch(task).reason == "disk"
    (data_dir / "originals").mkdir(exist_ok=True)  # the place that it is mounted at
    assert fetch(task).reason == "disk"
    with pytest.raises(Refused):
        resume(Studio.objects.current(), admin, {})
    (data_dir / "originals").rmdir()
    shutil.move(elsewhere, data_dir / "originals")
    assert resume(Studio.objects.current(), admin, {})
    assert fetch(task).status == S.DONE
    assert (data_dir / first.file).exists()
    check_files(data_dir)


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_read_only_when_an_id_arrives(
    provider: DemoServer, submit: Submit, alice: User
) -> None:
    """The id is on the disk; nothing more leaves, as no claim can be written; then all goes on."""
    task, other = submit(alice, "read only", count=2).tasks.order_by("pk")
    claim = Task.objects.claim_send(task.pk)
    assert claim
    client = Client(raise_request_exception=False)
    client.force_login(alice)

    def read_only(word: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA query_only = {word}")

    read_only("ON")
    try:
        with contextlib.closing(remote.client()) as wire, pytest.raises(OperationalError):
            submit_jobs.transmit(wire, task.pk, claim, clock() + 3)
        with pytest.raises(OperationalError):
            Task.objects.claim_send(other.pk)
        answer = client.get("/")
        assert answer.status_code == 200
        for path in ("/", "/gallery/", "/history/"):
            assert "The database takes nothing just now" in client.get(path).text
        health = client.get("/healthz").json()
        assert health["reasons"]["database"] == "The database takes nothing: it can only be read."
        form = answer.context["form"]
        typed = {
            "prompt": "not lost",
            "model": "gpt-image-1-low",
            "ratio": "1:1",
            "count": "1",
            "references": "",
            "token": str(form.fresh_token),
            **{f"price-{model.pk}": model.price_kopecks for model in form.models},
        }
        pressed = client.post("/batches/", typed)
        assert pressed.status_code == 503
        assert "not lost" in pressed.text
        in_place = client.post("/batches/", typed, headers={"HX-Request": "true"})
        assert (in_place.status_code, in_place["HX-Retarget"]) == (422, "#alert")
        for answer in (pressed, in_place):
            assert "The database takes nothing just now." in answer.text
    finally:
        read_only("OFF")
    assert "The database takes nothing" not in client.get("/").text
    assert len([one for one in provider.charges() if one["prompt"] == "read only"]) == 1
    assert Task.objects.get(pk=task.pk).status == S.SENDING
    assert journal.replay() == 1
    assert Task.objects.get(pk=task.pk).status == S.RENDERING
    assert Task.objects.get(pk=other.pk).status == S.QUEUED
    check_money()


@pytest.mark.parametrize("behaviour", ["garbage", "unknown-word", "done-without-url", "other-id"])
def test_answers_about_pictures_that_nobody_understands(
    provider: DemoServer,
    submit: Submit,
    alice: User,
    admin: User,
    client: Client,
    no_undo: None,
    behaviour: str,
) -> None:
    """Ten minutes of them stop the spending; asking goes on, and what is understood again comes."""
    task = send(submit(alice, f"not understood: {behaviour}").tasks.get())
    provider.fault("result", behaviour)
    assert ask(task).unread_since
    sweep.run()
    assert not Studio.objects.current().is_paused, "one answer is none of ten minutes"
    long_ago = timezone.now() - timedelta(minutes=11)
    Task.objects.update(unread_since=long_ago)
    assert ask(task).unread_since == long_ago
    sweep.run()
    assert Studio.objects.current().pause_reason == "unreadable"
    client.force_login(alice)
    for path in ("/", "/gallery/", "/history/"):
        assert "no answer of the provider about a picture was understood" in client.get(path).text
    waits = submit(alice, "waits").tasks.get()
    assert Task.objects.claim_send(waits.pk) is None
    with pytest.raises(Refused, match="still not understood"):
        resume(Studio.objects.current(), admin, {})
    provider.no_faults()
    provider.ready(id=task.remote_id)
    assert fetch(ask(task)).status == S.DONE
    assert resume(Studio.objects.current(), admin, {})
    sweep.run()
    assert not Studio.objects.current().is_paused
    assert Task.objects.claim_send(waits.pk)


def test_one_picture_that_nobody_understands_among_others_stops_nothing(
    provider: DemoServer, submit: Submit, alice: User
) -> None:
    strange, other = (send(task) for task in submit(alice, "one of two", count=2).tasks.all())
    long_ago = timezone.now() - timedelta(minutes=11)
    Task.objects.filter(pk=strange.pk).update(polls=600, unread_since=long_ago)
    assert ask(other).unread_since is None
    sweep.run()
    assert not Studio.objects.current().is_paused
    provider.ready(id=other.remote_id)
    assert fetch(ask(other)).status == S.DONE
    sweep.run()
    assert not Studio.objects.current().is_paused, "another was understood within ten minutes"


@pytest.mark.parametrize("seconds", [-86_400, 86_400, 301, -301])
def test_a_clock_that_jumps_stops_the_spending(
    provider: DemoServer,
    submit: Submit,
    alice: User,
    admin: User,
    client: Client,
    seconds: int,
) -> None:
    """Either way; and for as long as a send may take nobody may say that one is surely over."""
    sending, waits = submit(alice, "jump", count=2).tasks.order_by("pk")
    claim = Task.objects.claim_send(sending.pk)
    assert claim
    ahead = 0.0
    guard = ClockGuard(wall=lambda: clock() + ahead, steady=clock)
    assert guard.look() == 0
    ahead = 200.0  # set right, as each machine's clock is now and then
    assert guard.look() == 0
    assert not Studio.objects.current().is_paused
    ahead += seconds
    assert round(guard.look()) == seconds
    assert Studio.objects.current().pause_reason == "clock"
    assert guard.look() == 0
    client.force_login(alice)
    for path in ("/", "/gallery/", "/history/"):
        assert "The clock of this server jumped" in client.get(path).text
    assert Task.objects.claim_send(waits.pk) is None
    # As the clock has it, the send's time is over; it is not.
    Task.objects.filter(pk=sending.pk).update(claimed_until=timezone.now())
    assert Task.objects.doubt_overdue(sending.pk)
    assert not Task.objects.clear(sending.pk, "not in their list", by=admin)
    assert not Task.objects.write_off(sending.pk, "given-up", by=admin)
    assert Task.objects.accept(sending.pk, claim, "late-but-here")
    assert resume(Studio.objects.current(), admin, {})
    assert Task.objects.claim_send(waits.pk)


FOR_A_WHILE = """
import os, sqlite3, time
import django
django.setup()
from django.db import OperationalError, close_old_connections, connection
from gallery.models import Studio
file = str(connection.settings_dict["NAME"])
other = sqlite3.connect(file)  # another process, by which the files beside it are there
other.execute("CREATE TABLE other (one)")
connection.settings_dict["CONN_MAX_AGE"] = {age}
def write():
    close_old_connections()
    try:
        Studio.objects.current()
        return Studio.objects.update(undo_send_seconds=4) == 1
    except OperationalError:
        return False
os.chmod(file, 0o444)
print("told", write())
os.chmod(file, 0o640)
time.sleep(1.1)
print("told", write())
"""


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("age", "healed"), [(1, True), (None, False)])
def test_a_database_that_could_only_be_read_for_a_while(
    tmp_path: Path, age: int | None, healed: bool
) -> None:
    """Without root's rights, to whom every file is open. For ever, with a connection for ever."""
    env = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "project.settings",
    }
    made = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(made, env=env, cwd=django_settings.BASE_DIR, check=True)
    # Whoever is not root has none of its rights to give up.
    less = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
    told = subprocess.run(
        [*less, sys.executable, "-c", FOR_A_WHILE.format(age=age)],
        env=env, cwd=django_settings.BASE_DIR, check=True, capture_output=True, text=True,
    )  # fmt: skip
    lines = [line for line in told.stdout.splitlines() if line.startswith("told")]
    assert lines == ["told False", f"told {healed}"]


def test_what_is_unknown_is_over_when_the_jump_is_long_ago(task: Task, admin: User) -> None:
    Task.objects.claim_send(task.pk)
    Studio.objects.pause("clock")
    Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now())
    assert Task.objects.doubt_overdue(task.pk)
    assert not Task.objects.clear(task.pk, "not in their list", by=admin)
    long_ago = timezone.now() - timedelta(seconds=django_settings.CLAIM_SECONDS + 1)
    Studio.objects.update(paused_at=long_ago)
    assert Task.objects.clear(task.pk, "not in their list", by=admin)


def test_a_clock_that_went_back_a_day_holds_up_nothing(
    ready: Task, provider: DemoServer, submit: Submit, alice: User
) -> None:
    """All that was written down is a day away now: work, claims, leases and schedules."""
    day = timedelta(days=1)
    rendering = send(submit(alice, "rendering").tasks.get())
    _, sending = submit(alice, count=2).tasks.order_by("pk")
    Task.objects.claim_send(sending.pk)
    cluster.ensure_schedules()
    for row in Task.objects.all():
        row.due_at += day
        row.claimed_until = row.claimed_until and row.claimed_until + day
        row.save(update_fields=["due_at", "claimed_until"])
    Schedule.objects.update(next_run=timezone.now() + day)
    for name in pump.NAMES:
        Lease.objects.acquire(name, 15)
    Lease.objects.update(until=timezone.now() + day)
    cluster.heartbeat()
    assert not Schedule.objects.filter(name="sweep", next_run__gt=timezone.now() + day / 24)
    assert Lease.objects.acquire("poll", 15)
    sweep.run()
    for name in pump.NAMES:
        assert pump.has_work(name), name
    left = Task.objects.get(pk=sending.pk).claimed_until
    assert left
    assert left < timezone.now() + timedelta(minutes=10)
    assert Task.objects.get(pk=sending.pk).status == S.SENDING, "its sender may live"
    assert ask(rendering).polls == 1
    assert fetch(ready).status == S.DONE


def test_a_clock_that_went_forward_a_day_loses_nothing(
    ready: Task, provider: DemoServer, submit: Submit, alice: User, no_undo: None
) -> None:
    """A claim is over early, so its task is unknown; the answer that comes all the same heals."""
    day = timedelta(days=1)
    rendering = send(submit(alice, "rendering").tasks.get())
    sending = submit(alice).tasks.get()
    claim = Task.objects.claim_send(sending.pk)
    assert claim
    for row in Task.objects.all():
        for name in ("due_at", "claimed_until", "give_up_at", "ready_at", "sent_at"):
            at = getattr(row, name)
            setattr(row, name, at and at - day)
        row.save()
    sweep.run()
    assert Task.objects.get(pk=sending.pk).status == S.UNKNOWN
    assert Task.objects.accept(sending.pk, claim, "late-but-here")
    assert ask(rendering).status == S.RENDERING, "72 hours are more than the jump"
    assert fetch(ready).status == S.DONE
    assert len(provider.charges()) == len({one["id"] for one in provider.charges()})
    check_money()
