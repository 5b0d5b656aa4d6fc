"""What the words and the keys of this house mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.models import Studio

if TYPE_CHECKING:
    from django.http import HttpResponse

    from .requests import StudioRequest


@require_safe
def help_show(request: StudioRequest) -> HttpResponse:
    context = {
        "undo_seconds": Studio.objects.current().undo_send_seconds,
        "lost_hours": round(settings.LOST_SECONDS / 3600),
    }
    return render(request, "gallery/help_show.html", context)
