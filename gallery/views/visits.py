"""What happened since somebody left: told on coming back, until it is waved away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery.models import User

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
    """To htmx the bar that says so, and what is told by now; else the page that one came from."""
    if request.htmx:
        request.user.refresh_from_db(fields=["heard_back_at"])
        return render(request, "gallery/_since_changed.html", {"words": words, "undo": undo})
    messages.success(request, words, extra_tags=undo)
    return redirect(came_from(request) or reverse("studio_show"))
