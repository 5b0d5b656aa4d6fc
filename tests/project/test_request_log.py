"""One line a request: with its id and its user, never with its path or its query."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils.functional import SimpleLazyObject

from gallery.models import Lease, Studio, Task, User
from project.request_log import RequestLog

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}


@pytest.fixture
def everything(written: StringIO) -> Iterator[StringIO]:
    """The log with its DEBUG lines."""
    loggers = [logging.getLogger(name) for name in ("gallery", "project")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield written
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def lines(written: StringIO) -> list[str]:
    """The request lines."""
    return [line for line in written.getvalue().splitlines() if " event=request " in line]


def test_who_asked_for_what_and_what_came_of_it(
    written: StringIO, client: Client, alice: User, task: Task
) -> None:
    client.force_login(alice)
    answer = client.get(f"/tasks/{task.pk}/")
    (line,) = lines(written)
    assert " level=info " in line
    assert f" user={alice.pk} " in line
    assert f" request={answer.headers['X-Request-ID']} " in line
    assert f" method=GET url=task_show task={task.pk} status=200 ms=" in line


def test_no_query_string_and_no_words_of_a_search(
    written: StringIO, client: Client, alice: User
) -> None:
    client.force_login(alice)
    client.get("/history/", {"q": "a secret wish"})
    client.get("/nowhere/at/all/", {"q": "a secret wish"})
    assert "wish" not in written.getvalue()
    assert "url=prompt_list" in lines(written)[0]
    assert "url=nowhere status=404" in lines(written)[1]


def test_the_task_that_a_page_of_the_panel_is_about(
    written: StringIO, client: Client, alice: User, task: Task
) -> None:
    User.objects.update(is_superuser=True, is_staff=True)
    client.force_login(alice)
    for path in (f"task/{task.pk}/change", f"user/{alice.pk}/change", "event/1/change", "task/x"):
        client.get(f"/admin/gallery/{path}/")
    of_task, of_user, of_event, of_none = lines(written)
    assert f" task={task.pk} " in of_task
    assert f" user={alice.pk} " in of_user  # whose request it is
    assert f" row={alice.pk} " in of_user
    assert " row=1 " in of_event
    assert " row=" not in of_none


def test_no_token_of_a_one_time_link(written: StringIO, client: Client) -> None:
    token = Studio.objects.issue_setup_token()
    client.get(f"/setup/{token}/")
    client.get("/setup/a-wrong-token/")
    assert "url=setup" in lines(written)[0]
    assert str(token) not in written.getvalue()
    assert "wrong-token" not in written.getvalue()


def test_not_even_when_it_breaks(written: StringIO, settings: Any) -> None:
    settings.CSRF_FAILURE_VIEW = "no.such.view"
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    assert client.post("/setup/a-broken-token/?q=wish").status_code == 500
    found = written.getvalue()
    assert "Internal Server Error: setup" in found
    assert "exception=" in found
    assert "broken-token" not in found
    assert "wish" not in found
    assert found.count(" request=") == len(found.splitlines())


def test_what_happens_each_second_is_for_debugging(
    everything: StringIO, client: Client, alice: User
) -> None:
    Lease.objects.beat("queue")
    assert client.get("/healthz").status_code == 200
    client.get("/static/css/no-such.css")
    client.force_login(alice)
    client.get("/login/")
    levels = [line.split()[1] for line in lines(everything)]
    assert levels == ["level=debug", "level=debug", "level=info"]


def test_a_live_tick_without_news_is_for_debugging(
    everything: StringIO, client: Client, alice: User, task: Task
) -> None:
    client.force_login(alice)
    task.refresh_from_db()
    version = task.live_version(Studio.objects.current())
    answer = client.get("/tasks/live/", {f"t{task.pk}": version}, headers={"HX-Request": "true"})
    assert " level=debug " in lines(everything)[-1] or answer.status_code != 204
    assert f"status={answer.status_code}" in lines(everything)[-1]


@pytest.mark.parametrize(
    ("trusted", "given", "taken"),
    [
        (True, "0af7651916cd43dd-8448", True),
        (False, "0af7651916cd43dd-8448", False),
        (True, "short", False),
        (True, "a" * 65, False),
        (True, "with space and=equals", False),
        (True, 'quoted"quoted"', False),
    ],
)
def test_only_a_trusted_proxys_well_formed_id_is_taken(
    written: StringIO, client: Client, settings: Any, trusted: bool, given: str, taken: bool
) -> None:
    settings.TRUSTED_PROXY = trusted
    answer = client.get("/login/", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is taken
    assert (f"request={given}" in lines(written)[0]) is taken


def test_every_answer_carries_an_id_of_its_own(client: Client) -> None:
    paths = ["/login/", "/healthz", "/", "/nowhere/", "/static/no-such.css"]
    found = [client.get(path).headers["X-Request-ID"] for path in paths]
    assert len(set(found)) == len(paths)


def test_nothing_is_left_for_the_next_in_this_thread(client: Client, alice: User) -> None:
    structlog.contextvars.bind_contextvars(task=99)
    client.force_login(alice)
    client.get("/login/")
    assert structlog.contextvars.get_contextvars() == {}


def test_a_line_does_not_ask_the_database_who_it_is(written: StringIO, rf: RequestFactory) -> None:
    def ask() -> User:
        raise AssertionError("asked")

    request = rf.get("/static/no-such.css")
    setattr(request, "user", SimpleLazyObject(ask))  # noqa: B010 - the type says who it is not yet
    request.resolver_match = None
    answer = RequestLog(lambda request: HttpResponse(status=500))(request)
    assert answer.status_code == 500
    assert len(lines(written)) == 1
