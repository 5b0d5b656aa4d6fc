"""People: deactivated, never deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from gallery.models import Task, User

from .base import Listed, roubles

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest


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
