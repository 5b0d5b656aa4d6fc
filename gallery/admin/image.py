"""Kept pictures."""

from __future__ import annotations

from django.contrib import admin

from gallery.models import Image

from .base import ReadOnly


@admin.register(Image)
class ImageAdmin(ReadOnly):
    list_display = ("pk", "owner", "task_id", "mime", "width", "height", "size", "created_at")
    list_filter = ("demo", "mime")
    list_select_related = ("owner",)
    search_fields = ("=pk", "=sha256")
