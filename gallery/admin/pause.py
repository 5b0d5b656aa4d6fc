"""When real spending stood still, and why: what the machinery did by itself is told here too."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.models import Pause

from .base import ReadOnly, person


@admin.register(Pause)
class PauseAdmin(ReadOnly):
    list_display = ("paused_at", "reason_sentence", "note", "who", "ended_at", "who_resumed")
    fields = list_display
    readonly_fields = list_display
    list_select_related = ("paused_by", "resumed_by")

    who = person("paused_by", _("paused by"))
    who_resumed = person("resumed_by", _("resumed by"))

    @admin.display(description=_("reason"))
    def reason_sentence(self, pause: Pause) -> str:
        return pause.reason_sentence
