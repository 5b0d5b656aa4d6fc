"""The stories of tasks, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.models import Event

from .base import ReadOnly, ReadOnlyInline, belongs_to, of_task_number, to_the_second

if TYPE_CHECKING:
    from django.db.models import QuerySet


class EventInline(ReadOnlyInline):
    model = Event
    verbose_name_plural = _("story")
    fields = ("at", "words", "reason_sentence", "detail", "note", "actor")
    readonly_fields = fields

    at = to_the_second

    @admin.display(description=_("what"))
    def words(self, event: Event) -> str:
        return event.words

    @admin.display(description=_("reason"))
    def reason_sentence(self, event: Event) -> str:
        return event.reason_sentence

    @admin.display(description=_("detail"))
    def detail(self, event: Event) -> str:
        return event.detail

    @admin.display(description=_("note"))
    def note(self, event: Event) -> str:
        return event.note


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("number", "of_task", "what", "why", "actor", "created_at")
    fields = ("of_task", "what", "why", "actor", "created_at", "facts")
    readonly_fields = fields
    list_select_related = ("actor",)
    search_fields = ("task",)
    search_help_text = _("A task's number.")

    of_task = belongs_to("task", _("task"))

    def found(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        return of_task_number(rows, words)

    @admin.display(description=_("what"))
    def what(self, event: Event) -> str:
        return event.words

    @admin.display(description=_("reason"))
    def why(self, event: Event) -> str:
        return event.reason_sentence
