"""An administrator brings a lost task's file: checked like any download, or not there at all."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image as Pillow

from gallery.archive import store
from gallery.archive.thumbnails import SIZES, thumbnail_path
from gallery.jobs import save
from gallery.models import Charge, Event, Image, Task, TaskStatus, User
from tests.archive import pictures
from tests.conftest import Submit
from tests.invariants import check_files, check_money

from .conftest import accept, state

S = TaskStatus


@pytest.fixture(autouse=True)
def books(db: None, data_dir: Path) -> Iterator[None]:
    """Whatever was brought: money, states and files fit each other, and nothing half is left."""
    yield
    check_money()
    check_files(data_dir)
    assert list((data_dir / "incoming").glob("*")) == []


@pytest.fixture
def lost(task: Task) -> Task:
    accept(task)
    assert Task.objects.lose(task.pk, "never-came")
    return Task.objects.get(pk=task.pk)


def page(task: Task) -> str:
    return f"/admin/gallery/task/{task.pk}/do/rescue/"


def bring(client: Client, task: Task, data: bytes, **more: Any) -> Any:
    file = SimpleUploadedFile("from-their-site.webp", data, "image/webp")
    return client.post(page(task), {"file": file, **more})


def originals(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "originals").rglob("*") if path.is_file()]


def kept_apart(data_dir: Path) -> list[Path]:
    return list((data_dir / "quarantine").glob("*"))


def png(width: int = 40, height: int = 30) -> bytes:
    buffer = BytesIO()
    Pillow.new("RGB", (width, height), "#305070").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_lost_picture_is_brought(
    by_admin: Client, by_alice: Client, admin: User, lost: Task, picture: bytes, data_dir: Path
) -> None:
    offered = by_admin.get(f"/admin/gallery/task/{lost.pk}/change/").text
    assert page(lost) in offered
    form = by_admin.get(page(lost)).text
    assert 'enctype="multipart/form-data"' in form
    assert 'type="file"' in form
    answer = bring(by_admin, lost, picture)
    assert answer["Location"].endswith(f"/{lost.pk}/change/")
    image = Image.objects.get(task=lost)
    assert (data_dir / image.file).read_bytes() == picture
    assert image.sha256 == hashlib.sha256(picture).hexdigest()
    assert (image.mime, image.width, image.height, image.owner_id) == (
        *("image/webp", 96, 64),
        lost.owner_id,
    )
    assert all((data_dir / thumbnail_path(image.file, size)).exists() for size in SIZES)
    assert state(lost) == S.DONE
    assert Event.objects.get(task=lost, kind="rescued").actor == admin
    assert image.sha256 in LogEntry.objects.get().change_message
    assert Charge.objects.filter(task=lost, kind="settle").count() == 1
    receipt = by_alice.get(f"/tasks/{lost.pk}/receipt/").text
    assert image.sha256 in receipt
    assert "carol" in receipt


def test_the_bytes_tell_the_type(by_admin: Client, lost: Task, data_dir: Path) -> None:
    bring(by_admin, lost, png())
    image = Image.objects.get(task=lost)
    assert image.mime == "image/png"
    assert image.file.endswith(".png")


BAD = {
    "empty": (b"", "empty"),
    "html": (b"<!doctype html><script>alert(1)</script>", "no picture"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "another kind"),
    "gif": (b"GIF89a" + b"\0" * 40, "another kind"),
    "cut": (png(400, 400)[:-40], "damaged"),
    "bomb": (pictures.huge_png(20_000, 20_000), "100 megapixels"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_beside_its_field(
    by_admin: Client, lost: Task, data_dir: Path, kind: str
) -> None:
    data, words = BAD[kind]
    answer = bring(by_admin, lost, data)
    assert answer.status_code == 422
    assert "errorlist" in answer.text
    assert words in answer.text
    assert state(lost) == S.LOST
    assert (originals(data_dir), kept_apart(data_dir)) == ([], [])
    assert not LogEntry.objects.exists()


def test_no_file_is_said(by_admin: Client, lost: Task) -> None:
    answer = by_admin.post(page(lost), {"file": ""})
    assert answer.status_code == 422
    assert "Choose the file." in answer.text


def test_what_is_too_large_is_counted_as_it_comes(
    by_admin: Client, lost: Task, data_dir: Path, settings: Any
) -> None:
    settings.DOWNLOAD_BYTES = 200_000
    answer = bring(by_admin, lost, png() + b"x" * 230_000)
    assert answer.status_code == 422
    assert "larger than 64" in answer.text
    assert (state(lost), originals(data_dir)) == (S.LOST, [])


def test_what_is_far_too_large_is_not_even_looked_at(
    by_admin: Client, lost: Task, settings: Any, data_dir: Path
) -> None:
    settings.DOWNLOAD_BYTES = 100_000
    answer = refused_to(by_admin, lost, b"x" * 3_000_000, data_dir)
    assert answer.status_code == 422
    assert "larger than 64" in answer.text


def test_one_file_is_taken_and_only_from_its_field(
    by_admin: Client, lost: Task, picture: bytes, data_dir: Path
) -> None:
    other = SimpleUploadedFile("other.webp", b"x" * 100_000)
    assert by_admin.post(page(lost), {"other": other}).status_code == 422
    many = [SimpleUploadedFile("1.webp", picture), SimpleUploadedFile("2.webp", b"x" * 100_000)]
    by_admin.post(page(lost), {"file": many})
    assert state(lost) == S.DONE
    assert len(originals(data_dir)) == 1


def test_a_full_disk_is_said_and_nothing_moves(
    by_admin: Client, lost: Task, picture: bytes, data_dir: Path
) -> None:
    (data_dir / "originals").write_text("a file where the folder should be")
    answer = bring(by_admin, lost, picture)
    (data_dir / "originals").unlink()
    assert answer.status_code == 422
    assert "could not be written" in answer.text
    assert state(lost) == S.LOST


def refused_to(client: Client, task: Task, data: bytes, data_dir: Path) -> Any:
    answer = bring(client, task, data)
    assert not (data_dir / "incoming").exists(), "a file was taken before anybody was asked"
    assert not answer.wsgi_request.FILES
    return answer


def test_nobody_elses_file_touches_the_disk(
    client: Client, by_alice: Client, bob: User, lost: Task, picture: bytes, data_dir: Path
) -> None:
    """Neither a stranger's nor the owner's, nor that of staff who may only look."""
    assert refused_to(client, lost, picture, data_dir).status_code == 401
    assert refused_to(by_alice, lost, picture, data_dir).status_code in {302, 403}
    bob.is_staff = True
    bob.save(update_fields=["is_staff"])
    bob.user_permissions.set(Permission.objects.filter(codename="view_task"))
    client.force_login(bob)
    assert refused_to(client, lost, picture, data_dir).status_code == 403
    assert state(lost) == S.LOST


def test_a_task_that_is_not_lost_takes_no_file(
    by_admin: Client, task: Task, picture: bytes, data_dir: Path
) -> None:
    answer = refused_to(by_admin, task, picture, data_dir)
    assert answer.status_code == 302
    assert "its state has changed" in by_admin.get(answer["Location"]).text
    assert bring(by_admin, Task(pk=999_999), picture).status_code == 404


def test_other_deeds_take_no_file(by_admin: Client, task: Task, picture: bytes) -> None:
    file = SimpleUploadedFile("a.webp", picture)
    answer = by_admin.post(f"/admin/gallery/task/{task.pk}/do/cancel/", {"file": file})
    assert not answer.wsgi_request.FILES


def test_the_form_wants_its_token(admin: User, lost: Task, picture: bytes, data_dir: Path) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)
    assert bring(strict, lost, picture).status_code == 403
    assert (state(lost), originals(data_dir)) == (S.LOST, [])
    strict.get(page(lost))
    token = strict.cookies["csrftoken"].value
    assert bring(strict, lost, picture, csrfmiddlewaretoken=token).status_code == 302
    assert state(lost) == S.DONE


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [True, False])
def test_two_who_bring_it_at_once_make_one_picture(
    admin: User, lost: Task, data_dir: Path, same: bool
) -> None:
    """One picture and one file, be the two the same or not: neither takes the other's away."""
    start = threading.Barrier(4)
    moved: list[bool] = []

    def rescue(number: int) -> None:
        data = png(40 if same else 40 + number)
        try:
            with store.receive(data_dir) as incoming:
                incoming.write(data)
                start.wait(10)
                with save.brought(lost, incoming) as file:
                    start.wait(10)  # all are stored, and none has its row
                    moved.append(Task.objects.rescue(lost.pk, file, by=admin))
        finally:
            connection.close()

    threads = [threading.Thread(target=rescue, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(moved) == [False, False, False, True]
    assert [path.relative_to(data_dir) for path in originals(data_dir)] == [
        Path(Image.objects.get(task=lost).file)
    ]


def test_who_breaks_off_takes_nobody_elses_file_away(
    admin: User, lost: Task, picture: bytes, data_dir: Path
) -> None:
    with store.receive(data_dir) as mine, store.receive(data_dir) as other:
        mine.write(picture)
        other.write(picture)
        with save.brought(lost, mine) as file:
            with pytest.raises(RuntimeError), save.brought(lost, other):
                raise RuntimeError
            assert Task.objects.rescue(lost.pk, file, by=admin)
    assert len(originals(data_dir)) == 1


def test_another_tasks_file_is_kept_only_when_that_is_meant(
    by_admin: Client, alice: User, submit: Submit, picture: bytes, data_dir: Path
) -> None:
    """Of two lost tasks of one batch it is easily given to both."""
    one, other = submit(alice, count=2).tasks.order_by("pk")
    for task in (one, other):
        accept(task)
        assert Task.objects.lose(task.pk, "never-came")
    assert bring(by_admin, one, picture).status_code == 302
    kept = originals(data_dir)
    answer = bring(by_admin, other, picture)
    assert answer.status_code == 422
    assert f"Task {one.pk} has this very file" in answer.text
    assert originals(data_dir) == kept
    assert state(other) == S.LOST
    assert bring(by_admin, other, picture, all_the_same="on").status_code == 302
    assert state(other) == S.DONE
    assert len(originals(data_dir)) == 2
