"""What happened since somebody left: told on coming back, until it is waved away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery.models import User

from .changes import bar
from .requests import StudioRequest, came_from

if TYPE_CHECKING:
    from django.http import HttpResponse


@require_POST
def visit_hear(request: StudioRequest) -> HttpResponse:
    User.objects.hear(request.user)
    return _told(request, _("Dismissed."), reverse("visit_recall"))


@require_POST
def visit_recall(request: StudioRequest) -> HttpResponse:
    User.objects.recall(request.user)
    return _told(request, _("Taken back."))


def _told(request: StudioRequest, words: str, undo: str = "") -> HttpResponse:
    """With the words, what is told by now."""
    request.user.refresh_from_db(fields=["heard_back_at"])
    back = came_from(request) or reverse("studio_show")
    return bar(request, words, undo, back, "gallery/_since_changed.html")
