"""Django's admin, made safe: what the verbs of the models keep right cannot be set wrong here.

Money, states and stories are shown, never edited; what can be edited goes through the verbs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_q import admin as queue_admin
from django_q.models import Failure, OrmQ, Success

from .jobs import cluster
from .models import (
    Batch,
    Budget,
    Charge,
    Event,
    Image,
    ImageModel,
    Lease,
    Prompt,
    Reference,
    Studio,
    Task,
    User,
)
from .templatetags.artel import rub, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise


def roubles(kopecks: str, description: StrOrPromise) -> Callable[[Any, Model], str]:
    """A column that shows the field `kopecks` as money."""

    @admin.display(description=description)
    def shown(self: Any, row: Model) -> str:
        return rub(getattr(row, kopecks))

    return shown


admin.site.site_header = admin.site.site_title = "Artel"
admin.site.index_title = _("Administration")

COUNTED = 10_000
"""Rows that a list counts at most: counting a whole table takes longer than showing a page."""


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[: COUNTED + 1].count())


class Listed(admin.ModelAdmin):  # type: ignore[type-arg]
    """What every list here has in common."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50


class ReadOnly(Listed):
    """Rows that only the models' verbs write."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]
    """What happened to a task, with who did it."""

    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("actor")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


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


@admin.register(User)
class StudioUserAdmin(Listed, UserAdmin):  # type: ignore[type-arg]
    """People. Deactivated, never deleted; deactivating cancels what they have queued."""

    list_display = ("username", "email", "is_staff", "is_active", "limit", "last_login")
    readonly_fields = ("is_active", "last_login", "date_joined", "content_refusals")
    actions = ("deactivate", "activate")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Money"), {"fields": ("monthly_limit_kopecks",)}),
        (_("Refused"), {"fields": ("content_refusals",)}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    filter_horizontal = ("groups",)

    limit = roubles("monthly_limit_kopecks", _("monthly limit"))

    @admin.display(description=_("content refusals"))
    def content_refusals(self, user: User) -> int:
        """Repeats may cost the installation its key, so that somebody should know of them."""
        return Task.objects.of(user).content_refused().count()

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[Any]:
        rights = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups")
        return [*self.readonly_fields, *rights]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if "monthly_limit_kopecks" in form.changed_data:
            User.objects.set_limit(obj, obj.monthly_limit_kopecks)

    @admin.action(description=_("Deactivate; cancel what is queued"), permissions=["change"])
    def deactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        assert isinstance(request.user, User)
        for user in users:
            if user == request.user:
                self.message_user(request, _("You cannot deactivate yourself."), messages.WARNING)
            else:
                User.objects.deactivate(user, by=request.user)

    @admin.action(description=_("Activate"), permissions=["change"])
    def activate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        users.update(is_active=True)


@admin.register(ImageModel)
class ImageModelAdmin(Listed):
    list_display = ("label", "remote_id", "price", "is_enabled", "off_sentence", "max_references")
    list_filter = ("is_enabled",)
    search_fields = ("label", "remote_id")
    readonly_fields = ("is_enabled", "off_sentence", "off_detail", "off_since")
    actions = ("switch_on", "switch_off")

    @admin.display(description=_("price"), ordering="price_kopecks")
    def price(self, model: ImageModel) -> str:
        return rub(model.price_kopecks)

    @admin.display(description=_("why it is off"))
    def off_sentence(self, model: ImageModel) -> str:
        return model.off_sentence

    def get_fields(self, request: HttpRequest, obj: ImageModel | None = None) -> list[Any]:
        own = ["remote_id", "label", "price_kopecks", "ratios", "max_references", "position"]
        return [*own, *(self.readonly_fields if obj else ())]

    def get_readonly_fields(self, request: HttpRequest, obj: ImageModel | None = None) -> list[Any]:
        # What is queued was agreed to for this id's price, and history names what made it.
        return [*self.readonly_fields, *(("remote_id",) if obj else ())]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.action(description=_("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, models: QuerySet[ImageModel]) -> None:
        for model in models:
            ImageModel.objects.switch_on(model.pk)

    @admin.action(description=_("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, models: QuerySet[ImageModel]) -> None:
        for model in models:
            ImageModel.objects.switch_off(model.pk, "not-chosen")


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


@admin.register(Batch)
class BatchAdmin(ReadOnly):
    list_display = ("pk", "owner", "prompt_id", "kind", "count", "total", "created_at")
    list_filter = ("kind",)
    list_select_related = ("owner",)
    fields = ("owner", "prompt", "kind", "count", "total", "created_at")
    readonly_fields = ("total",)

    total = roubles("total_kopecks", _("total"))


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


@admin.register(Image)
class ImageAdmin(ReadOnly):
    list_display = ("pk", "owner", "task_id", "mime", "width", "height", "size", "created_at")
    list_filter = ("demo", "mime")
    list_select_related = ("owner",)
    search_fields = ("=pk", "=sha256")


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("pk", "task_id", "words", "reason_sentence", "actor", "created_at")
    list_select_related = ("actor",)
    search_fields = ("=task__pk",)


@admin.register(Charge)
class ChargeAdmin(ReadOnly):
    list_display = ("pk", "task_id", "user", "kind", "held", "spent", "month", "demo", "created_at")
    list_filter = ("kind", "demo")
    list_select_related = ("user",)
    search_fields = ("=task__pk",)

    held = roubles("held_kopecks", _("held"))
    spent = roubles("spent_kopecks", _("spent"))


@admin.register(Budget)
class BudgetAdmin(ReadOnly):
    list_display = ("month", "whose", "demo", "limit", "held", "spent")
    list_filter = ("demo",)
    list_select_related = ("user",)

    @admin.display(description=_("whose"))
    def whose(self, budget: Budget) -> str:
        return budget.user.get_username() if budget.user else str(_("the purse"))

    limit = roubles("limit_kopecks", _("limit"))
    held = roubles("held_kopecks", _("held"))
    spent = roubles("spent_kopecks", _("spent"))


@admin.register(Lease)
class LeaseAdmin(ReadOnly):
    list_display = ("name", "holder", "until", "seen_at")


# django-q2's own pages let whoever edits a schedule run any importable function: they go, and its
# schedules come back to be looked at.
for queue_model in (queue_admin.Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(queue_model):
        admin.site.unregister(queue_model)


@admin.register(queue_admin.Schedule)
class ScheduleAdmin(ReadOnly):
    list_display = ("name", "func", "schedule_type", "minutes", "next_run", "repeats")
    fields = ("name", "func", "schedule_type", "minutes", "next_run", "repeats")
