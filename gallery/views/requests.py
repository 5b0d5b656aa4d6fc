"""The request as our views get it: with its user, and what htmx said."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from gallery.models import User

PLACE = re.compile(r"(-?\d{1,18}\.)?\d{1,18}", re.ASCII)


class StudioRequest(HttpRequest):
    """Behind the login: the user is one of ours."""

    user: User
    htmx: HtmxDetails


def whole_number(text: str | None) -> int | None:
    """A row's number from a query string; None when it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def place_of(text: str) -> tuple[int, ...]:
    """A row's place in an order, as an address has it: `3.1234`, or its number alone; empty when it
    is none. A collection's places are below zero after moves to its front.
    """
    return tuple(map(int, text.split("."))) if PLACE.fullmatch(text) else ()


def typed(request: HttpRequest, name: str) -> str:
    """What stands in a field of the address, without NUL, which no column can hold."""
    return request.GET.get(name, "").replace("\0", "")


def sent(request: HttpRequest) -> QueryDict | None:
    """What was posted, be it nothing; None to a page that is only looked at."""
    return request.POST if request.method == "POST" else None


def gallery_at(query: str) -> str:
    """The address of the gallery with this search."""
    return f"{reverse('image_list')}?{query}".removesuffix("?")


def came_from(request: HttpRequest) -> str:
    """The address here that a form was on, with its search, or the `next` one that it names; empty
    when that is elsewhere.
    """
    named = request.POST.get("next")
    hosts = {request.get_host()}
    try:
        page = request.build_absolute_uri(named) if named else request.META.get("HTTP_REFERER", "")
        parts = urlsplit(page)
    except ValueError:  # such as http://[
        return ""
    if not url_has_allowed_host_and_scheme(page, hosts, require_https=request.is_secure()):
        return ""
    back = f"{parts.path}?{parts.query}" if parts.query else parts.path
    # A path that begins like //evil.example is another's address to a browser.
    return back if url_has_allowed_host_and_scheme(back, None) else ""


def is_on_studio(request: HttpRequest) -> bool:
    """Whether the page that asks is the studio's own."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    try:
        path = urlsplit(page).path
    except ValueError:
        return False
    return path == reverse("studio_show")
