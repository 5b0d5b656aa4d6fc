from __future__ import annotations

import re

from django.test import Client

from gallery.models import Studio, User


def test_login_leads_to_the_studio(alice: User, client: Client) -> None:
    assert client.get("/")["Location"] == "/login/?next=/"
    answer = client.post("/login/", {"username": "alice", "password": "wonderland-1865"})
    assert answer["Location"] == "/"
    assert client.get("/").status_code == 200


def test_wrong_password(alice: User, client: Client) -> None:
    answer = client.post("/login/", {"username": "alice", "password": "looking-glass"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert 'value="alice"' in answer.text


def test_deactivated_cannot_log_in(alice: User, admin: User, client: Client) -> None:
    User.objects.deactivate(alice, by=admin)
    client.post("/login/", {"username": "alice", "password": "wonderland-1865"})
    assert client.get("/").status_code == 302


def test_login_does_not_lead_elsewhere(alice: User, client: Client) -> None:
    form = {"username": "alice", "password": "wonderland-1865", "next": "https://evil.example/"}
    assert client.post("/login/", form)["Location"] == "/"


def test_logout_takes_a_post(by_alice: Client) -> None:
    assert by_alice.get("/logout/").status_code == 405
    assert by_alice.post("/logout/")["Location"] == "/login/"
    assert by_alice.get("/").status_code == 302


def test_setup_makes_the_first_administrator_once(db: None, client: Client) -> None:
    token = Studio.objects.issue_setup_token()
    assert token
    path = f"/setup/{token}/"
    assert client.get(path).status_code == 200
    assert client.get("/setup/another/").status_code == 404
    weak = client.post(path, {"username": "carol", "password": "123"})
    assert weak.status_code == 422
    # The rules are told before they are broken, and the cursor stands where the fault is.
    assert "At least 8 characters" in weak.text
    assert re.findall(r'<input name="(\w+)"[^>]*autofocus', weak.text) == ["password"]
    assert not User.objects.exists()
    answer = client.post(path, {"username": "carol", "password": "keeper-of-keys-7"})
    assert answer["Location"] == "/"
    assert User.objects.get(username="carol").is_superuser
    assert client.get("/").status_code == 200
    assert client.get(path).status_code == 404
    assert client.post(path, {"username": "d", "password": "keeper-of-keys-8"}).status_code == 404


def test_setup_refuses_a_taken_name(alice: User, client: Client) -> None:
    token = Studio.objects.issue_setup_token()
    answer = client.post(f"/setup/{token}/", {"username": "alice", "password": "keeper-of-7"})
    assert answer.status_code == 422
    assert User.objects.filter(is_superuser=True).count() == 0


def test_a_new_installation_says_where_its_first_account_is_made(db: None, client: Client) -> None:
    assert "Open the set-up link" in client.get("/login/").text
    User.objects.create_user("alice")
    assert "Open the set-up link" not in client.get("/login/").text
