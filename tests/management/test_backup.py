"""backup and restore: a whole installation in a folder, and a new one made of it."""

from __future__ import annotations

import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from gallery.jobs import backup, cluster, restored
from gallery.jobs.processes import LockFile
from gallery.models import Image, Studio, Task, TaskStatus, User
from tests.conftest import KEY, Submit
from tests.demo.server import DemoServer
from tests.jobs.test_poll import ask
from tests.jobs.test_save import fetch
from tests.jobs.test_submit import send
from tests.running import Installation

S = TaskStatus
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept(provider: DemoServer, submit: Submit, alice: User, request: Any) -> list[Image]:
    tasks = [send(task) for task in submit(alice, request.node.name, count=2).tasks.all()]
    for task in tasks:
        provider.ready(id=task.remote_id)
        assert fetch(ask(task)).status == S.DONE
    return list(Image.objects.order_by("pk"))


def made(folder: Path) -> str:
    written = StringIO()
    call_command("backup", str(folder), stdout=written)
    return written.getvalue()


def refused(*command: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command(*command, stdout=StringIO())
    return str(caught.value)


def everything_in(folder: Path) -> bytes:
    """All files, and what PostgreSQL has packed."""
    content = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    for dump in folder.glob("*.dump"):
        unpack = ["pg_restore", "--file=-", str(dump)]
        content.append(subprocess.run(unpack, capture_output=True, check=True).stdout)
    return b"".join(content)


def test_a_new_installation_is_made_of_a_copy_and_sends_nothing(
    kept: list[Image], submit: Submit, alice: User, client: Client, tmp_path: Path, data_dir: Path
) -> None:
    client.force_login(alice)
    session = client.session.session_key
    setup_token = Studio.objects.issue_setup_token()
    assert session
    assert setup_token
    queued = submit(alice, "queued at the backup").tasks.get()
    being_sent = submit(alice, "being sent").tasks.get()
    Task.objects.claim_send(being_sent.pk)
    (data_dir / "secret-key").write_text(django_settings.SECRET_KEY)
    (data_dir / "journal").mkdir(exist_ok=True)
    (data_dir / "journal/1-aa.json").write_text('{"task": 1}')
    folder = tmp_path / "backup"
    assert "and 2 pictures" in made(folder)
    assert folder.stat().st_mode & 0o077 == 0
    content = everything_in(folder)
    assert b"queued at the backup" in content
    setup_hash = hashlib.sha256(setup_token.encode()).hexdigest()
    for secret in (KEY, django_settings.SECRET_KEY, session, setup_token, setup_hash):
        assert secret.encode() not in content
    with Installation(tmp_path / "new") as new:
        done = new.run("restore", str(folder))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "are unknown now: 1." in done.stdout
        states = dict(new.ask("SELECT id, status FROM gallery_task"))
        assert states == {
            queued.pk: S.UNKNOWN,
            being_sent.pk: S.SENDING,  # its claim runs out by itself
            **dict.fromkeys([image.task_id for image in kept], S.DONE),
        }
        assert new.ask("SELECT pause_reason FROM gallery_studio") == [("restored",)]
        assert new.ask("SELECT count(*) FROM django_session") == [(0,)]
        assert new.ask("SELECT setup_token_hash FROM gallery_studio") == [("",)]
        for image in kept:
            original = (data_dir / image.file).read_bytes()
            assert (tmp_path / "new/data" / image.file).read_bytes() == original
        assert (tmp_path / "new/data/journal/1-aa.json").exists()
        assert not (tmp_path / "new/data/restoring").exists()
        again = new.run("restore", str(folder))
        assert again.returncode == 1
        assert "The database is in use" in again.stderr


def test_the_next_copy_adds_what_is_new_and_drops_what_was_purged(
    kept: list[Image], tmp_path: Path, data_dir: Path
) -> None:
    folder = tmp_path / "backup"
    made(folder)
    first = json.loads((folder / backup.MANIFEST).read_text())["database"]
    stays, goes = kept
    times = (folder / stays.file).stat().st_mtime_ns
    Image.objects.trash(goes.pk)
    Image.objects.in_trash().filter(pk=goes.pk).purge()
    (folder / "database-of-a-killed-one.draft").write_text("half")
    assert "and 1 pictures" in made(folder)
    second = json.loads((folder / backup.MANIFEST).read_text())["database"]
    assert [path.name for path in folder.glob("database-*")] == [second] != [first]
    assert (folder / stays.file).stat().st_mtime_ns == times, "copied once"
    assert not (folder / goes.file).exists(), "what was purged is gone there, too"


def test_what_is_missing_is_said_and_the_rest_is_copied(
    kept: list[Image], tmp_path: Path, data_dir: Path
) -> None:
    (data_dir / kept[0].file).unlink()
    (data_dir / kept[1].file).write_bytes(b"spoiled")
    assert "verify_library" in refused("backup", str(tmp_path / "backup"))
    manifest = json.loads((tmp_path / "backup" / backup.MANIFEST).read_text())
    assert sorted(manifest["missing"]) == sorted(image.file for image in kept)


def test_what_cannot_be_is_refused_in_one_sentence(
    admin: User, tmp_path: Path, data_dir: Path
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "letters.txt").write_text("dear diary")
    assert "neither empty nor a backup" in refused("backup", str(full))
    assert "Not a directory" in refused("backup", str(full / "letters.txt/below"))
    assert "holds no backup" in refused("restore", str(full))
    folder = tmp_path / "backup"
    made(folder)
    assert "in use" in refused("restore", str(folder))
    lock = LockFile(data_dir / "serve.lock")
    assert lock.acquire()
    assert "is running on DATA_DIR" in refused("restore", str(folder))
    lock.release()
    (database,) = folder.glob("database-*")
    database.write_bytes(database.read_bytes()[:-1])
    assert "is damaged" in refused("restore", str(folder))
    manifest = folder / backup.MANIFEST
    known = json.loads(manifest.read_text())
    for change, sentence in (
        ({"form": 99}, "another version"),
        ({"engine": "abacus"}, "is of abacus"),
        ({"surplus": 1}, "is damaged"),
    ):
        manifest.write_text(json.dumps(known | change))
        assert sentence in refused("restore", str(folder))


def test_killed_before_its_tasks_are_in_doubt_a_start_does_that_first(
    submit: Submit, alice: User, settings: Any
) -> None:
    settings.IS_DEMO = False
    settings.PROVIDER = "https://provider.example/v1"
    restored.announce()
    task = submit(alice).tasks.get()
    cluster._prepare_rows()
    assert Task.objects.get(pk=task.pk).status == S.UNKNOWN
    assert Studio.objects.current().pause_reason == "restored"
    assert restored.finish() == 0


@pytest.mark.sqlite_only
def test_copied_while_others_write_it_is_one_moment(alice: User, tmp_path: Path) -> None:
    """Rows are written the whole time: the copy holds each batch whole, with its money."""
    command = [sys.executable, "-u", "-c", WRITER, str(connection.settings_dict["NAME"])]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert writer.stdout
        writer.stdout.readline()
        writer.stdout.close()
        for number in range(3):
            made(tmp_path / f"copy-{number}")
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE pair_a")
            cursor.execute("DROP TABLE pair_b")
    counts = []
    for number in range(3):
        (database,) = (tmp_path / f"copy-{number}").glob("database-*")
        counts.append(_pairs(database))
    assert counts == sorted(counts)
    assert counts[-1] > 0


WRITER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
db.execute("CREATE TABLE IF NOT EXISTS pair_a (n INTEGER)")
db.execute("CREATE TABLE IF NOT EXISTS pair_b (n INTEGER)")
for n in range(1_000_000):
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO pair_a VALUES (?)", (n,))
    db.execute("INSERT INTO pair_b VALUES (?)", (n,))
    db.execute("COMMIT")
    if n == 10:
        print("writing")
"""


def _pairs(database: Path) -> int:
    with sqlite3.connect(database) as copy:
        a = copy.execute("SELECT count(*) FROM pair_a").fetchone()[0]
        b = copy.execute("SELECT count(*) FROM pair_b").fetchone()[0]
    assert a == b
    return int(a)
