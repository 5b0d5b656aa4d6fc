from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation
from django.views.defaults import bad_request, page_not_found, permission_denied, server_error

from gallery.models import User
from gallery.views.errors import broken

from .conftest import HTMX


@pytest.mark.parametrize("status", [400, 403, 404, 422, 429, 500])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_error_pages_need_no_request_and_no_database(status: int, language: str) -> None:
    """Without the fixture of a database, any query fails the test."""
    with translation.override(language):
        page = render_to_string(f"{status}.html")
    assert page.count("<h1>") == 1
    assert "css/base.css" in page
    assert 'href="/"' in page


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (bad_request, 400),
        (permission_denied, 403),
        (page_not_found, 404),
    ],
)
def test_error_pages_say_that_nothing_was_ordered(
    rf: RequestFactory, alice: User, answer: Callable[..., HttpResponse], status: int
) -> None:
    for user in (alice, AnonymousUser()):
        request = rf.get("/somewhere/")
        request.user = user
        page = answer(request, Exception("canary of a traceback"))
        assert page.status_code == status
        assert "Nothing was ordered" in page.text
        assert "canary" not in page.text


def test_the_page_of_a_fault_needs_no_database(rf: RequestFactory) -> None:
    page = server_error(rf.get("/"))
    assert page.status_code == 500
    assert "Nothing was ordered twice" in page.text


def test_what_was_sent_without_a_session_is_shown(client: Client, db: None) -> None:
    answer = client.post("/batches/", {"prompt": "a <b>fox</b>", "references": "https://a.b/c"})
    assert answer.status_code == 401
    assert "You were logged out. Nothing was ordered." in answer.text
    assert "a &lt;b&gt;fox&lt;/b&gt;</textarea>" in answer.text
    assert answer.text.count("<textarea") == answer.text.count("data-copied=") == 2


def test_a_form_without_its_token_is_explained(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    answer = browser.post("/batches/", {"prompt": "a fox"})
    assert answer.status_code == 403
    assert "Nothing was ordered." in answer.text
    assert "a fox</textarea>" in answer.text
    assert "Log in and go on" not in answer.text
    short = browser.post("/batches/", {"prompt": "a fox"}, headers=HTMX)
    assert short.status_code == 403
    assert short["HX-Retarget"] == "#alert"
    assert "<html" not in short.text


def test_a_missing_page_is_plain(by_alice: Client) -> None:
    answer = by_alice.get("/nothing/")
    assert answer.status_code == 404
    assert "There is nothing here, or it is not yours." in answer.text


def test_every_page_says_that_it_is_a_demo(by_alice: Client, client: Client) -> None:
    for browser, path in ((by_alice, "/"), (by_alice, "/nothing/"), (client, "/login/")):
        assert "built-in demo provider" in browser.get(path).text


def test_no_page_says_so_with_a_key(by_alice: Client, settings: Any) -> None:
    settings.IS_DEMO = False
    for path in ("/", "/nothing/"):
        assert "built-in demo provider" not in by_alice.get(path).text


def test_the_address_of_a_button_opened_like_a_page(by_alice: Client) -> None:
    answer = by_alice.get("/batches/")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "belongs to a button" in answer.text
    assert not by_alice.get("/batches/", headers={"HX-Request": "true"}).content


def _gone(*_query: Any) -> Any:
    raise OperationalError("server closed the connection unexpectedly")


@pytest.fixture
def silent(by_alice: Client) -> Iterator[Client]:
    """Alice's browser, and a database that answers nothing any more: who she is neither."""
    by_alice.raise_request_exception = False
    with connection.execute_wrapper(_gone):
        yield by_alice


@pytest.mark.parametrize("path", ["/", "/gallery/", "/history/", "/login/", "/admin/"])
def test_a_database_that_does_not_answer_is_said(silent: Client, path: str) -> None:
    answer = silent.get(path)
    assert answer.status_code == 503
    assert "The database does not answer" in answer.text
    assert "The fault is ours" not in answer.text


def test_what_was_typed_is_kept_without_a_database(silent: Client) -> None:
    answer = silent.post("/batches/", {"prompt": "a fox <b>in</b> the snow"})
    assert answer.status_code == 503
    assert "a fox &lt;b&gt;in&lt;/b&gt; the snow</textarea>" in answer.text


def test_a_press_says_it_in_place_without_a_database(silent: Client) -> None:
    """The page stays as it is, with what stands in it."""
    answer = silent.post("/batches/", {"prompt": "a fox"}, headers=HTMX)
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#alert"
    assert "The database does not answer" in answer.text
    assert "Load the page" not in answer.text


def test_health_is_told_to_whoever_is_logged_in_too(silent: Client) -> None:
    answer = silent.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["reasons"]["database"] == "The database does not answer."


def test_another_fault_is_ours(rf: RequestFactory) -> None:
    try:
        int("a fault of ours")
    except ValueError:
        answer = broken(rf.get("/history/"))
    assert answer.status_code == 500
    assert "The fault is ours" in answer.text
