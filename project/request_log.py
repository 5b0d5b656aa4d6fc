"""One line for each request, and an id that ties together all that is written meanwhile."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from structlog.contextvars import bind_contextvars, clear_contextvars

from project.log import place

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
ROW = re.compile(r"[0-9]{1,18}")
QUIET = frozenset({"static", "healthz"})


class RequestLog:
    """The outermost middleware: what others do and how long they take belongs to the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        identity = _given_id(request) or secrets.token_hex(8)
        clear_contextvars()  # threads are used again
        bind_contextvars(request=identity, _http=request)
        try:
            response = self.get_response(request)
            response.headers[HEADER] = identity
            _write(request, response.status_code, time.perf_counter() - began)
        finally:
            clear_contextvars()
        return response


def _given_id(request: HttpRequest) -> str | None:
    """The proxy's id, where there is one that we trust; a stranger's could imitate another's."""
    given = request.headers.get(HEADER, "") if settings.TRUSTED_PROXY else ""
    return given if GIVEN.fullmatch(given) else None


def _write(request: HttpRequest, status: int, seconds: float) -> None:
    where = place(request)
    # A page that waits asks each second, and a monitor asks for ever: nothing happened, so far.
    is_quiet = status < 500 and (status == 204 or where in QUIET)
    log.log(
        logging.DEBUG if is_quiet else logging.INFO,
        "request",
        method=request.method,
        url=where,
        **_object_of(request),
        status=status,
        ms=round(seconds * 1000),
    )


def _object_of(request: HttpRequest) -> dict[str, int]:
    """The row that the URL is about, such as task=5: URL names begin with the noun.

    In the panel with the app before it, and there `user` and `event` would be taken for others'.
    """
    match = request.resolver_match
    if match is None or not match.url_name:
        return {}
    row = str(match.kwargs.get("pk", match.kwargs.get("object_id", "")))
    if not ROW.fullmatch(row):
        return {}
    if match.namespace != "admin":
        return {match.url_name.split("_", 1)[0]: int(row)}
    return {"task" if match.url_name.startswith("gallery_task_") else "row": int(row)}
