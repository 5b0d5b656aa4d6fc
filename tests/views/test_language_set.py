"""The language: by the profile, else by the cookie, else as the browser asks; and the time zone."""

from __future__ import annotations

from datetime import UTC, datetime

from django.test import Client
from django.utils import timezone, translation

from gallery.models import Prompt, User
from tests.conftest import Submit

RUSSIAN = {"Accept-Language": "ru-RU,ru;q=0.9"}


def language(client: Client, **headers: str) -> str:
    page = client.get("/login/", headers=headers, follow=True)
    return page.text.split('<html lang="')[1].split('"')[0]


def test_as_the_browser_asks(db: None, client: Client) -> None:
    assert language(client) == "en"
    assert language(client, **RUSSIAN) == "ru"
    assert language(client, **{"Accept-Language": "de"}) == "en"


def test_a_choice_on_the_login_page_beats_the_browser(db: None, client: Client) -> None:
    assert 'action="/language/"' in client.get("/login/").text
    answer = client.post("/language/", {"language": "ru", "next": "/login/?next=/history/"})
    assert answer["Location"] == "/login/?next=/history/"
    assert language(client) == "ru"
    assert client.cookies["django_language"]["httponly"]


def test_it_leads_nowhere_else_and_takes_no_get(db: None, client: Client) -> None:
    answer = client.post("/language/", {"language": "ru", "next": "https://evil.example/"})
    assert answer["Location"] == "/"
    assert client.get("/language/?language=ru").status_code == 405
    client.post("/language/", {"language": "tlh", "next": "/"})
    assert language(client) == "ru"


def test_the_profile_beats_both(alice: User, by_alice: Client) -> None:
    User.objects.set_preferences(alice, language="ru", theme="", time_zone="")
    by_alice.post("/language/", {"language": "en", "next": "/"})
    assert language(by_alice, **{"Accept-Language": "en"}) == "ru"


def test_times_are_the_users_and_then_nobodys(
    alice: User, by_alice: Client, submit: Submit
) -> None:
    prompt = submit(alice).prompt
    Prompt.objects.filter(pk=prompt.pk).update(created_at=datetime(2026, 3, 1, 20, 5, tzinfo=UTC))
    before = timezone.get_current_timezone_name()
    assert "1 Mar 2026, 20:05" in by_alice.get(f"/prompts/{prompt.pk}/").text
    User.objects.set_preferences(alice, language="", theme="", time_zone="Asia/Vladivostok")
    assert "2 Mar 2026, 06:05" in by_alice.get(f"/prompts/{prompt.pk}/").text
    assert timezone.get_current_timezone_name() == before
    Client().get("/login/")
    assert translation.get_language() == "en"


def test_a_zone_that_this_system_does_not_know_is_the_installations(
    alice: User, by_alice: Client
) -> None:
    User.objects.set_preferences(alice, language="", theme="", time_zone="Mars/Olympus")
    assert by_alice.get("/profile/").status_code == 200
