"""The installation's one row of settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gallery.jobs import cluster
from gallery.models import Budget, Studio, User

from .deeds import Deed, Doing
from .roubles import purse

if TYPE_CHECKING:
    from django.db.models import Model
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse


class StudioForm(forms.ModelForm):  # type: ignore[type-arg]
    purse_kopecks = purse(_("Monthly purse, roubles"))

    class Meta:
        model = Studio
        fields = ("purse_kopecks", "signup_open", "undo_send_seconds")
        help_texts = {
            "signup_open": _("Whoever reaches the login page may make an account."),
            "undo_send_seconds": _("0 to 10: so long a press can be taken back, free of charge."),
        }


class PauseForm(forms.Form):
    note = forms.CharField(
        max_length=500,
        required=False,
        label=_("Why?"),
        help_text=_("Shown here to whoever thinks of resuming."),
    )


def pause(studio: Studio, by: User, typed: dict[str, Any]) -> bool:
    return Studio.objects.pause("by-hand", by=by, note=typed.get("note", ""))


def resume(studio: Studio, by: User, typed: dict[str, Any]) -> bool:
    resumed = Studio.objects.resume(by=by)
    if resumed:
        cluster.wake("submit")
    return resumed


@admin.register(Studio)
class StudioAdmin(Doing, admin.ModelAdmin):  # type: ignore[type-arg]
    """The installation's one row: its list is its page."""

    form = StudioForm
    fields = ("spending", "purse_kopecks", "signup_open", "undo_send_seconds")
    readonly_fields = ("spending",)
    deeds = (
        Deed(
            "pause",
            _("Pause real spending"),
            pause,
            lambda studio: not studio.is_paused,
            form=PauseForm,
            told=("note",),
            words=_(
                "Nothing more that costs money is sent to the provider until somebody resumes. "
                "What it has accepted is still asked for and saved. Demo pictures are drawn "
                "all the same."
            ),
        ),
        Deed("resume", _("Resume real spending"), resume, lambda studio: studio.is_paused),
    )

    @admin.display(description=_("spending"))
    def spending(self, studio: Studio) -> str:
        if not studio.is_paused:
            return str(_("going on"))
        return f"{studio.pause_sentence} {studio.pause_note}".strip()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("admin:gallery_studio_change", Studio.objects.current().pk)

    def response_change(self, request: HttpRequest, obj: Studio) -> HttpResponse:
        super().response_change(request, obj)  # for its message
        return redirect(reverse("admin:gallery_studio_change", args=[obj.pk]))

    def save_model(
        self, request: HttpRequest, obj: Studio, form: ModelForm[Studio], change: bool
    ) -> None:
        # Named fields: a pause that trips while this form is open must not be written over.
        changed = [name for name in form.changed_data if name != "purse_kopecks"]
        obj.save(update_fields=changed)
        if "purse_kopecks" in form.changed_data:
            Budget.objects.set_purse(obj.purse_kopecks)
