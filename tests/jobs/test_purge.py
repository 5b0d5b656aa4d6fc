"""Emptying the trash: files go with their rows' consent, whoever is killed in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from gallery.archive import removal, thumbnails
from gallery.jobs import purge, sweep
from gallery.models import Change, Image, Prompt, Question, Standing, Task, User
from tests.conftest import Submit
from tests.invariants import check_files, check_money
from tests.trash import restore, trash
from tests.views import conftest as views

finish, picture = views.finish, views.picture


@pytest.fixture
def images(
    alice: User,
    submit: Submit,
    finish: Callable[[Task], Image],
    data_dir: Path,
) -> list[Image]:
    """Three of alice's, with thumbnails, in the trash."""
    found = [finish(task) for task in submit(alice, count=3).tasks.all()]
    for image in found:
        thumbnails.make(data_dir / image.file, data_dir, image.file)
        trash(image.pk)
    return found


def age(seconds: float) -> None:
    """As if what is in the trash had been there so much longer."""
    then = timezone.now() - timedelta(seconds=seconds)
    Image.objects.in_trash().update(trashed_at=then)
    Prompt.objects.in_trash().update(trashed_at=then)


def files(data_dir: Path) -> int:
    folders = ("originals", "thumbs", removal.FOLDER)
    return sum(path.is_file() for name in folders for path in (data_dir / name).rglob("*"))


def test_what_lay_there_for_its_time_is_purged(images: list[Image], data_dir: Path) -> None:
    restore(images[0].pk)
    age(django_settings.TRASH_SECONDS - 60)
    sweep.run()
    assert files(data_dir) == 9
    age(django_settings.TRASH_SECONDS + 60)
    sweep.run()
    assert files(data_dir) == 3, "the one that was restored, with its thumbnails"
    assert Image.objects.purged().count() == 2
    check_files(data_dir)
    check_money()
    sweep.run()
    assert files(data_dir) == 3


def test_a_prompt_is_purged_with_its_pictures(images: list[Image], data_dir: Path) -> None:
    for image in images:
        restore(image.pk)
    prompt = Prompt.objects.get()
    assert Prompt.objects.trash(prompt.pk)
    age(django_settings.TRASH_SECONDS + 60)
    sweep.run()
    prompt.refresh_from_db()
    assert (prompt.text, prompt.is_purged) == ("", True)
    assert files(data_dir) == 0


def test_what_a_provider_repeated_of_a_prompt_goes_with_it(
    task: Task, alice: User, admin: User
) -> None:
    views.doubt(task)
    task.refresh_from_db()
    assert Question.objects.ask(task, "an-id-of-theirs", by=admin)
    Question.objects.update(standing=Standing.DOUBTED, heard_words="a very private prompt")
    assert Task.objects.clear(task.pk, "asked them", by=admin)
    assert Prompt.objects.trash(task.batch.prompt_id)
    purge.empty(alice)
    assert Prompt.objects.get().text == ""
    assert Question.objects.get().heard_words == ""


def test_a_sweep_takes_a_batch_at_a_time(
    images: list[Image], data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "BATCH", 2)
    age(django_settings.TRASH_SECONDS + 60)
    purge.sweep()
    assert Image.objects.purged().count() == 2
    check_files(data_dir)
    purge.sweep()
    assert Image.objects.purged().count() == 3


def test_one_empties_ones_own_trash(
    images: list[Image],
    bob: User,
    submit: Submit,
    finish: Callable[[Task], Image],
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(purge, "BATCH", 2)
    theirs = finish(submit(bob, "theirs").tasks.get())
    Prompt.objects.trash(Prompt.objects.get(owner=bob).pk)
    purge.empty(images[0].owner)
    assert Image.objects.purged().count() == 3
    assert (data_dir / theirs.file).is_file()
    assert Prompt.objects.get(owner=bob).text == "theirs"
    check_files(data_dir)


def test_emptying_takes_nothing_that_comes_there_meanwhile(
    images: list[Image], data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with its old date, by which it seems to have been there before."""
    monkeypatch.setattr(purge, "BATCH", 1)
    owner, last = images[0].owner, images[2]
    back = Change.objects.restore(owner, Image.objects.filter(pk=last.pk))
    remove = removal.remove_picture

    def undoing(folder: Path, name: str) -> None:
        back.undo()
        remove(folder, name)

    monkeypatch.setattr(removal, "remove_picture", undoing)
    purge.empty(owner)
    last.refresh_from_db()
    assert (last.is_trashed, last.is_purged) == (True, False)
    assert Image.objects.purged().count() == 2


STEPS = ("announced", "marked", "thumbnails", "originals")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_moment(
    images: list[Image], data_dir: Path, step: str, settings: Any
) -> None:
    """A process that is killed leaves a picture whole, or what the next sweep finishes."""
    age(django_settings.TRASH_SECONDS + 60)
    program = [sys.executable, "-c", KILLED, step, str(data_dir)]
    name = settings.DATABASES["default"]["NAME"]
    done = subprocess.run(
        program, env={**os.environ, "TEST_NAME": str(name)}, capture_output=True, timeout=60
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    notes = list((data_dir / removal.FOLDER).glob("*.json"))
    assert len(notes) == 1
    for image in Image.objects.all():
        assert image.is_purged or (data_dir / image.file).is_file(), "whole, or purged"
    assert Image.objects.purged().count() == (0 if step == "announced" else 3)
    os.utime(notes[0], (0, 0))
    if step == "announced":
        restore(images[0].pk)
    purge.sweep()
    assert not list((data_dir / removal.FOLDER).glob("*.json"))
    assert Image.objects.purged().count() == (2 if step == "announced" else 3)
    check_files(data_dir)


# Dies just after the step that it is told: its own database connection, its own process.
KILLED = """
import os, signal, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = os.environ["TEST_NAME"]
django.setup()
from pathlib import Path
step, settings.DATA_DIR = sys.argv[1], Path(sys.argv[2])
from gallery.archive import removal, store
from gallery.jobs import purge
from gallery.models.image import ImageQuerySet

def die_after(owner, name, when):
    inner, calls = getattr(owner, name), [0]
    def outer(*args, **kwargs):
        answer = inner(*args, **kwargs)
        calls[0] += 1
        if calls[0] == when:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    setattr(owner, name, outer)

if step == "announced":
    die_after(removal, "replace", 1)
elif step == "marked":
    die_after(ImageQuerySet, "purge", 1)
elif step == "thumbnails":
    die_after(removal, "remove", 2)
else:
    die_after(removal, "remove", 9)
purge.sweep()
"""


def test_a_young_note_is_anothers(images: list[Image], data_dir: Path) -> None:
    with removal.announced(data_dir, [images[0].pk]):
        purge.sweep()
        assert len(list((data_dir / removal.FOLDER).glob("*.json"))) == 1
    assert not list((data_dir / removal.FOLDER).glob("*.json"))


def test_a_file_that_is_gone_already_stops_nothing(images: list[Image], data_dir: Path) -> None:
    (data_dir / images[0].file).unlink()
    age(django_settings.TRASH_SECONDS + 60)
    purge.sweep()
    assert Image.objects.purged().count() == 3
    assert files(data_dir) == 0
