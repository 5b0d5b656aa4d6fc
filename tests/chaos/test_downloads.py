"""Each way in which a download may be answered, once: a whole picture or none; then it comes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from gallery.models import Image, Task, TaskStatus
from tests.chaos.conftest import Scene
from tests.chaos.hostile.behaviours import Behaviour
from tests.chaos.hostile.downloads import DOWNLOADS, Download

S = TaskStatus


@pytest.fixture
def saving(scene: Scene, own_task: Task) -> Task:
    """A task whose picture is ready at its link."""
    task = scene.ask(scene.send(own_task))
    assert task.status == S.SAVING
    return task


def quarantine(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "quarantine").glob("*") if path.is_file()]


@pytest.mark.parametrize(
    "behaviour", [pytest.param(each, id=name) for name, each in DOWNLOADS.behaviours.items()]
)
def test_each_download(
    scene: Scene, saving: Task, settings: Any, data_dir: Path, behaviour: Behaviour[Download]
) -> None:
    # What does not end by itself is given a second; 64 MB may take their time.
    settings.DOWNLOAD_SECONDS = 1.0 if behaviour.slow else 30.0
    expects = behaviour.expects
    scene.provider.rule("download", behaviour.name, match=saving.batch.prompt.text)
    fetched = scene.fetch(saving)
    assert fetched.status == behaviour.outcome, (fetched.reason, fetched.detail)
    if behaviour.outcome == S.DONE:
        [sha256] = scene.provider.served()[saving.remote_id or ""]
        image = Image.objects.get(task=saving)
        assert image.sha256 == sha256
        assert hashlib.sha256((data_dir / image.file).read_bytes()).hexdigest() == sha256
        assert not quarantine(data_dir)
    else:
        assert fetched.reason == expects["reason"]
        assert not Image.objects.exists()
        kept = quarantine(data_dir)
        assert len(kept) == expects["apart"]
        assert all(path.name.startswith(f"task-{saving.pk}.") for path in kept)
        scene.check()
        scene.finish(fetched)
    scene.check()


@pytest.mark.parametrize("behaviour", ["gone", "html", "resets-half-way"])
def test_for_a_while(scene: Scene, saving: Task, behaviour: str) -> None:
    """However often: the link is asked for anew, and the picture comes."""
    scene.provider.rule("download", behaviour, match=saving.batch.prompt.text, times=4)
    task = saving
    for _ in range(4):
        task = scene.fetch(task)
        assert task.status == S.RENDERING
        task = scene.ask(task)
        assert task.status == S.SAVING
    scene.finish(task)
    scene.check()


def test_there_is_enough_of_everything() -> None:
    assert len(DOWNLOADS.behaviours) >= 100
    assert {each.outcome for each in DOWNLOADS.behaviours.values()} == {S.DONE, S.RENDERING}
