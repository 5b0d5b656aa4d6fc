"""Recipes, and the pictures given as context."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.models import Prompt, Reference
from gallery.templatetags.artel import shorten

from .base import ReadOnly


@admin.register(Prompt)
class PromptAdmin(ReadOnly):
    list_display = ("pk", "beginning", "owner", "model", "ratio", "created_at")
    list_filter = ("model", "ratio")
    list_select_related = ("owner", "model")
    search_fields = ("search_text",)
    fields = ("text", "owner", "model", "ratio", "parent", "created_at")

    @admin.display(description=_("text"))
    def beginning(self, prompt: Prompt) -> str:
        return shorten(prompt.text, 80)


@admin.register(Reference)
class ReferenceAdmin(ReadOnly):
    list_display = ("pk", "prompt_id", "position", "url")
    search_fields = ("url",)
