from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from gallery.jobs import purge
from gallery.models import Image, Prompt, Task, User
from tests.views.conftest import MakeImage, doubt


@pytest.fixture
def image(alice: User, make_image: MakeImage) -> Image:
    return make_image(alice)


def test_it_tells_the_whole_story(by_alice: Client, image: Image, alice: User) -> None:
    task = image.task
    assert task
    page = by_alice.get(f"/tasks/{task.pk}/receipt/").text
    facts = [
        *("Estimated", "4\u00a0₽", "held", "settled", "Accepted as", str(task.remote_id), "1 time"),
        *(image.sha256, f"{image.size} bytes", "alice", "GPT Image 1 · low", "1:1", "testserver"),
        *("a cat on a red roof", "96 × 64 px", "In all"),
    ]
    assert [fact for fact in facts if fact not in page] == []
    assert re.search(r">\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC<", page)
    assert f"/tasks/{task.pk}/receipt/" in by_alice.get(f"/tasks/{task.pk}/").text


def test_it_names_the_visitors_zone(by_alice: Client, image: Image, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Moscow")
    assert re.search(r"\d\d:\d\d:\d\d MSK<", by_alice.get(f"/tasks/{image.task_id}/receipt/").text)


def test_it_outlives_picture_and_words(by_alice: Client, image: Image, alice: User) -> None:
    assert image.task
    Prompt.objects.trash(image.task.batch.prompt_id)
    purge.empty(alice)
    page = by_alice.get(f"/tasks/{image.task_id}/receipt/").text
    assert image.sha256 in page
    assert "Deleted for good" in page
    assert "red roof" not in page


def test_who_released_it(by_alice: Client, task: Task, admin: User) -> None:
    doubt(task)
    Task.objects.clear(task.pk, "asked <b>them</b>", by=admin)
    page = by_alice.get(f"/tasks/{task.pk}/receipt/").text
    assert "released: asked &lt;b&gt;them&lt;/b&gt;" in page
    assert "carol" in page
    assert "SHA-256" not in page


def test_anothers(by_bob: Client, client: Client, image: Image) -> None:
    path = f"/tasks/{image.task_id}/receipt/"
    assert by_bob.get(path).status_code == 404
    assert client.get(path).status_code == 302
    assert by_bob.post(path).status_code == 405


def test_as_many_queries_for_a_long_story(
    by_alice: Client,
    image: Image,
    task: Task,
    admin: User,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    doubt(task)
    Task.objects.clear(task.pk, "", by=admin)
    for pk in (image.task_id, task.pk):
        with django_assert_max_num_queries(7):
            by_alice.get(f"/tasks/{pk}/receipt/")
