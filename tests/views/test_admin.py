"""The admin shows everything and lets nobody break what the verbs keep right."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin as django_admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Budget, Charge, Event, ImageModel, Studio, Task, TaskStatus, User
from tests.conftest import Submit

from .conftest import MakeImage, doubt, state

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
    page = by_admin.get(f"/admin/gallery/{name}/")
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


def test_the_purse_reaches_this_months_budget(by_admin: Client, task: Task) -> None:
    Studio.objects.current()
    form = {"purse_kopecks": "70000", "undo_send_seconds": "5"}
    answer = by_admin.post("/admin/gallery/studio/1/change/", form)
    assert answer.status_code == 302
    studio = Studio.objects.current()
    assert (studio.purse_kopecks, studio.undo_send_seconds) == (70000, 5)
    assert set(Budget.objects.filter(user=None).values_list("limit_kopecks", flat=True)) == {70000}


def action(client: Client, model: str, name: str, pk: int) -> Any:
    form = {"action": name, "_selected_action": str(pk)}
    return client.post(f"/admin/gallery/{model}/", form)


def test_pause_and_resume(by_admin: Client, admin: User) -> None:
    Studio.objects.current()
    action(by_admin, "studio", "pause_spending", 1)
    assert Studio.objects.current().paused_by == admin
    action(by_admin, "studio", "resume_spending", 1)
    assert not Studio.objects.current().is_paused


def test_a_limit_reaches_this_months_budget(by_admin: Client, alice: User, task: Task) -> None:
    form = {"username": "alice", "monthly_limit_kopecks": "5000", "email": ""}
    answer = by_admin.post(f"/admin/gallery/user/{alice.pk}/change/", form)
    assert answer.status_code == 302
    own = Budget.objects.filter(user=alice)
    assert set(own.values_list("limit_kopecks", flat=True)) == {5000}
    alice.refresh_from_db()
    assert alice.is_active


def test_deactivating_cancels_what_is_queued(
    by_admin: Client, admin: User, alice: User, task: Task
) -> None:
    action(by_admin, "user", "deactivate", alice.pk)
    alice.refresh_from_db()
    assert not alice.is_active
    assert state(task) == TaskStatus.CANCELED
    action(by_admin, "user", "activate", alice.pk)
    action(by_admin, "user", "deactivate", admin.pk)
    assert set(User.objects.values_list("is_active", flat=True)) == {True}


def test_nobody_is_deleted(by_admin: Client, alice: User) -> None:
    path = f"/admin/gallery/user/{alice.pk}/delete/"
    assert by_admin.post(path, {"post": "yes"}).status_code == 403


def test_a_model_is_switched_by_its_verbs(by_admin: Client, image_model: ImageModel) -> None:
    action(by_admin, "imagemodel", "switch_off", image_model.pk)
    image_model.refresh_from_db()
    assert (image_model.is_enabled, image_model.off_reason) == (False, "not-chosen")
    action(by_admin, "imagemodel", "switch_on", image_model.pk)
    image_model.refresh_from_db()
    assert (image_model.is_enabled, image_model.off_reason) == (True, "")


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


def test_a_model_keeps_its_remote_id(by_admin: Client, image_model: ImageModel) -> None:
    """What is queued was agreed to for this id's price, and history names what made it."""
    page = f"/admin/gallery/imagemodel/{image_model.pk}/change/"
    form = {"remote_id": "gpt-image-1-high", "label": "Low", "price_kopecks": 500}
    form |= {"ratios": '["1:1"]', "max_references": 4, "position": 1}
    assert by_admin.post(page, form).status_code == 302
    image_model.refresh_from_db()
    assert (image_model.remote_id, image_model.price_kopecks) == ("gpt-image-1-low", 500)


def test_staff_cannot_raise_their_own_rights(client: Client, bob: User, task: Task) -> None:
    bob.is_staff = True
    bob.save(update_fields=["is_staff"])
    bob.user_permissions.set(Permission.objects.filter(codename__endswith="_user"))
    client.force_login(bob)
    page = client.get(f"/admin/gallery/user/{bob.pk}/change/").text
    assert 'name="username"' in page
    assert 'name="is_superuser"' not in page
    form = {"username": "bob", "is_superuser": "on", "is_staff": "on"}
    client.post(f"/admin/gallery/user/{bob.pk}/change/", form)
    assert not User.objects.get(pk=bob.pk).is_superuser


def test_content_refusals_are_counted_for_each_user(
    client: Client, admin: User, task: Task
) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    Task.objects.refuse(task.pk, claim, "content-refused", "no")
    client.force_login(admin)
    page = client.get(f"/admin/gallery/user/{task.owner_id}/change/").text
    assert re.search(r'field-content_refusals.*?<div class="readonly">1</div>', page, re.DOTALL)


@pytest.mark.parametrize("path", ["/admin/", "/admin/gallery/task/"])
def test_every_admin_page_says_that_it_is_a_demo(client: Client, admin: User, path: str) -> None:
    client.force_login(admin)
    assert "not by GPTunnel" in client.get(path).text
