"""People in the panel: invited by a link, limited, deactivated; nobody gains rights by it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from gallery.models import Budget, Studio, Task, TaskStatus, User
from gallery.templatetags.artel import rub
from tests.conftest import Submit

from .conftest import MakeImage, refuse, state

LINK = re.compile(r"http://testserver(/password/[^<\s]+)")


def deed(client: Client, user: User, name: str, **typed: Any) -> Any:
    return client.post(f"/admin/gallery/user/{user.pk}/do/{name}/", typed)


def action(client: Client, name: str, *users: User) -> Any:
    form = {"action": name, "_selected_action": [str(user.pk) for user in users]}
    return client.post("/admin/gallery/user/", form)


@pytest.fixture
def staff(db: None) -> User:
    """Somebody who may edit users, and is no superuser."""
    user = User.objects.create_user("stan", password="staff-of-office-3", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__endswith="_user"))
    return user


@pytest.fixture
def by_staff(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def test_somebody_new_gets_a_link_and_no_password(by_admin: Client, client: Client) -> None:
    form = {"username": "dora", "email": "dora@example.com", "monthly_limit_kopecks": "1 200,50"}
    page = by_admin.post("/admin/gallery/user/add/", form)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    dora = User.objects.get(username="dora")
    assert (dora.monthly_limit_kopecks, dora.is_staff) == (120_050, False)
    assert not dora.has_usable_password()
    link = LINK.search(page.text)
    assert link
    there = client.get(link[1], follow=True)
    assert there.status_code == 200
    assert 'type="password"' in there.text
    told = "".join(LogEntry.objects.values_list("change_message", flat=True))
    assert link[1].split("/")[3] not in told
    assert not by_admin.cookies.get("messages")


def test_a_refused_invitation_keeps_what_was_typed(by_admin: Client, alice: User) -> None:
    page = by_admin.post("/admin/gallery/user/add/", {"username": "alice", "email": "a@b.example"})
    assert "name is taken" in page.text
    assert "a@b.example" in page.text
    assert User.objects.filter(username="alice").count() == 1


def test_two_names_are_two_to_the_eye(by_admin: Client, client: Client) -> None:
    User.objects.create_user("Анна")
    Studio.objects.current()
    Studio.objects.update(signup_open=True)
    typed = {"password": "wonderland-1865", "repeated": "wonderland-1865"}
    for name in ("анна", "АННА", "Анна"):
        assert "taken" in by_admin.post("/admin/gallery/user/add/", {"username": name}).text
        assert "taken" in client.post("/signup/", {"username": name, **typed}).text
    assert User.objects.filter(username__in=["анна", "АННА", "Анна"]).count() == 1


def test_a_new_link_voids_the_old_one_and_ends_sessions(
    by_admin: Client, by_alice: Client, alice: User, client: Client
) -> None:
    assert by_admin.get(f"/admin/gallery/user/{alice.pk}/do/link/").status_code == 200
    old = LINK.search(deed(by_admin, alice, "link").text)
    new = LINK.search(deed(by_admin, alice, "link").text)
    assert old and new
    assert client.get(old[1], follow=True).status_code == 404
    assert client.get(new[1], follow=True).status_code == 200
    assert by_alice.get("/").status_code == 302


def test_sessions_are_ended(by_admin: Client, by_alice: Client, alice: User) -> None:
    assert by_alice.get("/").status_code == 200
    deed(by_admin, alice, "end-sessions")
    assert by_alice.get("/").status_code == 302


def test_a_limit_reaches_this_months_budget(by_admin: Client, alice: User, task: Task) -> None:
    path = f"/admin/gallery/user/{alice.pk}/change/"
    form = {"username": "alice", "monthly_limit_kopecks": "50", "email": ""}
    assert by_admin.post(path, form).status_code == 302
    own = Budget.objects.filter(user=alice)
    assert set(own.values_list("limit_kopecks", flat=True)) == {5000}
    assert 'value="50"' in by_admin.get(path).text
    assert by_admin.post(path, form | {"monthly_limit_kopecks": ""}).status_code == 302
    assert set(own.values_list("limit_kopecks", flat=True)) == {None}
    log = by_admin.get("/admin/admin/logentry/").text
    assert "Monthly limit, roubles: – → 50<" in log
    assert "Monthly limit, roubles: 50 → –<" in log
    alice.refresh_from_db()
    assert alice.is_active


@pytest.mark.parametrize("typed", ["-1", "1.234", "much", "1e9999", "NaN", "99999999999"])
def test_a_limit_that_is_no_sum_is_refused(by_admin: Client, alice: User, typed: str) -> None:
    form = {"username": "alice", "monthly_limit_kopecks": typed}
    page = by_admin.post(f"/admin/gallery/user/{alice.pk}/change/", form)
    assert page.status_code == 200
    assert "errorlist" in page.text
    alice.refresh_from_db()
    assert alice.monthly_limit_kopecks is None


def test_deactivating_cancels_what_is_queued(
    by_admin: Client, admin: User, alice: User, task: Task
) -> None:
    deed(by_admin, alice, "deactivate")
    alice.refresh_from_db()
    assert not alice.is_active
    assert state(task) == TaskStatus.CANCELED
    deed(by_admin, alice, "activate")
    alice.refresh_from_db()
    assert alice.is_active
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == [
        '[{"deed": "deactivate", "note": ""}]',
        '[{"deed": "activate", "note": ""}]',
    ]


def test_nobody_deactivates_themselves(by_admin: Client, admin: User) -> None:
    refused = deed(by_admin, admin, "deactivate")
    assert refused.status_code == 422
    assert "cannot deactivate yourself" in refused.text
    action(by_admin, "deactivate", admin)
    assert User.objects.get(pk=admin.pk).is_active


def test_what_was_done_already_is_said(by_admin: Client, alice: User) -> None:
    answer = by_admin.post(f"/admin/gallery/user/{alice.pk}/do/activate/", follow=True)
    assert "its state has changed" in answer.text
    assert not LogEntry.objects.exists()


def test_many_at_once(by_admin: Client, alice: User, bob: User) -> None:
    action(by_admin, "deactivate", alice, bob)
    assert User.objects.filter(is_active=False).count() == 2
    action(by_admin, "activate", alice, bob)
    assert User.objects.filter(is_active=False).count() == 0
    action(by_admin, "end_sessions", alice)
    assert LogEntry.objects.count() == 5


def test_nobody_is_deleted(by_admin: Client, alice: User) -> None:
    path = f"/admin/gallery/user/{alice.pk}/delete/"
    assert by_admin.post(path, {"post": "yes"}).status_code == 403
    action(by_admin, "delete_selected", alice)
    assert User.objects.filter(pk=alice.pk).exists()


def test_nobody_types_a_password_for_another(by_admin: Client, alice: User) -> None:
    assert by_admin.get(f"/admin/gallery/user/{alice.pk}/password/").status_code in {302, 404}
    form = {"username": "alice", "password": "forged-1", "password1": "x", "session_epoch": "9"}
    by_admin.post(f"/admin/gallery/user/{alice.pk}/change/", form)
    found = User.objects.get(pk=alice.pk)
    assert found.check_password("wonderland-1865")
    assert found.session_epoch == 0


def test_staff_cannot_raise_their_own_rights(by_staff: Client, staff: User) -> None:
    path = f"/admin/gallery/user/{staff.pk}/change/"
    page = by_staff.get(path).text
    assert 'name="username"' in page
    assert 'name="is_superuser"' not in page
    by_staff.post(path, {"username": "stan", "is_superuser": "on", "is_staff": "on"})
    assert not User.objects.get(pk=staff.pk).is_superuser


def test_staff_cannot_become_an_administrator_by_a_link(
    by_staff: Client, admin: User, alice: User
) -> None:
    for name in ("link", "deactivate", "end-sessions"):
        assert deed(by_staff, admin, name).status_code == 403
    answer = by_staff.post(
        f"/admin/gallery/user/{admin.pk}/change/", {"username": "carol", "email": "stan@b.example"}
    )
    assert answer.status_code == 403
    action(by_staff, "deactivate", admin)
    admin.refresh_from_db()
    assert (admin.is_active, admin.email, admin.session_epoch) == (True, "", 0)
    assert LINK.search(deed(by_staff, alice, "link").text)


def test_staff_cannot_raise_their_own_limit(by_staff: Client, staff: User, alice: User) -> None:
    for user in (staff, alice):
        User.objects.set_limit(user, 100)
        form = {"username": user.username, "monthly_limit_kopecks": "999"}
        assert by_staff.post(f"/admin/gallery/user/{user.pk}/change/", form).status_code == 302
        user.refresh_from_db()
    assert (staff.monthly_limit_kopecks, alice.monthly_limit_kopecks) == (100, 99_900)


def test_staff_cannot_raise_their_own_rights_by_a_group(
    by_staff: Client, staff: User, by_admin: Client
) -> None:
    staff.user_permissions.set(Permission.objects.filter(codename__endswith="_group"))
    group = Group.objects.create(name="office")
    staff.groups.add(group)
    right = Permission.objects.get(codename="change_studio")
    form = {"name": "office", "permissions": [right.pk]}
    path = f"/admin/auth/group/{group.pk}/change/"
    assert by_staff.get(path).status_code == 200
    assert by_staff.post(path, form).status_code == 403
    assert (
        by_staff.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    assert by_staff.get("/admin/auth/group/add/").status_code == 403
    assert not group.permissions.exists()
    assert by_admin.post(path, form).status_code == 302
    assert group.permissions.get() == right


def test_a_group_gives_only_rights_that_open_something(by_admin: Client) -> None:
    page = by_admin.get("/admin/auth/group/add/", headers={"Accept-Language": "ru"}).text
    assert "Задачи: видеть" in page
    assert "Пользователи: добавлять" in page
    assert "Can " not in page
    offered = set(re.findall(r'name="permissions" value="(\d+)"', page))
    names = set(Permission.objects.filter(pk__in=offered).values_list("codename", flat=True))
    assert {"view_charge", "change_task", "change_studio", "add_user", "view_group"} <= names
    assert not names & {"add_task", "delete_user", "change_charge", "change_group", "add_session"}


def test_changed_rights_stand_in_the_log_by_their_names(by_admin: Client) -> None:
    group = Group.objects.create(name="office")
    seen, gained = (
        Permission.objects.get(codename=name, content_type__app_label="gallery")
        for name in ("view_charge", "change_task")
    )
    group.permissions.set([seen])
    fields = {"name": "office", "permissions": [seen.pk, gained.pk]}
    answer = by_admin.post(f"/admin/auth/group/{group.pk}/change/", fields)
    assert answer.status_code == 302
    page = by_admin.get("/admin/admin/logentry/").text
    assert "Charges: see → Charges: see, Tasks:" in page


def test_a_group_is_deleted_by_a_page_of_the_house(by_admin: Client, alice: User) -> None:
    group = Group.objects.create(name="office")
    group.permissions.set(Permission.objects.filter(codename="view_charge"))
    alice.groups.add(group)
    path = f"/admin/auth/group/{group.pk}/delete/"
    assert "Whoever is in it stays" in by_admin.get(path).text
    assert Group.objects.exists()
    assert by_admin.post(path, {"post": "yes"}).status_code == 302
    assert not Group.objects.exists()
    assert User.objects.filter(pk=alice.pk).exists()


def test_nobody_is_told_to_untick_what_is_no_tick(by_admin: Client, alice: User) -> None:
    page = by_admin.get(f"/admin/gallery/user/{alice.pk}/change/").text
    assert "Unselect this" not in page
    assert "Deactivate and Activate, above, change this." in page


def test_the_last_administrator_keeps_their_rights(by_admin: Client, admin: User) -> None:
    by_admin.post(f"/admin/gallery/user/{admin.pk}/change/", {"username": "carol"})
    admin.refresh_from_db()
    assert (admin.is_superuser, admin.is_staff) == (True, True)


def test_content_refusals_are_counted_for_each_user(by_admin: Client, task: Task) -> None:
    refuse(task)
    page = by_admin.get(f"/admin/gallery/user/{task.owner_id}/change/").text
    assert re.search(r'field-content_refusals.*?<div class="readonly">1</div>', page, re.DOTALL)


def test_a_hold_is_told_to_administrators_who_lift_it(
    by_admin: Client, by_alice: Client, alice: User, submit: Submit
) -> None:
    path = f"/admin/gallery/user/{alice.pk}/change/"
    assert "Lift the hold" not in by_admin.get(path).text
    assert "Sending held" not in by_admin.get("/admin/").text
    assert "going on; 0 refusals counted in 24 hours" in by_admin.get(path).text
    for number in range(3):
        refuse(submit(alice, f"refused {number}").tasks.get())
    waiting = submit(alice, "innocent").tasks.get()
    assert Task.objects.claim_send(waiting.pk) is None
    front = by_admin.get("/admin/").text
    assert re.search(r"Sending held.*?alice.*?until \d", front, re.DOTALL)
    page = by_admin.get(path).text
    assert re.search(r"held until .*?: 3 refusals of content in 24 hours", page)
    assert "Lift the hold" in page
    assert by_admin.get(f"/admin/gallery/user/{alice.pk}/do/lift-hold/").status_code == 200
    assert by_alice.post(f"/admin/gallery/user/{alice.pk}/do/lift-hold/").status_code in {302, 403}
    assert Task.objects.claim_send(waiting.pk) is None
    assert deed(by_admin, alice, "lift-hold").status_code == 302
    assert Task.objects.claim_send(waiting.pk)
    assert LogEntry.objects.get().change_message == '[{"deed": "lift-hold", "note": ""}]'
    assert "Sending held" not in by_admin.get("/admin/").text
    deed(by_admin, alice, "lift-hold")
    assert LogEntry.objects.count() == 1, "there was none to lift"


def test_who_spent_what_leads_to_their_rows(
    by_admin: Client, alice: User, bob: User, admin: User, make_image: MakeImage
) -> None:
    make_image(alice)
    make_image(bob)
    page = by_admin.get(f"/admin/gallery/user/{alice.pk}/change/").text
    assert f"{rub(400)} spent, {rub(0)} held" in page
    for name in ("task/?owner", "charge/?user", "image/?owner", "prompt/?owner"):
        path = f"/admin/gallery/{name}={alice.pk}"
        assert f'href="{path}"' in page
        rows = by_admin.get(path).context["cl"].result_list
        assert len(rows) >= 1
        assert all(getattr(row, name.split("?")[1] + "_id") == alice.pk for row in rows)
    User.objects.filter(pk=admin.pk).update(is_superuser=False)
    admin.user_permissions.add(Permission.objects.get(codename="view_user"))
    page = by_admin.get(f"/admin/gallery/user/{alice.pk}/change/").text
    assert "alice" in page
    assert "spent," not in page


def test_nobody_of_the_staff_lifts_their_own_hold(by_bob: Client, bob: User) -> None:
    until = timezone.now() + timedelta(hours=3)
    User.objects.filter(pk=bob.pk).update(is_staff=True, held_until=until)
    rights = Permission.objects.filter(codename__in=["view_user", "change_user"])
    bob.user_permissions.set(rights)
    answer = deed(by_bob, bob, "lift-hold")
    assert answer.status_code == 422
    assert "Nobody lifts the hold of their own sending." in answer.text
    bob.refresh_from_db()
    assert bob.is_held
