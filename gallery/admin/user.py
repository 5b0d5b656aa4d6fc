"""People: invited by a one-time link, deactivated, never deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gallery.forms.accounts import TAKEN
from gallery.jobs import cluster
from gallery.models import Budget, Charge, Image, Prompt, Task, User
from gallery.templatetags.artel import rub

from .base import SEARCHED, Listed, roubles
from .deeds import Deed, Doing, Refused
from .roubles import purse

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    """Somebody new. Nobody types a password for another: they set it by the link."""

    monthly_limit_kopecks = purse(_("Monthly limit, roubles"))

    class Meta:
        model = User
        fields = ("username", "email", "monthly_limit_kopecks")

    def clean_username(self) -> str:
        username: str = User.normalize_username(self.cleaned_data["username"])
        if User.objects.is_taken(username):
            raise forms.ValidationError(TAKEN)
        return username

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit=False)
        user.set_unusable_password()
        if commit:
            user.save()
        return user


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    monthly_limit_kopecks = purse(_("Monthly limit, roubles"))

    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007 - the ModelAdmin chooses
        # Django's own words speak of a tick, which is none here.
        help_texts = {"is_active": _("Deactivate and Activate, above, change this.")}


def link(user: User, by: User, typed: dict[str, Any]) -> bool:
    """Only whether there may be one: the answer makes it, and nothing but the page has it."""
    return user.is_active


def end_sessions(user: User, by: User, typed: dict[str, Any]) -> bool:
    User.objects.end_sessions(user)
    return True


def deactivate(user: User, by: User, typed: dict[str, Any]) -> bool:
    if user == by:
        raise Refused(gettext("You cannot deactivate yourself."))
    if not User.objects.filter(pk=user.pk, is_active=True).exists():
        return False
    User.objects.deactivate(user, by=by)
    return True


def activate(user: User, by: User, typed: dict[str, Any]) -> bool:
    return User.objects.activate(user)


def lift_hold(user: User, by: User, typed: dict[str, Any]) -> bool:
    if user.pk == by.pk and not by.is_superuser:
        raise Refused(gettext("Nobody lifts the hold of their own sending."))
    lifted = User.objects.lift_hold(user, by=by)
    if lifted:
        cluster.wake("submit")
    return lifted


def is_active(user: User) -> bool:
    return user.is_active


admin.site.unregister(Group)


class RightsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Rights in the reader's language: Django's names of them are rows of the database."""

    WORDS: ClassVar[dict[str, StrOrPromise]] = {
        "view": _("%(rows)s: see"),
        "add": _("%(rows)s: add"),
        "change": _("%(rows)s: change and act"),
    }

    def label_from_instance(self, right: Model) -> str:
        assert isinstance(right, Permission)
        verb, _of, _name = right.codename.partition("_")
        kind = right.content_type.model_class()
        assert kind is not None
        return capfirst(str(self.WORDS[verb]) % {"rows": kind._meta.verbose_name_plural})


@admin.register(Group)
class RightsAdmin(Listed, GroupAdmin):
    """Rights by the group: whoever may edit one could give themselves all of them."""

    filter_horizontal = ()

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        if db_field.name == "permissions" and request is not None:
            kwargs["queryset"] = self._rights(request)
            kwargs["form_class"] = RightsField
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _rights(self, request: HttpRequest) -> QuerySet[Permission]:
        """Those that open something in the panel: most of Django's would let nobody do anything."""
        meant = Q()
        for kind, kind_admin in self.admin_site._registry.items():
            verbs = {"view"}
            if kind is not Group:  # rights are given by superusers alone
                allowed = kind_admin.get_model_perms(request)
                verbs |= {verb for verb in ("add", "change") if allowed[verb]}
            if isinstance(kind_admin, Doing) and kind_admin.may_do(request):
                verbs.add("change")
            names = [get_permission_codename(verb, kind._meta) for verb in verbs]
            meant |= Q(content_type__app_label=kind._meta.app_label, codename__in=names)
        return Permission.objects.filter(meant).order_by("content_type__model", "codename")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(User)
class StudioUserAdmin(Doing, Listed, UserAdmin):  # type: ignore[type-arg]
    """People. Deactivated, never deleted; deactivating cancels what they have queued."""

    form = PersonForm
    add_form = InviteForm
    add_form_template = None
    list_display = ("username", "email", "is_staff", "is_active", "limit", "last_login")
    list_filter = ("is_active", "is_staff", "date_joined")
    list_select_related = ()
    search_fields = ("username", "email", "first_name", "last_name")
    readonly_fields = (
        "is_active", "last_login", "date_joined", "content_refusals", "hold",
        "this_month", "theirs",
    )  # fmt: skip
    actions = ("deactivate", "activate", "end_sessions")
    fieldsets = (
        (None, {"fields": ("username",)}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Money"), {"fields": ("monthly_limit_kopecks", "this_month", "theirs")}),
        (_("Refused"), {"fields": ("content_refusals", "hold")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": ("username", "email", "monthly_limit_kopecks"),
                "description": _(
                    "The next page shows a link, once, by which they set a password themselves."
                ),
            },
        ),
    )
    filter_horizontal: ClassVar[tuple[str, ...]] = ()
    deeds = (
        Deed(
            "link",
            _("New one-time link"),
            link,
            is_active,
            words=_(
                "Makes a link by which they set a new password, once. Earlier links become void "
                "and their sessions end."
            ),
        ),
        Deed("end-sessions", _("End all sessions"), end_sessions, is_active),
        Deed(
            "deactivate",
            _("Deactivate"),
            deactivate,
            is_active,
            words=_(
                "They are logged out and cannot log in, and what they have queued is canceled. "
                "Nothing is deleted."
            ),
        ),
        Deed(
            "lift-hold",
            _("Lift the hold"),
            lift_hold,
            lambda user: user.is_held,
            words=_(
                "What they have queued is sent, and refusals are counted anew. Speak with them "
                "first: refused content may cost this installation its key."
            ),
        ),
        Deed("activate", _("Activate"), activate, lambda user: not user.is_active),
    )

    limit = roubles("monthly_limit_kopecks", _("monthly limit"))

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """What was spent is for those who may see the budgets."""
        found = super().get_fieldsets(request, obj)
        if request.user.has_perm("gallery.view_budget"):
            return found
        hidden = {"this_month", "theirs"}
        return [
            (title, {**how, "fields": [name for name in how["fields"] if name not in hidden]})
            for title, how in found
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset & User.objects.matching(search_term[:SEARCHED]), False

    def get_urls(self) -> list[URLPattern]:
        # Django's page for typing another's password: a one-time link takes its place.
        urls: list[URLPattern] = super().get_urls()
        return [url for url in urls if url.name != "auth_user_password_change"]

    @admin.display(description=_("this month"))
    def this_month(self, user: User) -> str:
        """Spent and held, in the money of the provider that is configured now."""
        budget = Budget.objects.this_month().of(user).filter(demo=settings.IS_DEMO).first()
        spent, held = (budget.spent_kopecks, budget.held_kopecks) if budget else (0, 0)
        return gettext("%(spent)s spent, %(held)s held") % {"spent": rub(spent), "held": rub(held)}

    @admin.display(description=_("what is theirs"))
    def theirs(self, user: User) -> str:
        """Links to the lists of what they made and what was spent on it."""
        links = (
            (reverse(f"admin:gallery_{model._meta.model_name}_changelist"), field, user.pk, words)
            for model, field, words in (
                (Task, "owner", gettext("Tasks")),
                (Charge, "user", gettext("Charges")),
                (Image, "owner", gettext("Pictures")),
                (Prompt, "owner", gettext("Prompts")),
            )
        )
        return format_html_join(" · ", '<a href="{}?{}={}">{}</a>', links)

    @admin.display(description=_("content refusals"))
    def content_refusals(self, user: User) -> int:
        """Repeats may cost the installation its key, so that somebody should know of them."""
        return Task.objects.of(user).content_refused().count()

    @admin.display(description=_("sending"))
    def hold(self, user: User) -> str:
        """Whether what they send is held, why, and until when."""
        since = timezone.now() - timedelta(seconds=settings.REFUSED_SECONDS)
        count = user.refusals_since(since).count()
        if not user.is_held:
            return ngettext(
                "going on; %d refusal counted in 24 hours",
                "going on; %d refusals counted in 24 hours",
                count,
            ) % count  # fmt: skip
        until = date_format(timezone.localtime(user.held_until), "SHORT_DATETIME_FORMAT")
        return ngettext(
            "held until %(time)s: %(count)d refusal of content in 24 hours",
            "held until %(time)s: %(count)d refusals of content in 24 hours",
            count,
        ) % {"time": until, "count": count}

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[Any]:
        # Nobody takes the last administrator's rights away by a slip, or gives them to themselves;
        # nor more of the studio's money.
        is_administrator, is_self = request.user.is_superuser, obj == request.user
        fixed = list(self.readonly_fields)
        if is_self or not is_administrator:
            fixed += ["is_staff", "is_superuser", "groups"]
        if is_self and not is_administrator:
            fixed.append("monthly_limit_kopecks")
        return fixed

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_below(request, obj)

    def may_do(self, request: HttpRequest, row: Any = None) -> bool:
        return super().may_do(request, row) and self._is_below(request, row)

    def _is_below(self, request: HttpRequest, row: Any) -> bool:
        """A link for somebody with more rights, or their address, would be those rights."""
        return (
            request.user.is_superuser or row is None or not row.is_staff or row == request.user
        ) and not (row is not None and row.is_superuser and not request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One button: whichever is pressed, the link is what comes next."""
        others = {"show_save_and_add_another": False, "show_save_and_continue": False}
        answer: HttpResponse = super().add_view(
            request, form_url, {**(extra_context or {}), **others}
        )
        return answer

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        # Named fields: what verbs write while this form is open must not be written over.
        limit = "monthly_limit_kopecks"
        own = {field.name for field in User._meta.concrete_fields}
        obj.save(update_fields=[name for name in form.changed_data if name in own - {limit}])
        if limit in form.changed_data:
            User.objects.set_limit(obj, obj.monthly_limit_kopecks)

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show_link(request, obj)

    def _done(
        self, request: HttpRequest, deed: Deed, row: User, typed: dict[str, Any]
    ) -> HttpResponse:
        if deed.name == "link" and self.carry_out(request, deed, row, typed):
            return self._show_link(request, row)
        return super()._done(request, deed, row, typed)

    def _show_link(self, request: HttpRequest, user: User) -> HttpResponse:
        """The link, on this page alone: no message, no log and no address ever holds it."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("A link for %s") % user.get_username(),
            "opts": self.opts,
            "whose": user,
            "link": request.build_absolute_uri(User.objects.one_time_link(user)),
            "back": self.after_deed(user),
        }
        answer = render(request, "admin/user_link.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    @admin.action(description=_("Deactivate; cancel what is queued"), permissions=["do"])
    def deactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self.each(request, "deactivate", users)

    @admin.action(description=_("Activate"), permissions=["do"])
    def activate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self.each(request, "activate", users)

    @admin.action(description=_("End all sessions"), permissions=["do"])
    def end_sessions(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self.each(request, "end-sessions", users)
