"""The profile: spend against the limit, language, theme, time zone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from gallery.models import Budget, User
from tests.conftest import Submit


@pytest.fixture
def real(settings: Any) -> None:
    settings.IS_DEMO = False
    settings.PROVIDER = "https://provider.example/v1"


def test_it_asks_for_a_login(db: None, client: Client) -> None:
    assert client.get("/profile/")["Location"] == "/login/?next=/profile/"
    assert client.post("/profile/edit/", {"theme": "dark"}).status_code == 401


def test_it_takes_no_post(by_alice: Client) -> None:
    assert by_alice.post("/profile/").status_code == 405
    for path in ("/profile/edit/", "/profile/password/", "/profile/sessions/"):
        assert by_alice.get(path).status_code == 405


def test_a_month_without_an_order_shows_the_limit(
    real: None, alice: User, by_alice: Client
) -> None:
    assert "No limit" in by_alice.get("/profile/").text
    User.objects.set_limit(alice, 5000)
    page = by_alice.get("/profile/")
    assert "50\xa0₽ of 50\xa0₽ left" in page.text
    assert not Budget.objects.exists()


def test_what_is_held_and_spent_is_drawn_against_the_limit(
    real: None, alice: User, bob: User, by_alice: Client, submit: Submit
) -> None:
    User.objects.set_limit(alice, 5000)
    submit(alice, count=3)
    submit(bob, count=8)
    Budget.objects.of(alice).update(spent_kopecks=1000)
    page = by_alice.get("/profile/").text
    assert "28\xa0₽ of 50\xa0₽ left" in page
    assert 'viewBox="0 0 5000 8"' in page
    assert 'class="bar-spent" width="1000"' in page
    assert 'x="1000" width="1200"' in page
    assert "demo money" not in page


def test_a_drawing_beyond_the_limit_stays_within_its_frame(
    real: None, alice: User, by_alice: Client, submit: Submit
) -> None:
    submit(alice)
    User.objects.set_limit(alice, 100)
    page = by_alice.get("/profile/").text
    assert 'viewBox="0 0 400 8"' in page
    assert "0\xa0₽ of 1\xa0₽ left" in page


def test_demo_money_stands_apart(
    alice: User, by_alice: Client, submit: Submit, settings: Any
) -> None:
    settings.IS_DEMO = True
    submit(alice)
    page = by_alice.get("/profile/").text
    assert page.count('class="budget"') == 1
    assert "demo money" in page
    settings.IS_DEMO = False
    page = by_alice.get("/profile/").text
    assert page.count('class="budget"') == 2


def save(client: Client, **fields: str) -> Any:
    return client.post("/profile/edit/", fields)


def test_language_theme_and_zone_hold_on_the_next_page(alice: User, by_alice: Client) -> None:
    answer = save(by_alice, language="ru", theme="dark", time_zone="Asia/Vladivostok")
    assert answer["Location"] == "/profile/?done=saved"
    page = by_alice.get("/profile/")
    assert '<html lang="ru" data-theme="dark">' in page.text
    assert page["Content-Language"] == "ru"
    assert '<option value="Asia/Vladivostok" selected>' in page.text
    by_alice.post("/logout/")
    assert '<html lang="ru">' in by_alice.get("/login/").text
    alice.refresh_from_db()
    assert (alice.language, alice.theme, alice.time_zone) == ("ru", "dark", "Asia/Vladivostok")


def test_all_may_be_left_to_the_browser(alice: User, by_alice: Client) -> None:
    save(by_alice, language="ru", theme="dark", time_zone="Europe/Moscow")
    save(by_alice, language="", theme="", time_zone="")
    page = by_alice.get("/profile/", headers={"Accept-Language": "ru"})
    assert '<html lang="ru">' in page.text
    page = by_alice.get("/profile/", headers={"Accept-Language": "en"})
    assert '<html lang="en">' in page.text


@pytest.mark.parametrize(
    "wrong", [{"language": "tlh"}, {"theme": "pink"}, {"time_zone": "Mars/Olympus"}]
)
def test_what_is_not_on_the_list_is_refused(
    wrong: dict[str, str], alice: User, by_alice: Client
) -> None:
    answer = save(by_alice, **{"theme": "dark", **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    alice.refresh_from_db()
    assert alice.theme == ""


def test_a_form_saves_its_own_fields_alone(alice: User, by_alice: Client) -> None:
    User.objects.filter(pk=alice.pk).update(monthly_limit_kopecks=7)
    save(by_alice, theme="light", monthly_limit_kopecks="99", is_staff="on", username="root")
    alice.refresh_from_db()
    assert (alice.monthly_limit_kopecks, alice.is_staff, alice.username) == (7, False, "alice")


def test_queries(
    alice: User, by_alice: Client, submit: Submit, django_assert_max_num_queries: Any
) -> None:
    submit(alice)
    with django_assert_max_num_queries(6):
        by_alice.get("/profile/")
