"""The installation's one row of settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Min
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.archive.store import free_bytes
from gallery.jobs import balance, cluster, library, sweep
from gallery.models import Balance, Budget, ImageModel, Studio, Task, TaskStatus, User
from gallery.templatetags.artel import rub

from .deeds import Deed, Doing, Refused
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
        help_text=_("Everybody reads it beside the notice, on every page."),
    )


class ResumeForm(forms.Form):
    all_the_same = forms.BooleanField(
        required=False,
        label=_("Resume all the same"),
        help_text=_("For when Artel cannot see it, and you know that the cause is gone."),
    )


SEEN_IN_BALANCE = frozenset({"balance-empty", "key-refused", "no-key", "breaker"})
"""Reasons of a pause that a reading of the balance tells to be gone, for nothing."""


SEEN_IN_TASKS = {
    "archiver-dead": (
        sweep.is_archive_stuck,
        _(
            "Finished pictures still wait to be saved, and none was saved in the last minutes. "
            "Mend the reason that their tasks give, or tick the box."
        ),
    ),
    "unreadable": (
        sweep.are_answers_unreadable,
        _(
            "The provider's answers about pictures are still not understood. Ask whether its API "
            "has changed and whether there is a newer Artel, or tick the box."
        ),
    ),
}
"""Reasons that the tasks show to be there still: by what, and what is said of it then."""


def needs_reading(studio: Studio) -> bool:
    if studio.pause_reason == "no-key" and settings.IS_DEMO:
        return False  # there is nobody to ask
    return studio.is_paused and studio.pause_reason in SEEN_IN_BALANCE


def is_doubtful(studio: Studio) -> bool:
    """Whether a person may have to say that the cause is gone."""
    return needs_reading(studio) or bool(seen_in_tasks(studio))


def seen_in_tasks(studio: Studio) -> str:
    """What is said of a cause that the tasks show to be there still; else empty."""
    if studio.pause_reason == "restored":
        asked = gettext("Look through the unknown tasks first (%d), or tick the box.")
        return asked % unknown if (unknown := open_unknowns()) else ""
    is_there, words = SEEN_IN_TASKS.get(studio.pause_reason, (bool, ""))
    return str(words) if is_there() else ""


def open_unknowns() -> int:
    """Tasks of which nobody has said yet whether they were paid for."""
    return Task.objects.unknown().count()


def pause(studio: Studio, by: User, typed: dict[str, Any]) -> bool:
    return Studio.objects.pause("by-hand", by=by, note=typed.get("note", ""))


def resume(studio: Studio, by: User, typed: dict[str, Any]) -> bool:
    """Let spending go on, unless its cause can be seen to be there still."""
    refuse_by_sight(studio.pause_reason)
    all_the_same = bool(typed.get("all_the_same"))
    if needs_reading(studio):
        refuse_by_reading(studio.pause_reason, all_the_same=all_the_same)
    elif not all_the_same and (words := seen_in_tasks(studio)):
        raise Refused(words)
    resumed = Studio.objects.resume(by=by)
    if resumed:
        cluster.wake("submit")
    return resumed


def refuse_by_sight(reason: str) -> None:
    """What can be seen here to be there still is nobody's to wave through."""
    if reason == "disk-full" and free_bytes(settings.DATA_DIR) < settings.DISK_FLOOR_BYTES:
        raise Refused(gettext("The disk is still nearly full. Make room first."))
    if reason == "archive-gone" and library.is_gone():
        raise Refused(gettext("The folder of the pictures is still gone. Mount its disk first."))
    if reason == "no-key" and settings.IS_DEMO:
        raise Refused(
            gettext("There is still no API key. Set GPTUNNEL_API_KEY and start Artel anew.")
        )


def refuse_by_reading(reason: str, *, all_the_same: bool) -> None:
    """A young reading, made since the pause, has the last word; without one it is a person's."""
    fresh = Balance.objects.young()
    if fresh is not None and fresh.shows(reason):
        if fresh.reason == "key-refused":
            raise Refused(gettext("The provider still refuses the API key: it was asked just now."))
        raise Refused(
            gettext("The balance at the provider is still used up: it was read just now.")
        )
    if all_the_same:
        return
    if fresh is not None and fresh.left_kopecks is not None:
        if reason == "balance-empty":
            refuse_what_pays_for_none(fresh.left_kopecks)
        return
    if fresh is None:
        raise Refused(
            gettext(
                "The balance is being read. Press again in a moment; if it does not come, tick "
                "the box."
            )
        )
    raise Refused(
        gettext("The balance cannot be read, so that nobody can tell. Tick the box to resume.")
    )


def refuse_what_pays_for_none(left_kopecks: int) -> None:
    """Less than one picture costs would be used up again by the next create."""
    price = cheapest()
    if price is not None and left_kopecks < price:
        words = gettext(
            "The balance at the provider is %(left)s, credit included, and the cheapest picture "
            "costs %(price)s. Top it up first, or tick the box."
        )
        raise Refused(words % {"left": rub(left_kopecks), "price": rub(price)})


def cheapest() -> int | None:
    """Kopecks of the cheapest picture that would be sent: of those that wait, else of any."""
    waiting = Task.objects.current().filter(status=TaskStatus.QUEUED, model__is_enabled=True)
    queued: int | None = waiting.aggregate(least=Min("price_kopecks"))["least"]
    if queued is not None:
        return queued
    any_one: int | None = ImageModel.objects.enabled().aggregate(least=Min("price_kopecks"))[
        "least"
    ]
    return any_one


@admin.register(Studio)
class StudioAdmin(Doing, admin.ModelAdmin):  # type: ignore[type-arg]
    """The installation's one row: its list is its page."""

    form = StudioForm
    fields = ("spending", "pauses", "purse_kopecks", "signup_open", "undo_send_seconds")
    readonly_fields = ("spending", "pauses")
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
        Deed(
            "resume",
            _("Resume real spending"),
            resume,
            lambda studio: studio.is_paused,
            form=ResumeForm,
            asks=is_doubtful,
            aside="admin/_reading.html",
        ),
    )

    @admin.display(description=_("spending"))
    def spending(self, studio: Studio) -> str:
        if not studio.is_paused:
            return str(_("going on"))
        return f"{studio.pause_sentence} {studio.pause_note}".strip()

    @admin.display(description=_("earlier pauses"))
    def pauses(self, studio: Studio) -> str:
        url = reverse("admin:gallery_pause_changelist")
        return format_html('<a href="{}">{}</a>', url, gettext("Show them"))

    def get_fields(self, request: HttpRequest, obj: Studio | None = None) -> Any:
        sees_pauses = request.user.has_perm("gallery.view_pause")
        return [name for name in self.fields if name != "pauses" or sees_pauses]

    def deed_context(self, request: HttpRequest, deed: Deed, row: Any) -> dict[str, Any]:
        """Of resuming: what the balance says, read anew for whoever looks."""
        if deed.name != "resume":
            return {}
        if not needs_reading(row):
            unknown = open_unknowns() if row.pause_reason == "restored" else 0
            return {"studio": row, "unknown": unknown}
        balance.refresh()
        return {"studio": row, "is_read": True, "reading": Balance.objects.newest()}

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
