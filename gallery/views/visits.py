"""What happened since somebody left: told on coming back, until it is waved away."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from gallery.models import User

from .requests import StudioRequest


@require_POST
def visit_hear(request: StudioRequest) -> HttpResponse:
    User.objects.hear(request.user)
    return HttpResponse() if request.htmx else redirect("studio_show")
