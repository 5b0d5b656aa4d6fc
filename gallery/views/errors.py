"""Pages for what went wrong, in the style of the house, and what stands in a page's alert."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.shortcuts import render
from django.urls import reverse
from django.views.defaults import server_error

from .health import healthz

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

KEPT = ("prompt", "references")
"""Fields of the composer that a lost session must not lose."""


@login_not_required
def session_lost(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Logged out in the middle of something: says so, and shows what was typed. Does nothing."""
    return _interrupted(request, status=401, reason="logged-out")


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old, or came from elsewhere: says so, and shows what was typed."""
    return _interrupted(request, status=403, reason="too-old")


@login_not_required
def no_database(request: HttpRequest) -> HttpResponse:
    """The database cannot be written to, or not be reached: says so, and shows what was typed.

    A page shows no 503 in its place: that may be a proxy's. To it the press is one not taken.
    """
    status = 422 if "HX-Request" in request.headers else 503
    return _interrupted(request, status=status, reason="no-database")


def broken(request: HttpRequest) -> HttpResponse:
    """Whatever nobody caught. A database that does not answer is no fault of ours, and what was
    typed is shown; who asks for our health is told of it as ever.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return server_error(request)
    request.user = AnonymousUser()  # to find out whose page it is would be to ask once more
    if request.path == reverse("healthz"):
        return healthz(request)
    status = 422 if "HX-Request" in request.headers else 503
    return _interrupted(request, status=status, reason="no-answer")


def _interrupted(request: HttpRequest, *, status: int, reason: str) -> HttpResponse:
    typed = [text for name in KEPT if (text := request.POST.get(name, "").strip())]
    context = {"reason": reason, "typed": typed}
    if "HX-Request" not in request.headers:
        return render(request, "interrupted.html", context, status=status)
    return _at_alert(render(request, "_interrupted.html", context, status=status))


def refusal_notice(request: HttpRequest, words: object) -> HttpResponse:
    """To htmx: why a press was not taken, where the page says what went wrong."""
    return _at_alert(render(request, "gallery/_refusal.html", {"words": words}, status=422))


def _at_alert(answer: HttpResponse) -> HttpResponse:
    answer["HX-Retarget"] = "#alert"
    answer["HX-Reswap"] = "innerHTML"
    return answer
