"""Saving: byte-exact or not at all, from links that die and files that lie."""

from __future__ import annotations

import hashlib
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from gallery import failpoints
from gallery.archive.thumbnails import SIZES, thumbnail_path
from gallery.jobs import save
from gallery.models import Image, Task, TaskStatus, User
from tests.conftest import Submit
from tests.demo.server import DemoServer
from tests.invariants import check_files, check_money
from tests.jobs.test_poll import ask
from tests.jobs.test_submit import send

S = TaskStatus


@pytest.fixture
def task(provider: DemoServer, submit: Submit, alice: User, request: Any) -> Task:
    """A task whose picture waits at its link."""
    task = send(submit(alice, f"save {request.node.name}").tasks.get())
    provider.ready(id=task.remote_id)
    return ask(task)


def fetch(task: Task) -> Task:
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now())
    save.save(task.pk)
    return Task.objects.get(pk=task.pk)


def test_saved_byte_exact_with_thumbnails(task: Task, data_dir: Path) -> None:
    with urllib.request.urlopen(task.result_url) as answer:
        original = answer.read()
    assert fetch(task).status == S.DONE
    image = Image.objects.get(task=task)
    assert (data_dir / image.file).read_bytes() == original
    assert image.sha256 == hashlib.sha256(original).hexdigest()
    assert (image.mime, image.width, image.height) == ("image/webp", 256, 256)
    for size in SIZES:
        assert (data_dir / thumbnail_path(image.file, size)).exists()
    check_files(data_dir)
    check_money()


def test_delivered_twice_is_one_picture(task: Task, data_dir: Path) -> None:
    fetch(task)
    assert fetch(task).status == S.DONE
    assert Image.objects.count() == 1
    check_files(data_dir)


def test_killed_between_file_and_row_leaves_one_file(task: Task, data_dir: Path) -> None:
    """The file is there, the row is not: the same save again finds its own file."""
    save._fetch(task)
    assert fetch(task).status == S.DONE
    check_files(data_dir)


def test_killed_between_file_and_row_and_then_given_other_bytes_leaves_one_file(
    task: Task, provider: DemoServer, data_dir: Path
) -> None:
    save._fetch(task)
    provider.fault("download", "png")
    assert fetch(task).status == S.DONE
    check_files(data_dir)


def test_what_was_kept_before_its_row_is_enough_when_the_link_is_dead(
    task: Task, provider: DemoServer, data_dir: Path
) -> None:
    """Paid for, whole, and there: it is not lost because the provider has it no more."""
    name = save._fetch(task).name
    provider.fault("download", "gone", match=task.batch.prompt.text)
    done = fetch(task)
    assert (done.status, done.saves) == (S.DONE, 1)
    image = Image.objects.get(task=task)
    assert (image.file, image.size) == (name, (data_dir / name).stat().st_size)
    assert image.width > 1
    check_files(data_dir)
    check_money()


def test_what_is_not_whole_is_not_enough(task: Task, provider: DemoServer, data_dir: Path) -> None:
    kept = data_dir / save._fetch(task).name
    kept.write_bytes(kept.read_bytes()[:-9])
    provider.fault("download", "gone", match=task.batch.prompt.text)
    assert fetch(task).status == S.RENDERING


def test_a_save_that_was_overtaken_leaves_no_file(
    task: Task, provider: DemoServer, data_dir: Path
) -> None:
    """Stopped before its row until its claim was over, while another kept the picture."""

    def overtake(name: str) -> None:
        if name != "save-before-row":
            return
        failpoints.arm(None)
        Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now())
        provider.fault("download", "png")
        (kept,) = (data_dir / "originals").rglob("*.webp")
        unseen = kept.rename(data_dir / "unseen")  # else the other would make do with it
        assert fetch(task).status == S.DONE
        unseen.rename(kept)

    failpoints.arm(overtake)
    try:
        save.save(task.pk)
    finally:
        failpoints.arm(None)
    assert Image.objects.get(task=task).mime == "image/png"
    check_files(data_dir)


def test_a_spoiled_file_under_its_name_is_stood_beside(task: Task, data_dir: Path) -> None:
    spoiled = data_dir / save._fetch(task).name
    spoiled.write_bytes(b"spoiled")
    assert fetch(task).status == S.DONE
    kept = data_dir / Image.objects.get(task=task).file
    assert kept != spoiled
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == Image.objects.get(task=task).sha256


def test_a_row_that_is_gone_is_no_error(provider: DemoServer, db: None) -> None:
    save.save(999_999)


@pytest.mark.parametrize("behaviour", ["png", "jpeg", "wrong-content-type", "without-length"])
def test_the_bytes_tell_the_type(
    task: Task, provider: DemoServer, behaviour: str, data_dir: Path
) -> None:
    provider.fault("download", behaviour, match=task.batch.prompt.text)
    assert fetch(task).status == S.DONE
    expected = {"png": "image/png", "jpeg": "image/jpeg"}.get(behaviour, "image/webp")
    assert Image.objects.get(task=task).mime == expected
    check_files(data_dir)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("truncated", "download-failed"),
        ("empty", "download-failed"),
        ("gone", "gone"),
        ("html", "not-a-picture"),
        ("svg", "other-kind"),
        ("gif", "other-kind"),
        ("bomb", "too-many-pixels"),
        ("damaged", "damaged"),
        ("redirect", "download-failed"),
        ("http-502-html", "download-failed"),
    ],
)
def test_a_bad_file_is_asked_for_anew_and_then_comes(
    task: Task, provider: DemoServer, behaviour: str, reason: str, data_dir: Path
) -> None:
    provider.fault("download", behaviour, match=task.batch.prompt.text, times=1)
    failed = fetch(task)
    assert (failed.status, failed.reason) == (S.RENDERING, reason)
    assert not Image.objects.exists()
    again = ask(task)
    assert again.status == S.SAVING
    assert fetch(task).status == S.DONE
    check_files(data_dir)
    check_money()


def test_paid_bytes_of_another_kind_are_kept_apart(
    task: Task, provider: DemoServer, data_dir: Path
) -> None:
    provider.fault("download", "svg", match=task.batch.prompt.text, times=1)
    fetch(task)
    kept = [path for path in (data_dir / "quarantine").iterdir() if path.is_file()]
    assert [path.name.startswith(f"task-{task.pk}.") for path in kept] == [True]


@pytest.mark.parametrize("behaviour", ["endless", "drip"])
def test_size_and_time_are_bounded(
    task: Task, provider: DemoServer, behaviour: str, settings: Any
) -> None:
    settings.DOWNLOAD_BYTES, settings.DOWNLOAD_SECONDS = 200_000, 1
    provider.fault("download", behaviour, match=task.batch.prompt.text, interval=0.05)
    begun = timezone.now()
    assert fetch(task).status == S.RENDERING
    assert timezone.now() - begun < timedelta(seconds=3)


def test_a_forbidden_host_is_not_asked(task: Task, provider: DemoServer, settings: Any) -> None:
    settings.RESULT_HOSTS = ["storage.yandexcloud.net"]
    failed = fetch(task)
    assert (failed.status, failed.reason) == (S.RENDERING, "host-forbidden")


def test_a_disk_that_refuses_keeps_the_link(task: Task, data_dir: Path) -> None:
    (data_dir / "originals").write_text("a file where the folder should be")
    delayed = fetch(task)
    assert (delayed.status, delayed.reason) == (S.SAVING, "disk")
    (data_dir / "originals").unlink()
    assert fetch(task).status == S.DONE


def test_missing_thumbnails_hold_no_picture_up(task: Task, data_dir: Path) -> None:
    (data_dir / "thumbs").write_text("a file where the folder should be")
    assert fetch(task).status == S.DONE


def test_after_72_hours_it_is_lost(task: Task, provider: DemoServer) -> None:
    provider.fault("download", "gone", match=task.batch.prompt.text)
    Task.objects.filter(pk=task.pk).update(give_up_at=timezone.now())
    assert fetch(task).status == S.LOST
    check_money()


def test_what_nobody_foresaw_is_tried_again_but_not_for_ever(task: Task, settings: Any) -> None:
    settings.RESULT_HOSTS = None  # a fault of ours that no reason names
    with pytest.raises(TypeError):
        save.save(task.pk)
    assert Task.objects.get(pk=task.pk).status == S.SAVING
    past = timezone.now() - timedelta(seconds=1)
    Task.objects.filter(pk=task.pk).update(claimed_until=past, give_up_at=past)
    with pytest.raises(TypeError):
        save.save(task.pk)
    assert Task.objects.get(pk=task.pk).status == S.LOST
    check_money()


def test_waiting_grows_with_each_bad_file(task: Task, provider: DemoServer) -> None:
    provider.fault("download", "gone", match=task.batch.prompt.text)
    Task.objects.filter(pk=task.pk).update(saves=7)
    failed = fetch(task)
    assert (failed.due_at - timezone.now()).total_seconds() > 200


def test_a_saver_whose_claim_is_gone_loses_nothing(task: Task) -> None:
    stale = Task.objects.claim_save(task.pk)
    assert stale is not None
    past = timezone.now() - timedelta(seconds=1)
    Task.objects.filter(pk=task.pk).update(claimed_until=past, give_up_at=past)
    begun = Task.objects.get(pk=task.pk)
    assert Task.objects.claim_save(task.pk) is not None
    save._relink(begun, stale, "gone", "")
    assert Task.objects.get(pk=task.pk).status == S.SAVING
