"""Zips of pictures: whose, how large, and how far."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.models import Zip

from .base import OwnerFilter, ReadOnly, person


@admin.register(Zip)
class ZipAdmin(ReadOnly):
    list_display = ("number", "whose", "status", "count", "done", "size", "created_at")
    list_filter = (OwnerFilter, "status")
    list_select_related = ("owner",)
    search_fields = ("pk",)
    search_help_text = _("A row's number, or a user's name.")
    fields = (
        "owner", "status", "count", "done", "missing", "takes", "size", "reason", "created_at",
        "ready_at", "expires_at",
    )  # fmt: skip

    whose = person("owner", _("owner"))
