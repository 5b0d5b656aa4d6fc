"""Another password, by somebody who knows the one there is; and the end of other sessions."""

from __future__ import annotations

from typing import Any

from django.test import Client

from gallery.models import User

TYPED = {
    "current": "wonderland-1865",
    "password": "through-the-mirror-9",
    "repeated": "through-the-mirror-9",
}


def elsewhere(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_change_ends_the_other_sessions_and_keeps_this_one(alice: User, by_alice: Client) -> None:
    other = elsewhere(alice)
    assert by_alice.post("/profile/password/", TYPED)["Location"] == "/profile/?done=password"
    assert by_alice.get("/profile/?done=password").status_code == 200
    assert other.get("/").status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(TYPED["password"])


def test_the_present_password_is_asked_for(alice: User, by_alice: Client) -> None:
    answer = by_alice.post("/profile/password/", {**TYPED, "current": "guess"})
    assert answer.status_code == 422
    assert "This is not your password." in answer.text
    alice.refresh_from_db()
    assert alice.check_password("wonderland-1865")


def test_a_weak_or_mistyped_one_is_refused(by_alice: Client) -> None:
    for typed in ({"password": "12345678"}, {"repeated": "another"}, {"password": ""}):
        assert by_alice.post("/profile/password/", {**TYPED, **typed}).status_code == 422


def test_guesses_are_counted(by_alice: Client, alice: User, settings: Any) -> None:
    """Whoever sits down at an open session does not find out its password."""
    settings.AXES_FAILURE_LIMIT = 3
    for _try in range(3):
        by_alice.post("/profile/password/", {**TYPED, "current": "guess"})
    answer = by_alice.post("/profile/password/", TYPED)
    assert answer.status_code == 429
    assert "Too many attempts" in answer.text
    # Nor by what a refused guess leaves unsaid.
    assert "not your password" not in by_alice.post("/profile/password/", {"current": "x"}).text
    alice.refresh_from_db()
    assert alice.check_password("wonderland-1865")


def test_the_panel_has_no_second_way_without_a_count(admin: User, by_admin: Client) -> None:
    admin.set_password("wonderland-1865")
    admin.save(update_fields=["password"])
    by_admin.force_login(admin)
    new = TYPED["password"]
    form = {"old_password": "wonderland-1865", "new_password1": new, "new_password2": new}
    for path in ("/admin/password_change/", "/admin/password_change/done/"):
        for answer in (by_admin.get(path), by_admin.post(path, form)):
            assert answer["Location"] == "/profile/"
    admin.refresh_from_db()
    assert admin.check_password("wonderland-1865")


def test_ending_sessions_keeps_this_one(alice: User, bob: User, by_alice: Client) -> None:
    other, by_bob = elsewhere(alice), elsewhere(bob)
    assert by_alice.post("/profile/sessions/")["Location"] == "/profile/?done=sessions"
    assert by_alice.get("/").status_code == 200
    assert other.get("/").status_code == 302
    assert by_bob.get("/").status_code == 200


def test_a_deactivated_users_sessions_end_for_good(
    alice: User, admin: User, by_alice: Client
) -> None:
    User.objects.deactivate(alice, by=admin)
    assert by_alice.get("/").status_code == 302
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert by_alice.get("/").status_code == 302
