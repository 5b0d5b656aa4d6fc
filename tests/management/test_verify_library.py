"""verify_library: each fault that is seeded is found, and mended where the provider still can."""

from __future__ import annotations

import os
import shutil
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from gallery.archive import removal, store
from gallery.archive.thumbnails import SIZES, thumbnail_path
from gallery.jobs import library, save, sweep
from gallery.models import Image, Task, TaskStatus, User
from tests.archive.pictures import picture
from tests.conftest import Submit
from tests.demo.server import DemoServer
from tests.invariants import check_files
from tests.jobs.test_poll import ask
from tests.jobs.test_save import fetch
from tests.jobs.test_submit import send
from tests.trash import trash


@pytest.fixture
def kept(provider: DemoServer, submit: Submit, alice: User, request: Any) -> list[Image]:
    """Three pictures that are kept, and that the provider still has."""
    tasks = [send(task) for task in submit(alice, request.node.name, count=3).tasks.all()]
    for task in tasks:
        provider.ready(id=task.remote_id)
        assert fetch(ask(task)).status == TaskStatus.DONE
    return list(Image.objects.order_by("pk"))


def verify(*options: str) -> tuple[str, bool]:
    """What it prints, and whether all was well in the end."""
    written = StringIO()
    try:
        call_command("verify_library", *options, stdout=written)
    except CommandError as error:
        return f"{written.getvalue()}{error}", False
    return written.getvalue(), True


def test_every_seeded_fault_is_found_and_mended(kept: list[Image], data_dir: Path) -> None:
    assert verify()[1]
    gone, spoiled, purged = kept
    good = {image.file: (data_dir / image.file).read_bytes() for image in (gone, spoiled)}
    (data_dir / gone.file).unlink()
    flipped = bytearray(good[spoiled.file])
    flipped[len(flipped) // 2] ^= 1
    (data_dir / spoiled.file).write_bytes(flipped)
    nobodys = data_dir / "originals/2020/01/nobodys.webp"
    nobodys.parent.mkdir(parents=True)
    nobodys.write_bytes(b"of unknown origin")
    trash(purged.pk)
    Image.objects.in_trash().filter(pk=purged.pk).purge()

    words, well = verify()
    assert not well
    for line in (
        f"missing: {gone.file} (picture {gone.pk})",
        f"changed: {spoiled.file} (picture {spoiled.pk})",
        "orphaned: originals/2020/01/nobodys.webp",
        f"orphaned: {purged.file}",
        "4 of 4",
    ):
        assert line in words
    assert nobodys.exists(), "looking changes nothing"

    words, well = verify("--repair")
    assert well, words
    assert words.count("fetched anew") == 2
    assert {name: (data_dir / name).read_bytes() for name in good} == good
    assert not (data_dir / purged.file).exists()
    assert not any((data_dir / thumbnail_path(purged.file, size)).exists() for size in SIZES)
    aside = {path.read_bytes() for path in (data_dir / "quarantine").iterdir()}
    assert aside == {b"of unknown origin", bytes(flipped)}, "nothing that may be wanted is removed"
    assert verify()[1]


def test_what_the_provider_has_no_more_or_has_otherwise_is_said(
    kept: list[Image], provider: DemoServer, data_dir: Path, settings: Any
) -> None:
    other, foreign, blocked = kept
    for image in kept:
        (data_dir / image.file).unlink()
    (data_dir / blocked.file).mkdir()
    Task.objects.filter(image=foreign).update(provider="https://former.example/v1")
    provider.fault("download", "png")
    words, well = verify("--repair")
    assert not well
    assert "its link gives other bytes now: quarantine/" in words
    assert "it came from another provider" in words
    assert not (data_dir / other.file).exists(), "the row speaks of other bytes"
    provider.no_faults()
    words, well = verify("--repair")
    assert not well
    assert words.count("fetched anew") == 1
    assert "the disk refused" in words


def test_a_file_under_another_name_goes_back_to_its_place(
    kept: list[Image], data_dir: Path
) -> None:
    image = kept[0]
    strayed = data_dir / "originals/strayed.webp"
    (data_dir / image.file).rename(strayed)
    for found in [fault for fault in library.faults() if fault.kind == "orphaned"]:
        assert library.repair(found).is_done
    assert (data_dir / image.file).exists()
    assert verify()[1]


def test_what_is_being_saved_at_this_moment_is_no_orphan(
    provider: DemoServer, submit: Submit, alice: User, data_dir: Path
) -> None:
    task = send(submit(alice, "being saved").tasks.get())
    provider.ready(id=task.remote_id)
    task = ask(task)
    assert Task.objects.claim_save(task.pk)
    save._fetch(task)
    assert verify()[1]
    Task.objects.filter(pk=task.pk).update(claimed_until=None)
    assert "orphaned" in verify()[0], "its saver died"


def killed_before_its_row(provider: DemoServer, queued: Task) -> tuple[Task, library.Fault]:
    """A task whose save has left a file, and that file as it is found."""
    task = send(queued)
    provider.ready(id=task.remote_id)
    ask(task)
    save._fetch(Task.objects.get(pk=task.pk))
    (fault,) = library.faults()
    return task, fault


def test_a_save_that_comes_home_between_look_and_repair_keeps_its_file(
    provider: DemoServer, submit: Submit, alice: User, data_dir: Path
) -> None:
    task, fault = killed_before_its_row(provider, submit(alice).tasks.get())
    assert fault.kind == "orphaned"
    assert fetch(task).status == TaskStatus.DONE
    assert library.repair(fault).words == "its picture has come"
    check_files(data_dir)


def test_a_save_that_has_begun_between_look_and_repair_keeps_its_file(
    provider: DemoServer, submit: Submit, alice: User, data_dir: Path
) -> None:
    task, fault = killed_before_its_row(provider, submit(alice).tasks.get())
    claim = Task.objects.claim_save(task.pk)
    assert claim
    file = save._fetch(Task.objects.get(pk=task.pk))
    library.repair(fault)
    save._keep(Task.objects.get(pk=task.pk), claim, file)
    check_files(data_dir)


def test_an_upload_that_was_killed_before_its_row_is_swept(
    submit: Submit, alice: User, admin: User, data_dir: Path, settings: Any
) -> None:
    """Its file is no picture of anybody's, and whoever stood still meanwhile makes none of it."""
    task = submit(alice).tasks.get()
    Task.objects.filter(pk=task.pk).update(status=TaskStatus.LOST)
    with store.receive(data_dir) as incoming:
        incoming.write(picture("PNG"))
        broken_off = save.brought(task, incoming)
        file = broken_off.__enter__()
        assert (data_dir / file.name).exists()
        sweep.sweep()
        assert verify()[1], "it may yet get its row"
        assert (data_dir / file.name).exists()
        (note,) = (data_dir / removal.PROMISES).iterdir()
        long_ago = time.time() - settings.INCOMING_SECONDS - 1
        os.utime(note, (long_ago, long_ago))
        assert "orphaned" in verify()[0]
        sweep.sweep()
        assert not (data_dir / file.name).exists()
        assert not note.exists()
        with pytest.raises(FileNotFoundError):
            save.rescue(task, file, by=admin)
        broken_off.__exit__(None, None, None)
    assert Task.objects.get(pk=task.pk).status == TaskStatus.LOST
    check_files(data_dir)


def test_a_promise_that_was_kept_is_forgotten_and_its_file_stays(
    kept: list[Image], data_dir: Path, settings: Any
) -> None:
    """Killed between the row and the end: the note alone goes."""
    removal.promise(data_dir, kept[0].file)
    settings.INCOMING_SECONDS = 0.0
    assert library.forget_promised() == 0
    assert not list((data_dir / removal.PROMISES).iterdir())
    check_files(data_dir)


def test_while_the_disk_of_the_pictures_is_away_nothing_is_put_in_its_place(
    kept: list[Image], data_dir: Path
) -> None:
    """What the provider still has would be out of sight, under the disk, once it is back."""
    (data_dir / kept[0].file).unlink()
    (fault,) = library.faults()
    disk = data_dir.parent / "disk"
    shutil.move(data_dir / "originals", disk)
    (data_dir / "originals").mkdir()  # the place that it is mounted at
    words, well = verify()
    assert not well
    assert "3 of 3" in words, "looking is allowed"
    words, well = verify("--repair")
    assert not well
    assert "mount its disk" in words
    assert "missing" not in words, "no picture is blamed"
    repair = library.repair(fault)  # the disk went away in the middle
    assert not repair.is_done
    assert "mount its disk" in repair.words
    assert not any((data_dir / "originals").iterdir())
    (data_dir / "originals").rmdir()
    shutil.move(disk, data_dir / "originals")
    assert verify("--repair")[1]


def test_no_alarm_when_the_first_picture_comes_at_that_moment(
    kept: list[Image], data_dir: Path
) -> None:
    """Between the look at the folder and the question for rows both its file and row come."""
    originals, elsewhere = data_dir / "originals", data_dir.parent / "elsewhere"
    shutil.move(originals, elsewhere)
    asked: list[str] = []

    def first_picture(execute: Any, sql: str, *rest: Any) -> Any:
        if not asked:
            shutil.move(elsewhere, originals)
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(first_picture):
        assert not library.is_gone()
    assert len(asked) == 1


def test_a_folder_of_pictures_that_the_disk_refuses_is_gone(
    kept: list[Image], data_dir: Path
) -> None:
    """A failed disk or a network share that went stale gives errors, and not an empty folder."""
    shutil.move(data_dir / "originals", data_dir.parent / "elsewhere")
    (data_dir / "originals").symlink_to("x" * 300)  # a name that no file system takes
    with pytest.raises(OSError, match="too long"):
        list((data_dir / "originals").iterdir())
    assert library.is_gone()
    assert Client().get("/healthz").json()["checks"]["archive"] is False
    Image.objects.update(trashed_at=timezone.now(), purged_at=timezone.now())
    assert not library.is_gone(), "nobody misses anything"
