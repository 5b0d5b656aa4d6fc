"""What administrators did: written by every button and form of the panel, edited by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from gallery.templatetags.panel import deed_words

from .base import ReadOnly, UserFilter, person

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnly):
    list_display = ("action_time", "who", "what", "row")
    list_filter = (UserFilter, ("content_type", admin.RelatedOnlyFieldListFilter), "action_time")
    list_select_related = ("user", "content_type")
    search_fields = ("user",)
    search_help_text = _("A user's name.")
    fields = ("action_time", "who", "what", "row")
    readonly_fields = fields

    who = person("user", _("who"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        return super().get_queryset(request).order_by("-pk")

    def found_by_owner(self, rows: QuerySet[Any], owner: Any) -> QuerySet[Any]:
        return rows.filter(user=owner)

    @admin.display(description=_("what"))
    def what(self, entry: LogEntry) -> str:
        return deed_words(entry)

    @admin.display(description=_("on what"))
    def row(self, entry: LogEntry) -> str:
        kind = entry.content_type.name if entry.content_type else ""
        url = None if entry.is_deletion() else entry.get_admin_url()
        if not url:
            return f"{kind} {entry.object_repr}"
        return format_html('<a href="{}">{} {}</a>', url, kind, entry.object_repr)
