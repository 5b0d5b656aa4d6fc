"""What browsers and robots ask every site for, at addresses that nobody chooses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

if TYPE_CHECKING:
    from django.http import HttpRequest

ICON = Path(__file__).resolve().parents[2] / "static" / "favicon.ico"
DAY = 24 * 3600
ROBOTS = "User-agent: *\nDisallow: /\n"


@login_not_required
@require_safe
@cache_control(public=True, max_age=DAY)
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing here is for search engines."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
@cache_control(public=True, max_age=DAY)
def favicon(request: HttpRequest) -> FileResponse:
    """For what looks at no page's links: bookmarks, pictures and downloads opened by themselves."""
    return FileResponse(ICON.open("rb"), content_type="image/x-icon")
