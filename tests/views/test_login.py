"""Logins are throttled: a stranger neither guesses nor locks out whoever has been here before."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from gallery.models import Attempt, Refused, User, attempt, prune_attempts
from gallery.throttle import COOKIE, client_address
from tests.views.test_password_set import NEW, open_link

GOOD = "wonderland-1865"
HOME, AWAY = "198.51.100.7", "203.0.113.9"


@pytest.fixture(autouse=True)
def few(settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    settings.ADDRESS_FAILURE_LIMIT = 5


def log_in(client: Client, password: str, name: str = "alice", address: str = HOME) -> Any:
    return client.post("/login/", {"username": name, "password": password}, REMOTE_ADDR=address)


def fail(times: int, name: str = "alice", address: str = AWAY, client: Client | None = None) -> Any:
    """So many wrong passwords; the last answer."""
    answers = [log_in(client or Client(), f"guess-{n}", name, address) for n in range(times)]
    return answers[-1]


def later(**span: float) -> None:
    """Let so much time pass since every attempt."""
    for row in AccessAttempt.objects.all():
        AccessAttempt.objects.filter(pk=row.pk).update(
            attempt_time=row.attempt_time - timedelta(**span)
        )


def known(name: str = "alice", password: str = GOOD) -> Client:
    """A device where somebody has logged in and out before."""
    client = Client()
    assert log_in(client, password, name).status_code == 302
    client.post("/logout/")
    return client


def test_enough_failures_close_the_door_even_to_the_right_password(alice: User) -> None:
    assert fail(3).status_code == 200
    answer = log_in(Client(), GOOD)
    assert answer.status_code == 429
    assert "Try again in 15 minutes." in answer.text
    assert 'value="alice"' in answer.text
    assert 0 < int(answer["Retry-After"]) <= 900


def test_the_door_opens_again_and_waiting_visitors_do_not_keep_it_shut(alice: User) -> None:
    fail(3)
    later(minutes=10)
    assert "Try again in 5 minutes." in fail(20).text
    later(minutes=4, seconds=50)
    assert "Try again in 1 minute." in fail(1).text
    later(seconds=11)
    assert log_in(Client(), GOOD).status_code == 302


def test_a_stranger_cannot_lock_out_a_device_that_is_known(alice: User) -> None:
    device = known()
    fail(10)
    # Nor from the same address.
    fail(10, address=HOME)
    assert log_in(device, GOOD).status_code == 302


def test_a_known_device_has_its_own_few_guesses(alice: User) -> None:
    device = known()
    fail(3, client=device, address=HOME)
    assert log_in(device, GOOD).status_code == 429
    assert log_in(Client(), GOOD, address=AWAY).status_code == 302


def test_a_device_is_known_for_its_users_alone(alice: User, bob: User) -> None:
    fail(3, name="bob")
    assert log_in(known(), "builder-1998", "bob").status_code == 429


def test_a_shared_device_knows_both(alice: User, bob: User) -> None:
    device = known()
    log_in(device, "builder-1998", "bob")
    device.post("/logout/")
    for name, password in (("alice", GOOD), ("bob", "builder-1998")):
        fail(3, name=name)
        assert log_in(device, password, name).status_code == 302
        device.post("/logout/")


def test_a_changed_password_makes_devices_strange(alice: User) -> None:
    device = known()
    User.objects.change_password(alice, "through-the-mirror-9")
    fail(3)
    assert log_in(device, "through-the-mirror-9").status_code == 429


def test_a_forged_cookie_is_none(alice: User) -> None:
    device = known()
    device.cookies[COOKIE] = device.cookies[COOKIE].value[:-2] + "xx"
    fail(3)
    assert log_in(device, GOOD).status_code == 429


def test_the_cookie_is_for_us_alone(alice: User) -> None:
    cookie = known().cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) > 300 * 24 * 3600


def test_a_one_time_link_comes_in_where_a_login_does_not(alice: User, client: Client) -> None:
    fail(3)
    assert client.post(open_link(client, alice), NEW).status_code == 302
    client.post("/logout/")
    assert log_in(client, NEW["password"]).status_code == 302


def test_an_address_that_tries_many_names_is_refused(alice: User, bob: User) -> None:
    for number in range(5):
        fail(1, name=f"name-{number}")
    assert log_in(Client(), GOOD, address=AWAY).status_code == 429
    assert log_in(Client(), GOOD, address=HOME).status_code == 302


def test_logging_in_does_not_wipe_out_guesses_at_others(alice: User, bob: User) -> None:
    for number in range(5):
        fail(1, name=f"name-{number}")
        log_in(Client(), "builder-1998", "bob", address=AWAY)
    assert log_in(Client(), GOOD, address=AWAY).status_code == 429


def test_a_name_that_nobody_has_is_answered_like_any(alice: User) -> None:
    there, missing = (fail(4, name=name, address=HOME) for name in ("alice", "nobody"))
    assert there.status_code == missing.status_code == 429
    assert (
        there.text.replace("alice", "nobody").split("csrfmiddlewaretoken")[0]
        == (missing.text.split("csrfmiddlewaretoken")[0])
    )


def test_success_leaves_no_trace(alice: User) -> None:
    known()
    assert not AccessAttempt.objects.exists()


def test_no_password_is_stored_or_logged(
    alice: User, caplog: pytest.LogCaptureFixture, django_assert_max_num_queries: Any
) -> None:
    """Nor one that was typed into the wrong field."""
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("django.db.backends").setLevel(logging.WARNING)
        for _try in range(4):
            log_in(Client(), "my-secret-word")
            log_in(Client(), "", name="my-secret-word")
            log_in(Client(), "x", name="my-secret-word")
    assert "my-secret-word" not in caplog.text
    assert AccessAttempt.objects.count() == 5
    assert "my-secret-word" not in repr(list(AccessAttempt.objects.values()))


@pytest.mark.parametrize(
    ("trusted", "remote", "forwarded", "found"),
    [
        (False, HOME, AWAY, HOME),
        (True, "127.0.0.1", f"10.0.0.1, {AWAY}", AWAY),
        (True, "127.0.0.1", "nonsense", None),
        (True, HOME, "", HOME),
        (False, "", "", None),
        (False, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        (False, f"::ffff:{HOME}", "", HOME),
    ],
)
def test_the_address(
    trusted: bool, remote: str, forwarded: str, found: str | None, settings: Any
) -> None:
    settings.TRUSTED_PROXY = trusted
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)
    request.user = AnonymousUser()
    assert client_address(request) == found


def test_what_counts_no_more_is_pruned(alice: User) -> None:
    fail(2)
    later(minutes=16)
    fail(1)
    assert prune_attempts() == 2
    assert AccessAttempt.objects.count() == 1


def test_the_panels_login_is_no_way_round(alice: User, admin: User, client: Client) -> None:
    assert client.post("/admin/login/", {"username": "carol"}).status_code == 405
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/login/?next=/admin/"
    log_in(client, "keeper-of-keys-7", "carol")
    assert client.get("/admin/login/", follow=True).redirect_chain[-1][0] == "/admin/"


def test_a_member_at_the_panels_login_is_told_so(by_alice: Client) -> None:
    assert by_alice.get("/admin/", follow=True).status_code == 403


def test_a_link_that_leads_to_the_login_for_ever(by_alice: Client) -> None:
    assert by_alice.get("/login/?next=/login/")["Location"] == "/"


@pytest.mark.django_db(transaction=True)
def test_no_more_guesses_than_the_limit_however_many_at_once() -> None:
    """Counting after the look at the password would let all of them look."""

    def guess(number: int) -> bool:
        try:
            made = attempt("login", "alice", HOME, account_limit=3, address_limit=99)
            return isinstance(made, Attempt)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        looked = sum(pool.map(guess, range(36)))
    assert looked == AccessAttempt.objects.count() == 3


def test_a_lock_ends_with_its_oldest_failure(db: None) -> None:
    for minutes in (14, 9, 1):
        attempt("login", "alice", HOME, account_limit=3, address_limit=None)
        newest = AccessAttempt.objects.latest("pk")
        AccessAttempt.objects.filter(pk=newest.pk).update(
            attempt_time=timezone.now() - timedelta(minutes=minutes)
        )
    refused = attempt("login", "alice", HOME, account_limit=3, address_limit=None)
    assert isinstance(refused, Refused)
    assert 50 < (refused.until - timezone.now()).total_seconds() <= 60
