"""Zips by the job: what is in them, whoever is killed, and who has to wait for whom."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation

from gallery.archive import packing
from gallery.jobs import pump, sweep, zip
from gallery.models import (
    Collection,
    Image,
    Membership,
    NoRoom,
    Prompt,
    Tag,
    Tagging,
    Task,
    User,
    Zip,
    ZipStatus,
)
from tests.conftest import Submit
from tests.trash import trash
from tests.views import conftest as views

finish, picture = views.finish, views.picture
Finish = Callable[[Task], Image]


@pytest.fixture
def images(alice: User, submit: Submit, finish: Finish) -> list[Image]:
    """Four of alice's; the last was purged, of the third only the file is gone."""
    text = "</script><img src=x onerror=alert(1)> Ёлка & лиса"
    found = [finish(task) for task in submit(alice, text, count=4).tasks.order_by("pk")]
    Tagging.objects.create(
        tag=Tag.objects.create(owner=alice, name="Зима", key="зима"), image=found[0]
    )
    nice = Collection.objects.create(owner=alice, name="Best", key="best")
    Membership.objects.create(collection=nice, image=found[0], place=1)
    Image.objects.filter(pk=found[0].pk).update(rating=4, favourite=True)
    return found


def opened(row: Zip, data_dir: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(data_dir / packing.finished_name(row.stem))


def test_a_zip_has_everything_and_says_what_is_missing(
    images: list[Image], alice: User, data_dir: Path
) -> None:
    with translation.override("ru"):
        made = zip.begin(alice, Image.objects.of(alice).order_by("pk"))
        assert zip.begin(alice, Image.objects.of(alice).order_by("pk")) == made, "a double press"
    (data_dir / images[2].file).unlink()
    trash(images[3].pk)
    Image.objects.filter(pk=images[3].pk).purge()
    zip.run()
    made.refresh_from_db()
    assert (made.status, made.done, made.missing) == (ZipStatus.READY, 4, 2)
    assert made.expires_at and made.ready_at
    assert made.expires_at - made.ready_at == timedelta(days=1)
    assert made.size == (data_dir / packing.finished_name(made.stem)).stat().st_size
    stem = f"pictures/{images[0].pk:06}-script-img-src-x-onerror-alert-1-ёлка-лиса"
    with opened(made, data_dir) as read:
        assert read.testzip() is None
        names = read.namelist()
        assert len(names) == len(set(names)) == 6
        original = (data_dir / images[0].file).read_bytes()
        assert read.read(f"{stem}.webp") == original
        aside = json.loads(read.read(f"{stem}.json"))
        manifest = json.loads(read.read("manifest.json"))
        page = read.read("index.html").decode()
    assert aside["prompt"].endswith("Ёлка & лиса")
    told = {name: aside[name] for name in ("model", "ratio", "tags", "rating", "collections")}
    assert told == {
        "model": "gpt-image-1-low", "ratio": "1:1", "tags": ["Зима"], "rating": 4,
        "collections": ["Best"],
    }  # fmt: skip
    assert aside["favourite"] is True
    assert aside["price_roubles"] == 4
    assert aside["sha256"] == images[0].sha256
    assert "found_sha256" not in aside
    assert {"ordered", "ready", "kept"} <= set(aside["times"])
    assert [one["file"] for one in manifest["pictures"]] == names[0:3:2]
    assert {one["number"]: one["why"] for one in manifest["missing"]} == {
        images[2].pk: "no file", images[3].pk: "deleted",
    }  # fmt: skip
    assert "onerror=alert" not in page.replace("\\u003cimg src=x onerror=alert", "")
    assert 'lang="ru"' in page
    assert "://" not in page.replace("\\u003c", "").split("<script", 1)[0]


def test_only_ones_own_pictures_go_in(images: list[Image], bob: User, data_dir: Path) -> None:
    """Even had somebody brought another's numbers past the form."""
    made = Zip.objects.begin(bob, [images[0].pk], 10, "en")
    zip.run()
    made.refresh_from_db()
    assert (made.status, made.missing) == (ZipStatus.READY, 1)
    with opened(made, data_dir) as read:
        assert read.namelist() == ["manifest.json", "index.html"]


def test_turns_are_fair_and_one_at_a_time_for_each(
    images: list[Image], alice: User, bob: User, submit: Submit, finish: Finish, settings: Any
) -> None:
    """A zip of thousands that began earlier does not keep another's small one waiting."""
    settings.ZIP_SLICE_SECONDS = 0
    theirs = finish(submit(bob, "theirs").tasks.get())
    large = Zip.objects.begin(alice, [images[0].pk] * 40, 10, "en")
    second = Zip.objects.begin(alice, [images[1].pk], 10, "en")
    small = zip.begin(bob, Image.objects.filter(pk=theirs.pk))
    packer = zip.Packer()
    for _ in range(3):
        packer.tick()
    small.refresh_from_db()
    large.refresh_from_db()
    second.refresh_from_db()
    assert small.status == ZipStatus.READY
    assert (large.status, large.done) == (ZipStatus.BUILDING, 2)
    assert second.status == ZipStatus.WAITING
    for _ in range(39):
        packer.tick()
    assert not Zip.objects.unfinished().exists()
    assert packer.is_idle()


def test_room_is_bounded_for_each_and_for_all(
    images: list[Image], alice: User, bob: User, settings: Any
) -> None:
    pictures = Image.objects.of(alice)
    settings.ZIP_BYTES_EACH = 20_000
    settings.ZIP_BYTES = 40_000
    zip.begin(alice, pictures)
    with pytest.raises(NoRoom, match="own"):
        zip.begin(alice, pictures.order_by("pk"))
    Zip.objects.begin(bob, [1], 10_000, "en")
    settings.ZIP_BYTES_EACH = 35_000
    with pytest.raises(NoRoom, match="all"):
        Zip.objects.begin(bob, [2], 13_000, "en")
    settings.ZIPS_EACH = 1
    with pytest.raises(NoRoom, match="many"):
        zip.begin(alice, pictures.order_by("pk"))
    assert Zip.objects.count() == 2


def test_room_is_kept_for_long_prompts(images: list[Image], alice: User, data_dir: Path) -> None:
    """Each letter may be four bytes, and stands in the zip, its two lists and its page."""
    Prompt.objects.of(alice).update(text="\U0001f98a" * 16_000 + "<&>" * 5_000)
    made = zip.begin(alice, Image.objects.of(alice))
    reserved = made.takes
    zip.run()
    made.refresh_from_db()
    assert made.status == ZipStatus.READY
    assert reserved >= made.size > 300_000


def test_a_full_disk_ends_it_and_leaves_nothing(
    images: list[Image], alice: User, settings: Any, data_dir: Path
) -> None:
    settings.DISK_FLOOR_BYTES = 10**18
    made = zip.begin(alice, Image.objects.of(alice))
    zip.run()
    made.refresh_from_db()
    assert (made.status, made.reason, made.chosen) == (ZipStatus.FAILED, "disk", "")
    assert "disk" in str(made.reason_sentence)
    assert not list((data_dir / "zips").glob("*"))


def test_after_a_day_it_is_gone_with_its_file(
    images: list[Image], alice: User, data_dir: Path
) -> None:
    made = zip.begin(alice, Image.objects.of(alice))
    zip.run()
    (data_dir / "zips" / "nobodys.part").write_bytes(b"left behind")
    sweep.run()
    assert [path.name for path in (data_dir / "zips").iterdir()] == [f"{made.stem}.zip"]
    Zip.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not Zip.objects.ready().exists()
    sweep.run()
    assert not list((data_dir / "zips").iterdir())
    assert Zip.objects.get().status == ZipStatus.GONE
    Zip.objects.update(created_at=timezone.now() - timedelta(days=30))
    sweep.run()
    assert not Zip.objects.exists()


def test_one_given_up_while_it_is_made_is_not_made(
    images: list[Image], alice: User, data_dir: Path, settings: Any
) -> None:
    settings.ZIP_SLICE_SECONDS = 0
    made = zip.begin(alice, Image.objects.of(alice))
    zip.work(made.pk)
    assert len(list((data_dir / "zips").iterdir())) == 3
    claim = Zip.objects.claim(made.pk)
    assert claim
    assert Zip.objects.claim(made.pk) is None, "another is at it"
    zip.drop(made)
    assert not Zip.objects.finish(made.pk, claim, 0, 1)
    zip.work(made.pk)
    assert not list((data_dir / "zips").iterdir())


# Packs until it is killed: its own database connection, its own process.
KILLED = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = os.environ["TEST_NAME"]
django.setup()
from pathlib import Path
settings.DATA_DIR = Path(sys.argv[1])
settings.ZIP_SLICE_SECONDS = 0.02
from gallery.jobs import zip
zip.run()
"""


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_is_gone_on_with(
    images: list[Image], alice: User, data_dir: Path, settings: Any
) -> None:
    (data_dir / images[0].file).write_bytes(b"")
    os.truncate(data_dir / images[0].file, 20 * 1024**2)
    made = Zip.objects.begin(alice, [images[0].pk, images[1].pk] * 30, 10, "en")
    env = {**os.environ, "TEST_NAME": str(settings.DATABASES["default"]["NAME"])}
    worker = subprocess.Popen([sys.executable, "-c", KILLED, str(data_dir)], env=env)
    deadline = time.monotonic() + 60
    while made.done < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
        made.refresh_from_db()
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    made.refresh_from_db()
    assert 4 <= made.done < 60, "killed in the middle"
    if made.claim is not None:
        assert Zip.objects.claim(made.pk) is None, "until the dead one's claim runs out"
    Zip.objects.update(claimed_until=None)
    done = made.done
    zip.work(made.pk)
    made.refresh_from_db()
    assert made.done > done
    while pump.has_work("zip"):
        zip.Packer().tick()
    made.refresh_from_db()
    assert (made.status, made.done, made.missing) == (ZipStatus.READY, 60, 0)
    with opened(made, data_dir) as read:
        assert len(read.infolist()) == 122
        assert len(json.loads(read.read("manifest.json"))["pictures"]) == 60


MEASURED = (
    KILLED
    + """
import resource
from gallery.models import User, Zip

def peak(chosen):
    Zip.objects.begin(User.objects.get(username="alice"), chosen, 10, "en")
    while zip.pump.has_work("zip"):
        zip.run()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

settings.ZIP_SLICE_SECONDS = 1
large, small = int(sys.argv[2]), int(sys.argv[3])
print(peak([small] * 4), peak([large] * 5 + [small] * 1000))
"""
)


@pytest.mark.django_db(transaction=True)
def test_memory_does_not_grow_with_what_is_packed(
    images: list[Image], alice: User, data_dir: Path, settings: Any
) -> None:
    """A quarter of a gigabyte in sparse originals, and a thousand small ones, in 24 MB at most."""
    os.truncate(data_dir / images[0].file, 50 * 1024**2)
    env = {**os.environ, "TEST_NAME": str(settings.DATABASES["default"]["NAME"])}
    pks = [str(image.pk) for image in images[:2]]
    program = [sys.executable, "-c", MEASURED, str(data_dir), *pks]
    done = subprocess.run(program, env=env, capture_output=True, text=True, check=True)
    small, large = map(int, done.stdout.split())
    assert Zip.objects.filter(status=ZipStatus.READY, missing=0).count() == 2
    assert large - small < 24 * 1024, f"{small} and {large} kB"
