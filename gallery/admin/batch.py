"""Presses of a button that spent."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.models import Batch

from .base import ReadOnly, roubles


@admin.register(Batch)
class BatchAdmin(ReadOnly):
    list_display = ("pk", "owner", "prompt_id", "kind", "count", "total", "created_at")
    list_filter = ("kind",)
    list_select_related = ("owner",)
    fields = ("owner", "prompt", "kind", "count", "total", "created_at")
    readonly_fields = ("total",)

    total = roubles("total_kopecks", _("total"))
