"""The installation's one row of settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.jobs import cluster
from gallery.models import Budget, Studio, User

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest


@admin.register(Studio)
class StudioAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The installation's one row."""

    list_display = ("__str__", "pause", "purse_kopecks", "undo_send_seconds")
    fields = ("pause", "purse_kopecks", "undo_send_seconds")
    readonly_fields = ("pause",)
    actions = ("pause_spending", "resume_spending")
    show_full_result_count = False

    @admin.display(description=_("spending"))
    def pause(self, studio: Studio) -> str:
        if not studio.is_paused:
            return str(_("going on"))
        return f"{studio.pause_sentence} {studio.pause_note}".strip()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Studio, form: ModelForm[Studio], change: bool
    ) -> None:
        # Named fields: a pause that trips while this form is open must not be written over.
        obj.save(update_fields=["undo_send_seconds"])
        if "purse_kopecks" in form.changed_data:
            Budget.objects.set_purse(obj.purse_kopecks)

    @admin.action(description=_("Pause real spending"), permissions=["change"])
    def pause_spending(self, request: HttpRequest, rows: QuerySet[Studio]) -> None:
        assert isinstance(request.user, User)
        Studio.objects.pause("by-hand", by=request.user)

    @admin.action(description=_("Resume real spending"), permissions=["change"])
    def resume_spending(self, request: HttpRequest, rows: QuerySet[Studio]) -> None:
        assert isinstance(request.user, User)
        if Studio.objects.resume(by=request.user):
            cluster.wake("submit")
