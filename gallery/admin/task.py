"""Tasks with their story and their money."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.models import Charge, Event, Task

from .base import ReadOnly, ReadOnlyInline, roubles


class EventInline(ReadOnlyInline):
    model = Event
    fields = ("created_at", "words", "reason_sentence", "detail", "actor")
    readonly_fields = fields


class ChargeInline(ReadOnlyInline):
    model = Charge
    fields = ("created_at", "kind", "held", "spent", "month", "actor", "note")
    readonly_fields = fields

    held = roubles("held_kopecks", _("held"))
    spent = roubles("spent_kopecks", _("spent"))


@admin.register(Task)
class TaskAdmin(ReadOnly):
    list_display = ("pk", "status", "reason_sentence", "owner", "model", "price", "created_at")
    list_filter = ("status", "model")
    list_select_related = ("owner", "model")
    search_fields = ("=pk", "=remote_id")
    inlines = (EventInline, ChargeInline)
    exclude = ("claim", "price_kopecks", "cost_kopecks")
    readonly_fields = ("status", "price", "reason_sentence")

    price = roubles("price_kopecks", _("price"))

    @admin.display(description=_("reason"))
    def reason_sentence(self, task: Task) -> str:
        return task.reason_sentence


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("pk", "task_id", "words", "reason_sentence", "actor", "created_at")
    list_select_related = ("actor",)
    search_fields = ("=task__pk",)
