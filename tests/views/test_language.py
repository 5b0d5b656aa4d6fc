"""In which language a page comes: one's own choice, else the browser's, else English."""

from __future__ import annotations

import pytest
from django.test import Client

from gallery.models import User


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("en-GB,en;q=0.9,ru;q=0.8", "en"),
        ("de,ru;q=0.5", "ru"),
        ("de", "en"),
        ("", "en"),
    ],
)
def test_a_page_is_in_the_language_that_the_browser_asks_for(asked: str, language: str) -> None:
    answer = Client(headers={"Accept-Language": asked}).get("/login/")
    assert f'<html lang="{language}"' in answer.text
    assert answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.django_db
@pytest.mark.parametrize("own", ["en", "ru"])
def test_one_s_own_choice_comes_before_the_browser_s(own: str) -> None:
    user = User.objects.create_user("dana", password="wonderland-1865", language=own)
    client = Client(headers={"Accept-Language": "ru" if own == "en" else "en"})
    client.force_login(user)
    for path in ("/", "/no-such-page/"):
        answer = client.get(path)
        assert f'<html lang="{own}"' in answer.text
        assert answer["Content-Language"] == own
    assert {"Accept-Language", "Cookie"} <= {one.strip() for one in answer["Vary"].split(",")}
    client.logout()
    assert f'<html lang="{own}"' not in client.get("/login/").text
