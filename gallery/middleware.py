"""Who is not logged in sees the login form, and loses nothing that was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.middleware import LoginRequiredMiddleware

from .views.errors import session_lost

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase


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
