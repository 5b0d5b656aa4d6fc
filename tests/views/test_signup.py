"""Sign-up: while it is open, and not too often from one address."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from gallery.forms import SignupForm
from gallery.models import Studio, User

TYPED = {"username": "dora", "password": "explorer-of-maps-3", "repeated": "explorer-of-maps-3"}


@pytest.fixture
def signup_open(db: None) -> None:
    Studio.objects.current()
    Studio.objects.filter(pk=1).update(signup_open=True)


def test_it_is_not_there_while_closed(db: None, client: Client) -> None:
    assert client.get("/signup/").status_code == 404
    assert client.post("/signup/", TYPED).status_code == 404
    assert "/signup/" not in client.get("/login/").text
    assert not User.objects.exists()


def test_it_makes_a_member_and_logs_in(signup_open: None, client: Client) -> None:
    assert "/signup/" in client.get("/login/").text
    assert client.get("/signup/").status_code == 200
    answer = client.post("/signup/", {**TYPED, "email": "dora@maps.example", "is_staff": "on"})
    assert answer["Location"] == "/"
    dora = User.objects.get()
    assert (dora.username, dora.email) == ("dora", "dora@maps.example")
    assert not dora.is_staff
    assert not dora.is_superuser
    assert client.get("/").status_code == 200
    assert client.get("/signup/")["Location"] == "/"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"username": "alice"}, "This name is taken."),
        ({"username": "ALICE"}, "This name is taken."),
        ({"username": "a b"}, "valid username"),
        ({"password": "12345678", "repeated": "12345678"}, "entirely numeric"),
        ({"repeated": "another"}, "The two passwords differ."),
        ({"email": "no-address"}, "valid email"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    typed: dict[str, str], words: str, signup_open: None, alice: User, client: Client
) -> None:
    answer = client.post("/signup/", {**TYPED, "email": "d@maps.example", **typed})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{typed.get("username", "dora")}"' in answer.text
    assert f'value="{typed.get("email", "d@maps.example")}"' in answer.text
    assert TYPED["password"] not in answer.text
    assert User.objects.count() == 1


def test_a_name_taken_a_moment_ago(db: None) -> None:
    """Between the check and the row somebody else was faster."""
    form = SignupForm(TYPED)
    assert form.is_valid()
    User.objects.create_user("dora")
    assert form.create() is None
    assert form.errors["username"] == ["This name is taken."]


def test_an_address_signs_up_so_often(signup_open: None, client: Client, settings: Any) -> None:
    settings.SIGNUP_LIMIT = 2
    for number in range(2):
        Client().post("/signup/", {**TYPED, "username": f"name-{number}"})
    answer = client.post("/signup/", TYPED)
    assert answer.status_code == 429
    assert "Try again in 15 minutes." in answer.text
    assert 'value="dora"' in answer.text
    assert TYPED["password"] not in answer.text
    taken = client.post("/signup/", {**TYPED, "username": "name-0"})
    assert "taken" not in taken.text
    assert User.objects.count() == 2
    assert client.post("/signup/", TYPED, REMOTE_ADDR="203.0.113.9").status_code == 302


def test_signing_up_does_not_count_as_a_failed_login(
    signup_open: None, alice: User, settings: Any
) -> None:
    settings.SIGNUP_LIMIT = settings.ADDRESS_FAILURE_LIMIT = 2
    for _try in range(3):
        Client().post("/signup/", {})
        Client().post("/signup/", TYPED)
    form = {"username": "alice", "password": "wonderland-1865"}
    assert Client().post("/login/", form).status_code == 302
