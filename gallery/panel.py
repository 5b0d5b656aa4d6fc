"""The panel: Django's admin site with a front page of our own.

Not in `gallery.admin`, whose modules register with it as they are imported.
"""

from __future__ import annotations

import platform
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.archive.store import free_bytes
from gallery.jobs import balance, cluster
from gallery.models import account, report

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
ARTEL = tomllib.loads(PROJECT.read_text())["project"]["version"]

MAIN = (
    "Task",
    "Prompt",
    "Batch",
    "Image",
    "Charge",
    "Budget",
    "User",
    "ImageModel",
    "Studio",
    "LogEntry",
)
"""What the line of links leads to, in its order; the rest stands on the front page alone."""


class PanelSite(admin.AdminSite):
    site_header = site_title = "Artel"
    index_title = _("Administration")
    enable_nav_sidebar = False

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        found = {
            model["object_name"]: model
            for app in context["available_apps"]
            for model in app["models"]
            if model["admin_url"]
        }
        context["panel_links"] = [found.pop(name) for name in MAIN if name in found]
        context["panel_rest"] = list(found.values())
        return context

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """What one opens daily: what waits, what was spent, what is slow, and who is well."""
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "subtitle": None,
            "now": timezone.now(),
            **_figures(request.user),
            **_house(),
            **(extra_context or {}),
        }
        request.current_app = self.name
        return TemplateResponse(request, "admin/index.html", context)

    def app_index(  # type: ignore[override]
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The front page has every list: a page for some of them would be a click more."""
        return redirect("admin:index")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One's own page changes it, and counts the guesses of whoever finds a session open."""
        return redirect("profile_show")

    password_change_done = password_change  # type: ignore[assignment]


def _figures(user: Any) -> dict[str, Any]:
    """Sums of rows, for those who may see the rows."""
    figures: dict[str, Any] = {}
    if user.has_perm("gallery.view_user"):
        figures["held"] = report.held()
    if user.has_perm("gallery.view_imagemodel"):
        figures["forbidden"] = report.forbidden()
    if user.has_perm("gallery.view_task"):
        figures |= {
            "waiting": report.waiting(),
            "unsaved": report.unsaved(),
            "failures": report.failures(),
            "speeds": report.speeds(),
        }
    if user.has_perm("gallery.view_charge") and user.has_perm("gallery.view_budget"):
        figures |= {
            "month": report.month(),
            "by_user": report.by_user(),
            "by_model": report.by_model(),
            "account": account(),
            "may_explain": user.has_perm("gallery.change_balance"),
        }
        balance.refresh()
    return figures


def _house() -> dict[str, Any]:
    """How the machinery is: queue, disk, versions."""
    seen = cluster.last_heartbeat()
    age = round((timezone.now() - seen).total_seconds()) if seen else None
    free = free_bytes(settings.DATA_DIR)
    database = ".".join(str(part) for part in connection.get_database_version())
    return {
        "beat": age,
        "is_beating": age is not None and age <= settings.HEARTBEAT_LATE_SECONDS,
        "free": free,
        "is_roomy": free >= settings.DISK_FLOOR_BYTES,
        "versions": [
            ("Artel", ARTEL),
            ("Django", django.get_version()),
            ("Python", platform.python_version()),
            ("django-q2", version("django-q2")),
            (connection.display_name, database),
        ],
    }
