"""A made library keeps every promise that a paid one does, and is never made by mistake."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from gallery.models import Image, Prompt, Task, User
from tests.conftest import Submit
from tests.invariants import check_money

pytestmark = pytest.mark.django_db


def make(images: int, **options: Any) -> str:
    told = StringIO()
    call_command("make_library", images=images, stdout=told, **options)
    return told.getvalue()


def test_a_library_is_added_to_what_one_has(alice: User, submit: Submit, settings: Any) -> None:
    static = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": static}}
    submit(alice, "mine before", count=2)
    make(40, user="alice", sample=2)
    check_money()
    pictures = Image.objects.of(alice).order_by("pk")
    assert pictures.count() == 40
    assert all(picture.prompt == picture.task.batch.prompt for picture in pictures if picture.task)
    dates = [picture.created_at for picture in pictures]
    assert (dates[-1] - dates[0]).days > 500
    assert all(Prompt.objects.of(alice).values_list("search_text", flat=True))
    submit(alice, "mine after")
    assert Task.objects.count() == 43
    client = Client()
    client.force_login(alice)
    newest, oldest = pictures.reverse()[0], pictures[0]
    drawn = client.get(f"/images/{newest.pk}/thumbs/384/")
    assert b"WEBP" in drawn.getvalue()
    assert client.get(f"/images/{oldest.pk}/thumbs/384/").status_code == 404


def test_its_user_is_made_and_told_how_to_come_in() -> None:
    assert "/password/" in make(3, sample=0)
    assert Image.objects.of(User.objects.get(username="librarian")).count() == 3
    assert "/password/" not in make(3, sample=0)


def test_it_is_refused_where_pictures_are_paid_for(settings: Any) -> None:
    settings.IS_DEMO = False
    with pytest.raises(CommandError, match="not the demo"):
        make(3)
    with pytest.raises(CommandError, match="from 1 to"):
        make(0, force=True)
    assert not User.objects.exists()
