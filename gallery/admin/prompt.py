"""Recipes, and the pictures given as context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from gallery import search
from gallery.models import Prompt, Reference
from gallery.templatetags.artel import shorten

from .base import OwnerFilter, ReadOnly, SinceFilter, belongs_to, person

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


def prompt_link(prompt: Prompt) -> str:
    """The beginning of a prompt, leading to its page."""
    url = reverse("admin:gallery_prompt_change", args=[prompt.pk])
    return format_html('<a href="{}">{}</a>', url, shorten(prompt.text, 80) or f"{prompt.pk}")


class ReferenceInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Reference
    template = "admin/_story.html"
    fields = readonly_fields = ("position", "url")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Prompt)
class PromptAdmin(ReadOnly):
    list_display = ("number", "beginning", "whose", "model", "ratio", "created_at")
    list_filter = (OwnerFilter, "model", SinceFilter)
    list_select_related = ("owner", "model")
    search_fields = ("search_text",)
    search_help_text = _("Words of a prompt, its number, or a user's name.")
    fields = ("text", "owner", "model", "ratio", "parent", "created_at", "trashed_at", "purged_at")
    inlines = (ReferenceInline,)

    whose = person("owner", _("owner"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prompt]:
        return super().get_queryset(request).defer("search_text")

    def found_by_words(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        return search.holding(rows, words.split())

    @admin.display(description=_("text"))
    def beginning(self, prompt: Prompt) -> str:
        return shorten(prompt.text, 80)


@admin.register(Reference)
class ReferenceAdmin(ReadOnly):
    list_display = ("number", "of_prompt", "position", "url")
    search_fields = ("prompt",)
    search_help_text = _("A prompt's number.")

    of_prompt = belongs_to("prompt", _("prompt"))

    def found(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        is_number = words.isascii() and words.isdigit() and len(words) < 19
        return rows.filter(prompt_id=int(words)) if is_number else rows.none()
