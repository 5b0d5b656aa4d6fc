"""Around every view: a login is asked for, and the visitor's language and time zone hold."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import structlog
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import DatabaseError, OperationalError
from django.shortcuts import render
from django.utils import timezone, translation

from .models import User
from .views.errors import no_database, session_lost

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse, HttpResponseBase


log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class LoginRequired(LoginRequiredMiddleware):
    """Default deny: every view asks for a login unless it says `login_not_required`.

    A redirect would throw away what a POST carries, and htmx would swap the login page into a
    corner of the old one: both get an answer that says what happened and keeps the text.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"} and "HX-Request" not in request.headers:
            return super().handle_no_permission(request, view_func)
        return session_lost(request)


class NoDatabase:
    """A press that the database does not take gets a page that says so, and keeps the text."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if request.method != "POST" or not isinstance(error, OperationalError):
            return None
        log.error("press-not-taken", error=" ".join(str(error).split()))
        try:
            return no_database(request)
        except DatabaseError:  # it cannot even be read
            return None


class Preferences:
    """The user's own language and time zone, before those of browser and installation."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The language stays for what comes after the view; each request begins by setting it anew.
        language = getattr(request.user, "language", "")
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = language
        # Threads are used again: the last visitor's zone must not stay.
        with timezone.override(getattr(request.user, "zone", None)):
            return self.get_response(request)


NO_VISIT = {
    "task_live", "image_thumbnail", "image_original", "healthz", "visit_hear", "visit_recall",
}  # fmt: skip
"""What a page that nobody looks at asks for by itself; and what is pressed on a page that told of
an absence, lest it begin a new one meanwhile.
"""


class Visits:
    """Notes who is here, so that whoever comes back is told what happened meanwhile."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        match = request.resolver_match
        if match is None or match.view_name in NO_VISIT or not isinstance(request.user, User):
            return
        # A disk that is full takes no note; that is no reason to show no page.
        with contextlib.suppress(DatabaseError):
            User.objects.visit(request.user)


class RefusedMethods:
    """A page for whoever opens the address of a button: a browser's own one says nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code != 405 or answer.content or "HX-Request" in request.headers:
            return answer
        page = render(request, "405.html", status=405)
        page["Allow"] = answer["Allow"]
        return page
