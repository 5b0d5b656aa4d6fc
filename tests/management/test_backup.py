"""backup and restore: a whole installation in a folder, and a new one made of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

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
from tests.running import Installation, wait_for
from tests.trash import trash

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
    own = os.umask(0o022)
    assert "and 2 pictures" in made(folder)
    assert os.umask(own) == 0o022  # the process has its own again
    assert folder.stat().st_mode & 0o077 == 0
    content = everything_in(folder)
    assert b"queued at the backup" in content
    setup_hash = hashlib.sha256(setup_token.encode()).hexdigest()
    for secret in (KEY, django_settings.SECRET_KEY, session, setup_token, setup_hash):
        assert secret.encode() not in content
    manifest = json.loads((folder / backup.MANIFEST).read_bytes())
    with Installation(tmp_path / "new", TIME_ZONE="Europe/Moscow") as new:
        done = new.run("restore", str(folder))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "are unknown now: 1." in done.stdout
        at = datetime.fromisoformat(manifest["made_at"]).astimezone(ZoneInfo("Europe/Moscow"))
        assert f"what was there at {at:%Y-%m-%d %H:%M:%S %Z}." in done.stdout
        assert "Next: start Artel" in done.stdout
        assert "then resume spending" in done.stdout
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


def files_in(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def rewrite(folder: Path, **changes: Any) -> None:
    """Of a manifest; what is None goes out."""
    path = folder / backup.MANIFEST
    known = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({k: v for k, v in known.items() if v is not None}))


def make_nameless(folder: Path) -> None:
    """As the copies were before their manifests said whose they are."""
    rewrite(folder, installation=None, newest=None, newest_at=None)


def check_left_alone(other: Installation, folder: Path, *words: str) -> None:
    """Its backup into the folder is refused in these words, and touches nothing there."""
    before = files_in(folder)
    done = other.run("backup", str(folder))
    assert done.returncode == 1
    for word in words:
        assert word in done.stderr
    assert files_in(folder) == before


def test_a_new_installation_leaves_the_copy_of_a_lost_one_alone(
    kept: list[Image], tmp_path: Path
) -> None:
    """As each night, after the disk with database and pictures was not mounted, or is lost."""
    folder = tmp_path / "backup"
    made(folder)
    with Installation(tmp_path / "fresh") as fresh:
        check_left_alone(fresh, folder, "The database is empty")
        assert fresh.run("migrate").returncode == 0
        check_left_alone(fresh, folder, "of another database", "restore")
        make_nameless(folder)
        check_left_alone(fresh, folder, "of another database")


def test_a_copy_without_pictures_is_left_alone_too(alice: User, tmp_path: Path) -> None:
    """Its people, prompts and money are as much worth."""
    folder = tmp_path / "backup"
    assert "and 0 pictures" in made(folder)
    assert "and 0 pictures" in made(folder), "its own database goes on with it"
    for other in ("2026-01-01T00:00:00+00:00", None):
        rewrite(folder, installation=other)
        before = files_in(folder)
        assert "of another database" in refused("backup", str(folder))
        assert files_in(folder) == before


def test_a_restored_database_goes_on_with_its_copy_until_that_is_newer(
    submit: Submit, alice: User, tmp_path: Path
) -> None:
    """What came after the day of the copy, or while it was made, this database does not know."""
    submit(alice, "before the backup")
    folder = tmp_path / "backup"
    made(folder)
    late = folder / "originals/2026/12/task-99-0123456789abcdef.webp"
    late.parent.mkdir(parents=True)
    late.write_bytes(b"copied after the database")
    with Installation(tmp_path / "new") as new:
        assert new.run("restore", str(folder)).returncode == 0
        done = new.run("backup", str(folder))
        assert done.returncode == 0, done.stderr
        assert late.exists()
        submit(alice, "of a later day")
        made(folder)
        check_left_alone(new, folder, "of a later day")


def test_of_a_copy_that_names_nobody_each_picture_has_to_be_known(
    kept: list[Image], tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    made(folder)
    make_nameless(folder)
    strange = folder / "originals/2026/12/task-99-0123456789abcdef.webp"
    strange.parent.mkdir(parents=True)
    strange.write_bytes(b"a picture")
    before = files_in(folder)
    assert "of another database" in refused("backup", str(folder))
    assert files_in(folder) == before


def test_while_the_disk_of_the_pictures_is_away_the_copy_keeps_them(
    kept: list[Image], tmp_path: Path, data_dir: Path
) -> None:
    folder = tmp_path / "backup"
    made(folder)
    before = {image.file: files_in(folder)[image.file] for image in kept}
    shutil.move(data_dir / "originals", tmp_path / "disk")
    assert "and 2 pictures" in made(folder)
    assert before.items() <= files_in(folder).items()


@contextmanager
def purged_once_the_database_is_copied(image: Image, data_dir: Path) -> Iterator[None]:
    """Right after it was asked which files are to be copied."""
    asked: list[str] = []

    def purge(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if not asked and "sha256" in sql:
            asked.append(sql)
            assert Image.objects.filter(pk=image.pk).purge()
            (data_dir / image.file).unlink()
        return answer

    with connection.execute_wrapper(purge):
        yield
    assert asked


def test_what_is_purged_meanwhile_stays_as_long_as_the_copied_database_knows_it(
    kept: list[Image], tmp_path: Path, data_dir: Path
) -> None:
    image = kept[0]
    folder = tmp_path / "backup"
    made(folder)
    trash(image.pk)
    with purged_once_the_database_is_copied(image, data_dir):
        made(folder)
    assert (folder / image.file).exists()
    made(folder)
    assert not (folder / image.file).exists()


def test_nobody_misses_what_is_purged_meanwhile(
    kept: list[Image], tmp_path: Path, data_dir: Path
) -> None:
    trash(kept[0].pk)
    with purged_once_the_database_is_copied(kept[0], data_dir):
        assert "not in the backup" not in made(tmp_path / "backup")


def test_a_first_copy_that_was_killed_is_gone_on_with(kept: list[Image], tmp_path: Path) -> None:
    """Here by an installation that was restored from a copy that names nobody."""
    first, second = tmp_path / "first", tmp_path / "second"
    made(first)
    make_nameless(first)
    with Installation(tmp_path / "new") as new:
        assert new.run("restore", str(first)).returncode == 0
        original = tmp_path / "new/data" / kept[1].file
        aside = original.rename(tmp_path / "aside")
        os.mkfifo(original)  # to be read for ever
        process = new.start("backup", str(second))
        wait_for((second / kept[0].file).exists, 20, "the first picture is copied")
        draft = second / f"originals/.{kept[0].sha256}.draft"
        draft.write_text("half of a picture")
        process.kill()
        process.wait()
        assert not (second / backup.MANIFEST).exists()
        original.unlink()
        aside.rename(original)
        done = new.run("backup", str(second))
        assert done.returncode == 0, done.stderr
        assert "and 2 pictures" in done.stdout
        assert len(list(second.glob("database-*"))) == 1
        assert not list(second.rglob("*.draft"))
        done = new.run("backup", str(first))
        assert done.returncode == 0, done.stderr
    names = [json.loads((folder / backup.MANIFEST).read_text()) for folder in (first, second)]
    assert names[0]["installation"] == names[1]["installation"] != ""


def test_anothers_first_copy_that_was_killed_is_left_alone(
    kept: list[Image], tmp_path: Path
) -> None:
    """Its database may be all that is left of that one."""
    folder = tmp_path / "copy"
    folder.mkdir()
    (folder / backup.BEGUN).write_text('{"installation": "another"}')
    (folder / "database-1.sqlite3").write_text("all that is left")
    with pytest.raises(backup.Refused, match="another database"):
        backup.back_up(folder)
    assert (folder / "database-1.sqlite3").read_text() == "all that is left"


def test_a_folder_in_data_dir_is_refused(alice: User, tmp_path: Path, data_dir: Path) -> None:
    """It would be lost along with it, and verify_library would put the copies away."""
    (tmp_path / "link").symlink_to(data_dir)
    for folder in (data_dir, data_dir / "originals/backup", tmp_path / "link/backup"):
        assert "is in DATA_DIR" in refused("backup", str(folder))
    assert not any(data_dir.iterdir())


@pytest.mark.sqlite_only
def test_only_a_database_that_answers_is_taken_for_empty(alice: User, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    made(folder)
    new = Installation(tmp_path / "new")
    data = tmp_path / "new/data"
    data.mkdir()
    database, wal = data / "artel.sqlite3", data / "artel.sqlite3-wal"
    database.mkdir()  # whatever stands in the way
    wal.write_bytes(b"the newest changes")
    done = new.run("restore", str(folder))
    assert done.returncode == 1
    assert "The database cannot be read: unable to open" in done.stderr
    assert wal.read_bytes() == b"the newest changes"
    database.rmdir()
    wal.unlink()
    database.write_bytes(b"damaged" * 1000)
    done = new.run("restore", str(folder))
    assert done.returncode == 1
    assert "The database cannot be read: file is not a database" in done.stderr
    assert database.read_bytes() == b"damaged" * 1000
    database.unlink()
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE letters (text TEXT)")
    done = new.run("restore", str(folder))
    assert done.returncode == 1
    assert "The database is in use" in done.stderr
    with sqlite3.connect(database) as other:
        assert other.execute("SELECT count(*) FROM letters").fetchone() == (0,)


@pytest.mark.sqlite_only
def test_a_copy_whose_database_goes_while_it_is_read_is_none(alice: User, tmp_path: Path) -> None:
    """As when the next backup into that folder is made just now."""
    with pytest.raises(backup.Refused, match="is damaged"):
        backup._place_database(tmp_path / "database-gone.sqlite3", "0" * 64)
    assert User.objects.get() == alice


def test_the_next_copy_adds_what_is_new_and_drops_what_was_purged(
    kept: list[Image], tmp_path: Path, data_dir: Path
) -> None:
    folder = tmp_path / "backup"
    made(folder)
    first = json.loads((folder / backup.MANIFEST).read_text())["database"]
    stays, goes = kept
    times = (folder / stays.file).stat().st_mtime_ns
    trash(goes.pk)
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


def test_what_the_disk_does_not_give_is_said_and_the_rest_is_copied(
    kept: list[Image], tmp_path: Path, data_dir: Path
) -> None:
    """One bad sector is when a copy of the rest is wanted most."""
    bad = data_dir / kept[0].file
    bad.unlink()
    bad.mkdir()  # which nobody can read as a file, not even root
    made = backup.back_up(tmp_path / "copy")
    assert made.missing == [kept[0].file]
    assert made.pictures == len(kept) - 1
    assert (tmp_path / "copy" / backup.MANIFEST).exists()


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


@pytest.mark.parametrize("earlier", ["", "archive-gone", "by-hand"])
def test_killed_before_its_tasks_are_in_doubt_a_start_does_that_first(
    submit: Submit, alice: User, settings: Any, earlier: str
) -> None:
    """Why the other installation was paused is not why this one is."""
    if earlier:
        Studio.objects.pause(earlier)
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
