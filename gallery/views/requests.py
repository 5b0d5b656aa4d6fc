"""The request as our views get it: with its user, and what htmx said."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from gallery.models import Budget, Left, User


class StudioRequest(HttpRequest):
    """Behind the login: the user is one of ours."""

    user: User
    htmx: HtmxDetails


def whole_number(text: str | None) -> int | None:
    """A row's number from a query string; None when it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def left_on_page(request: StudioRequest) -> Left | None:
    """What is left, for the answer to a page that shows it: the studio's own, by where we came."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    try:
        path = urlsplit(page).path
    except ValueError:
        return None
    if path != reverse("studio_show"):
        return None
    return Budget.objects.left(request.user, demo=settings.IS_DEMO)
