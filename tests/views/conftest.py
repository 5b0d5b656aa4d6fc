"""Browsers of the three people, and finished pictures."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from PIL import Image as Pillow

from gallery.models import Image, StoredFile, Task, TaskStatus, User
from tests.conftest import Submit

MakeImage = Callable[..., Image]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """No manifest: nothing is collected for the tests."""
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}


@pytest.fixture
def by_alice(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def by_bob(bob: User) -> Client:
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def by_admin(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def picture() -> bytes:
    buffer = BytesIO()
    Pillow.new("RGB", (96, 64), "#705030").save(buffer, "WEBP")
    return buffer.getvalue()


def accept(task: Task) -> None:
    """As if the provider had taken the task just now."""
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.accept(task.pk, claim, uuid.uuid4().hex[:24])


def doubt(task: Task, *, over: bool = True) -> None:
    """Sent, without a usable answer; `over` when its claim has run out."""
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.doubt(task.pk, claim, "timeout", "")
    if over:
        Task.objects.filter(pk=task.pk).update(claimed_until=None)


def refuse(task: Task, detail: str = "") -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.refuse(task.pk, claim, "content-refused", detail)


def state(task: Task) -> TaskStatus:
    return TaskStatus(Task.objects.get(pk=task.pk).status)


@pytest.fixture
def finish(picture: bytes) -> Callable[[Task], Image]:
    """Let a queued task come to its picture, by the models' own verbs."""
    numbers = itertools.count()

    def _finish(task: Task) -> Image:
        accept(task)
        Task.objects.ready(task.pk, "https://pictures.example/one.webp", None)
        claim = Task.objects.claim_save(task.pk)
        assert claim
        name = f"originals/2026/11/task-{task.pk}-{next(numbers)}.webp"
        path = django_settings.DATA_DIR / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
        sha256 = hashlib.sha256(picture).hexdigest()
        file = StoredFile(name, sha256, len(picture), "image/webp", 96, 64, "#705030")
        assert Task.objects.keep(task.pk, claim, file)
        return Image.objects.get(task=task)

    return _finish


@pytest.fixture
def make_image(submit: Submit, finish: Callable[[Task], Image]) -> MakeImage:
    """A finished picture of somebody's."""

    def _make(owner: User, text: str = "a cat on a red roof") -> Image:
        return finish(submit(owner, text).tasks.get())

    return _make
