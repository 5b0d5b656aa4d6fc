"""Presses of a button that spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from gallery.models import Batch

from .base import OwnerFilter, ReadOnly, SinceFilter, person, roubles
from .prompt import prompt_link

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(Batch)
class BatchAdmin(ReadOnly):
    list_display = ("number", "whose", "recipe", "kind", "count", "total", "created_at")
    list_filter = ("kind", OwnerFilter, SinceFilter)
    list_select_related = ("owner", "prompt")
    search_fields = ("pk",)
    search_help_text = _("A batch's number, or a user's name.")
    fields = ("owner", "prompt", "kind", "count", "total", "created_at", "tasks")
    readonly_fields = ("total", "tasks")

    total = roubles("total_kopecks", _("total"))
    whose = person("owner", _("owner"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return super().get_queryset(request).defer("prompt__search_text")

    @admin.display(description=_("prompt"))
    def recipe(self, batch: Batch) -> str:
        return prompt_link(batch.prompt)

    @admin.display(description=_("tasks"))
    def tasks(self, batch: Batch) -> str:
        url = reverse("admin:gallery_task_changelist")
        return format_html('<a href="{}?batch__id__exact={}">{}</a>', url, batch.pk, batch.count)
