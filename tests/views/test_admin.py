"""The admin shows everything and lets nobody break what the verbs keep right."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin as django_admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Charge, Event, Task, User
from tests.conftest import Submit

from .conftest import MakeImage, doubt

NAMES = [model._meta.model_name for model in apps.get_app_config("gallery").get_models()]
FINAL = ["prompt", "reference", "batch", "task", "image", "event", "charge", "budget", "lease"]


def test_every_model_is_registered() -> None:
    registered = {model._meta.label_lower for model in django_admin.site._registry}
    assert {f"gallery.{name}" for name in NAMES} <= registered
    assert {name for name in registered if name.startswith("django_q")} == {"django_q.schedule"}


@pytest.mark.parametrize("name", NAMES)
def test_lists_open(
    by_admin: Client, admin: User, make_image: MakeImage, submit: Submit, name: str
) -> None:
    make_image(admin)
    doubt(submit(admin, references=("https://a.example/1.png",)).tasks.get())
    page = by_admin.get(f"/admin/gallery/{name}/", follow=True)
    assert page.status_code == 200
    assert "<style" not in page.text
    searched = by_admin.get(f"/admin/gallery/{name}/?q=1")
    assert searched.status_code in {200, 302}


@pytest.mark.parametrize("name", FINAL)
def test_what_the_verbs_write_cannot_be_changed(
    by_admin: Client, admin: User, make_image: MakeImage, submit: Submit, name: str
) -> None:
    make_image(admin)
    submit(admin, references=("https://a.example/1.png",))
    model = apps.get_model("gallery", name)
    row = model._default_manager.first()
    assert by_admin.get(f"/admin/gallery/{name}/add/").status_code == 403
    if row is None:
        return
    path = f"/admin/gallery/{name}/{row.pk}"
    assert by_admin.get(f"{path}/change/").status_code == 200
    assert by_admin.post(f"{path}/change/", {"status": "done"}).status_code == 403
    assert by_admin.post(f"{path}/delete/", {"post": "yes"}).status_code == 403


def test_schedules_are_only_shown(by_admin: Client) -> None:
    assert by_admin.get("/admin/django_q/schedule/").status_code == 200
    assert by_admin.get("/admin/django_q/schedule/add/").status_code == 403
    for name in ("success", "failure", "ormq"):
        assert by_admin.get(f"/admin/django_q/{name}/").status_code == 404


def test_members_stay_out(by_alice: Client, client: Client) -> None:
    assert by_alice.get("/admin/").status_code == 302
    assert client.get("/admin/gallery/task/").status_code == 302


@pytest.mark.parametrize("name", ["task", "charge", "event", "batch", "prompt", "image", "user"])
def test_lists_take_as_many_queries_for_many_rows_as_for_few(
    by_admin: Client, alice: User, admin: User, make_image: MakeImage, submit: Submit, name: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            by_admin.get(f"/admin/gallery/{name}/")
        return len(captured)

    make_image(alice)
    few = queries()
    for owner in (alice, admin):
        submit(owner, count=8)
        make_image(owner)
    assert queries() == few
    assert Charge.objects.count() > 10


def test_a_task_takes_as_many_queries_for_a_long_story_as_for_a_short_one(
    by_admin: Client, admin: User, task: Task
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            by_admin.get(f"/admin/gallery/task/{task.pk}/change/")
        return len(captured)

    queries()  # content types are remembered from the first page on
    short = queries()
    for _ in range(5):
        Event.objects.record(task.pk, "identified", actor=admin)
    assert queries() == short


@pytest.mark.parametrize("path", ["/admin/", "/admin/gallery/task/"])
def test_every_admin_page_says_that_it_is_a_demo(client: Client, admin: User, path: str) -> None:
    client.force_login(admin)
    assert "not by GPTunnel" in client.get(path).text


@pytest.mark.parametrize(
    "query",
    [
        "gallery/task/?id__in=" + "9" * 30,
        "gallery/task/?owner__in=" + "9" * 30,
        "gallery/user/?q=" + "word+" * 3000,
        "gallery/prompt/?q=" + "+".join(f"word{number}" for number in range(3000)),
        "gallery/imagemodel/?q=" + "word+" * 3000,
    ],
    ids=lambda query: query[:24],
)
def test_a_question_without_bounds_is_no_error(by_admin: Client, query: str) -> None:
    answer = by_admin.get(f"/admin/{query}", follow=True)
    assert answer.status_code == 200


def test_nobody_searches_by_patterns(by_admin: Client) -> None:
    """A pattern can be made to take for ever, in a process that everybody waits for."""
    for kind in ("regex", "iregex"):
        query = {f"search_text__{kind}": "(a+)+$"}
        assert by_admin.get("/admin/gallery/prompt/", query).status_code == 400


@pytest.mark.parametrize("words", ["семён", "СЕМЕН", "ЕЖОВ сем", "Ya@ПОЧТА"])
def test_people_are_found_in_every_alphabet(by_admin: Client, alice: User, words: str) -> None:
    User.objects.create_user("Семён", "ya@почта.рф", first_name="Ежов")
    page = by_admin.get("/admin/gallery/user/", {"q": words}).text
    assert ">Семён<" in page
    assert ">alice<" not in page


def test_what_is_theirs_is_found_by_their_name(by_admin: Client, submit: Submit) -> None:
    submit(User.objects.create_user("Семён"))
    for kind in ("task", "prompt", "batch", "charge", "budget"):
        page = by_admin.get(f"/admin/gallery/{kind}/", {"q": "семен"}).text
        assert ">Семён<" in page, kind


@pytest.mark.parametrize("name", ["charge", "event", "task", "reference"])
def test_a_long_list_begins_with_the_newest(
    by_admin: Client, alice: User, submit: Submit, name: str
) -> None:
    links = ("https://a.example/1.png", "https://a.example/2.png")
    submit(alice, count=3, references=links)
    answer = by_admin.get(f"/admin/gallery/{name}/")
    keys = [row.pk for row in answer.context["cl"].result_list]
    assert len(keys) >= 2
    assert keys == sorted(keys, reverse=True)
