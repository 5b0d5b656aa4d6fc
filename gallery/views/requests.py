"""The request as our views get it: with its user, and what htmx said."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from gallery.models import User


class StudioRequest(HttpRequest):
    """Behind the login: the user is one of ours."""

    user: User
    htmx: HtmxDetails


def whole_number(text: str | None) -> int | None:
    """A row's number from a query string; None when it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
