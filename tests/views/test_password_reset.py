"""Reset by mail: where mail is configured, in the user's language, telling strangers nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client, TestCase
from django.utils import translation

from gallery.jobs.mail import send_reset_links
from gallery.models import User
from tests.queue import empty_queue, packages
from tests.views.test_password_set import NEW

MAIL = "alice@wonderland.example"
QUEUED: list[Any] = []


@pytest.fixture(autouse=True)
def an_empty_queue(db: None) -> None:
    QUEUED.clear()
    empty_queue()


@pytest.fixture
def with_mail(settings: Any, alice: User) -> None:
    settings.SENDS_MAIL = True
    User.objects.filter(pk=alice.pk).update(email=MAIL)


def ask(email: str = MAIL, **extra: Any) -> Any:
    """Ask for a link, and let a worker do what then is in the queue."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = Client().post("/password/reset/", {"email": email}, **extra)
    for package in packages():
        if package["func"] == "gallery.jobs.mail.send_reset_links":
            QUEUED.append(package)
            send_reset_links(*package["args"])
    empty_queue()
    return answer


def test_without_mail_an_administrator_is_to_be_asked(db: None, client: Client) -> None:
    assert client.get("/password/reset/").status_code == 404
    page = client.get("/login/").text
    assert "Ask an administrator for a one-time link." in page
    assert "/password/reset/" not in page


def test_a_link_comes_and_sets_a_password(with_mail: None, client: Client) -> None:
    assert "/password/reset/" in client.get("/login/").text
    assert ask()["Location"] == "/password/sent/"
    assert client.get("/password/sent/").status_code == 200
    (letter,) = mail.outbox
    assert letter.to == [MAIL]
    assert letter.subject == "Artel: a new password"
    (path,) = re.findall(r"http://testserver(/password/\S+)\n", str(letter.body))
    assert client.post(client.get(path)["Location"], NEW)["Location"] == "/"
    assert client.get(path).status_code == 404


def test_asking_ends_no_session(with_mail: None, by_alice: Client) -> None:
    ask()
    assert by_alice.get("/").status_code == 200


def test_the_link_is_the_public_address(with_mail: None, settings: Any) -> None:
    settings.PUBLIC_URL, settings.SECURE = "https://artel.example", True
    ask()
    assert "\nhttps://artel.example/password/" in str(mail.outbox[0].body)


def test_it_speaks_the_users_language(with_mail: None, alice: User) -> None:
    User.objects.set_preferences(alice, language="ru", theme="", time_zone="")
    ask(headers={"Accept-Language": "en"})
    with translation.override("ru"):
        assert mail.outbox[0].subject == translation.gettext("Artel: a new password")


def test_a_name_is_text_in_the_mail(with_mail: None, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(username="o'hara&co")
    ask()
    assert "o'hara&co" in str(mail.outbox[0].body)


def test_whether_there_is_such_an_account_is_not_told(with_mail: None, alice: User) -> None:
    there, missing = ask(), ask("nobody@wonderland.example")
    assert (there.status_code, there["Location"]) == (missing.status_code, missing["Location"])
    assert len(mail.outbox) == 1
    # Nor by how long it takes: the same is done for both.
    assert [len(task["args"][0]) for task in QUEUED] == [1, 0]


def test_no_link_is_in_the_queue(with_mail: None) -> None:
    ask()
    (token,) = re.findall(r"/password/\S+/(\S+)/\n", str(mail.outbox[0].body))
    assert token not in repr(QUEUED)


def test_a_mail_server_that_is_away_is_told_to_the_log_without_the_link(
    with_mail: None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert ask().status_code == 302
    assert "mail_failed" in caplog.text
    assert "/password/MQ" not in caplog.text


def test_who_was_invited_may_ask_and_who_is_deactivated_not(
    with_mail: None, admin: User, alice: User
) -> None:
    User.objects.create_user("dora", "dora@maps.example")
    ask("Dora@maps.example")
    assert [letter.to for letter in mail.outbox] == [["dora@maps.example"]]
    User.objects.deactivate(alice, by=admin)
    ask()
    assert len(mail.outbox) == 1


def test_a_look_alike_address_gets_nothing(with_mail: None) -> None:
    ask("alıce@wonderland.example")
    assert mail.outbox == []


def test_a_mailbox_is_spared_and_an_address_refused(with_mail: None, settings: Any) -> None:
    settings.RESET_LIMIT = 2
    answers = [ask(REMOTE_ADDR=f"203.0.113.{number}") for number in range(4)]
    assert {answer.status_code for answer in answers} == {302}
    assert len(mail.outbox) == 2
    assert ask("x@y.example", REMOTE_ADDR="198.51.100.1").status_code == 302
    assert ask("z@y.example", REMOTE_ADDR="198.51.100.1").status_code == 302
    refused = ask("w@y.example", REMOTE_ADDR="198.51.100.1")
    assert refused.status_code == 429
    assert 'value="w@y.example"' in refused.text


def test_an_address_of_no_use_is_refused(with_mail: None) -> None:
    answer = ask("not an address")
    assert answer.status_code == 422
    assert 'value="not an address"' in answer.text
