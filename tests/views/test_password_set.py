"""One-time links: they set a password once, for whoever is active, and leave no trace."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import User, one_time_tokens

NEW = {"password": "through-the-mirror-9", "repeated": "through-the-mirror-9"}


def open_link(client: Client, user: User) -> str:
    """The address of the form that a fresh link leads to."""
    answer = client.get(User.objects.one_time_link(user))
    assert answer.status_code == 302
    return answer["Location"]


def test_a_link_sets_a_password_once_and_logs_in(alice: User, client: Client) -> None:
    link = User.objects.one_time_link(alice)
    form = client.get(link)["Location"]
    assert link.split("/")[-2] not in form
    page = client.get(form)
    assert page.status_code == 200
    assert 'value="alice"' in page.text
    assert client.post(form, NEW)["Location"] == "/"
    assert client.get("/").status_code == 200
    alice.refresh_from_db()
    assert alice.check_password(NEW["password"])
    for path in (link, form):
        assert client.get(path).status_code == 404
        assert client.post(path, NEW).status_code == 404


def test_a_new_user_without_a_password_comes_in(db: None, client: Client) -> None:
    dora = User.objects.create_user("dora")
    assert not dora.has_usable_password()
    assert client.post(open_link(client, dora), NEW).status_code == 302
    dora.refresh_from_db()
    assert dora.check_password(NEW["password"])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"password": "12345678", "repeated": "12345678"}, "numeric"),
        ({"password": NEW["password"], "repeated": "another-one-77"}, "two passwords differ"),
        ({"password": "alice1865", "repeated": "alice1865"}, "too similar"),
        ({}, "required"),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(
    typed: dict[str, str], words: str, alice: User, client: Client
) -> None:
    form = open_link(client, alice)
    answer = client.post(form, typed or {"password": ""})
    assert answer.status_code == 422
    assert words in answer.text
    alice.refresh_from_db()
    assert alice.check_password("wonderland-1865")
    assert client.post(form, NEW).status_code == 302


def test_a_newer_link_makes_the_older_void(alice: User, client: Client) -> None:
    older = User.objects.one_time_link(alice)
    newer = User.objects.one_time_link(alice)
    assert client.get(older).status_code == 404
    assert client.get(newer).status_code == 302


def test_a_link_ends_the_sessions(alice: User, by_alice: Client) -> None:
    assert by_alice.get("/").status_code == 200
    User.objects.one_time_link(alice)
    assert by_alice.get("/").status_code == 302


def test_a_deactivated_user_gets_nowhere(alice: User, admin: User, client: Client) -> None:
    form = open_link(client, alice)
    User.objects.deactivate(alice, by=admin)
    assert client.get(form).status_code == 404
    assert client.post(form, NEW).status_code == 404
    assert client.get(User.objects.one_time_link(alice)).status_code == 404


def test_an_account_closed_while_the_form_was_on_its_way(alice: User) -> None:
    User.objects.one_time_link(alice)
    token = one_time_tokens.make_token(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert User.objects.use_one_time_link(alice, token, NEW["password"]) is None


def test_a_token_is_used_once_even_by_two_at_a_time(alice: User) -> None:
    """Both have found the token good; the second is told otherwise under the lock."""
    token = one_time_tokens.make_token(alice)
    assert User.objects.use_one_time_link(alice, token, NEW["password"])
    assert User.objects.use_one_time_link(alice, token, "and-once-more-5") is None


def test_a_link_ends_after_three_days(
    alice: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = User.objects.one_time_link(alice)
    now = timezone.now().replace(tzinfo=None)
    monkeypatch.setattr(one_time_tokens, "_now", lambda: now + timedelta(days=3, hours=1))
    assert client.get(link).status_code == 404


@pytest.mark.parametrize("uid", ["x", "MQ", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ", "%00"])
def test_a_made_up_link_answers_like_a_used_one(uid: str, db: None, client: Client) -> None:
    assert client.get(f"/password/{uid}/c0ffee-0123456789abcdef/").status_code == 404
    assert client.get(f"/password/{uid}/set/").status_code == 404


def test_another_users_token_opens_nothing(alice: User, bob: User, client: Client) -> None:
    of_alice = User.objects.one_time_link(alice).split("/")
    of_bob = User.objects.one_time_link(bob).split("/")
    assert client.get("/".join([*of_bob[:3], of_alice[3], ""])).status_code == 404


def test_nothing_of_a_link_is_logged(
    alice: User, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        link = User.objects.one_time_link(alice)
        token = link.split("/")[-2]
        form = client.get(link)["Location"]
        client.post(form, {"password": "x", "repeated": "y"})
        client.post(form, NEW)
    shown = [
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith("django.db") and token in record.getMessage()
    ]
    assert shown == []
    assert NEW["password"] not in caplog.text
