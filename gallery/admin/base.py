"""What the lists of the panel have in common."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import ModelMultipleChoiceField
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from gallery.models import User
from gallery.templatetags.artel import rub

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.admin.views.main import ChangeList
    from django.db.models import Model
    from django.forms import Form
    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

    from gallery.models import Charge, Event


def roubles(kopecks: str, description: StrOrPromise) -> Callable[[Any, Model], str]:
    """A column that shows the field `kopecks` as money."""

    @admin.display(description=description)
    def shown(self: Any, row: Model) -> str:
        return rub(getattr(row, kopecks))

    return shown


@admin.display(description=_("when"))
def to_the_second(self: Any, row: Event | Charge) -> str:
    """Several steps share a minute."""
    at = timezone.localtime(row.created_at)
    return f"{date_format(at, 'SHORT_DATE_FORMAT')} {at:%H:%M:%S}"


SEARCHED = 200
"""Characters of a search that are looked for."""

COUNTED = 10_000
"""Rows that a list counts at most: counting a whole table takes longer than showing a page."""


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    most = COUNTED

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: COUNTED + 1].count())

    def page(self, number: int | str) -> Page[Any]:
        """Keys first, then their rows: to sort whole rows costs ten times as much."""
        number = self.validate_number(number)
        rows: Any = self.object_list
        bottom = (number - 1) * self.per_page
        keys = rows.select_related(None).values_list("pk", flat=True)
        shown = rows.filter(pk__in=list(keys[bottom : bottom + self.per_page]))
        return Page(shown, number, self)


class Listed(admin.ModelAdmin):  # type: ignore[type-arg]
    """What every list here has in common."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    empty_value_display = ""
    # Actions run on what was ticked; deleting is nobody's.
    actions_on_bottom = False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Not patterns: a bad one keeps the database busy for ever."""
        is_pattern = lookup.endswith(("regex", "regex__in"))
        return not is_pattern and super().lookup_allowed(lookup, value, request)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            return super().get_changelist_instance(request)
        except OverflowError as error:
            raise IncorrectLookupParameters(error) from error

    def construct_change_message(
        self, request: HttpRequest, form: Form, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        """Django's names of the fields, and what each was and became: money changes hands here."""
        told: list[dict[str, Any]] = super().construct_change_message(request, form, formsets, add)
        for one in told:
            if "changed" in one:
                one["changed"]["values"] = [_change(form, name) for name in form.changed_data]
        return told

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Each word is a condition, and thousands would keep the server busy for a minute."""
        return super().get_search_results(request, queryset, search_term[:SEARCHED])


def _change(form: Form, name: str) -> list[Any]:
    """A field's value before and after, as it was typed."""
    field = form.fields[name]
    values = (form[name].initial, form.cleaned_data[name])
    if isinstance(field, ModelMultipleChoiceField):
        return [_names(field, value) for value in values]
    return [one if isinstance(one, bool) else _typed(field.prepare_value(one)) for one in values]


def _names(field: ModelMultipleChoiceField[Any], value: Any) -> str:
    """Rows by what the form calls them: what was chosen is known by numbers, or as rows."""
    keys = [getattr(one, "pk", one) for one in value or ()]
    assert field.queryset is not None
    rows = field.queryset.model._default_manager.filter(pk__in=keys)
    return ", ".join(sorted(str(field.label_from_instance(one)) for one in rows))


def _typed(value: Any) -> str:
    if isinstance(value, list | tuple | QuerySet):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


class Big(Listed):
    """A table without bounds: newest first, and no order that the database would have to sort."""

    ordering = ("-pk",)
    sortable_by: ClassVar[tuple[str, ...]] = ()

    @admin.display(description=_("number"))
    def number(self, row: Model) -> str:
        return str(row.pk)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        return self.found(queryset, search_term[:SEARCHED].strip()), False

    def found(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        """What the words name, by an index: a number of a row, a user's name, an exact id."""
        number = int(words) if words.isascii() and words.isdigit() and len(words) < 19 else None
        if number is not None:
            return rows.filter(pk=number)
        owner = User.objects.spelled(words)
        return self.found_by_owner(rows, owner) if owner else self.found_by_words(rows, words)

    def found_by_owner(self, rows: QuerySet[Any], owner: User) -> QuerySet[Any]:
        return rows.filter(owner=owner)

    def found_by_words(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        return rows.none()


class OwnerFilter(admin.SimpleListFilter):
    """By the owner that a row's link names: no list of all users."""

    title = _("owner")
    parameter_name = "owner"
    field = "owner_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = self.value()
        pk = int(value) if value and value.isascii() and value.isdigit() else 0
        users = User.objects.filter(pk=pk) if 0 < pk < 2**63 else User.objects.none()
        return [(str(user.pk), user.get_username()) for user in users]

    def has_output(self) -> bool:
        return bool(self.lookup_choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = [pk for pk, _name in self.lookup_choices]
        return queryset.filter(**{f"{self.field}__in": chosen}) if self.value() else queryset


class SinceFilter(admin.SimpleListFilter):
    """By date, as a range of keys: rows are numbered in the order of their making.

    A range of dates would have to be sorted by number, which takes seconds for a year's rows.
    """

    title = _("made")
    parameter_name = "made"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("today", _("today")),
            ("yesterday", _("yesterday")),
            ("week", _("in the last 7 days")),
            ("month", _("this month")),
            ("last-month", _("last month")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        first = today.replace(day=1)
        spans: dict[str | None, tuple[datetime, datetime | None]] = {
            "today": (today, None),
            "yesterday": (today - timedelta(days=1), today),
            "week": (today - timedelta(days=7), None),
            "month": (first, None),
            "last-month": ((first - timedelta(days=1)).replace(day=1), first),
        }
        span = spans.get(self.value())
        if span is None:
            return queryset
        start, end = (self._key_at(queryset, when) for when in span)
        if start is None:
            return queryset.none()
        return queryset.filter(pk__gte=start, **({} if end is None else {"pk__lt": end}))

    def _key_at(self, rows: QuerySet[Any], when: datetime | None) -> Any:
        """The first row made since."""
        if when is None:
            return None
        made = rows.model._default_manager.filter(created_at__gte=when).order_by("created_at")
        return made.values_list("pk", flat=True).first()


class UserFilter(OwnerFilter):
    title = _("user")
    parameter_name = "user"
    field = "user_id"


def person(field: str, description: StrOrPromise) -> Callable[[Any, Model], str]:
    """A column that shows whose a row is, as a link to them."""

    @admin.display(description=description)
    def shown(self: Any, row: Model) -> str:
        user = getattr(row, field)
        if user is None:
            return ""
        url = reverse("admin:gallery_user_change", args=[user.pk])
        return format_html('<a href="{}">{}</a>', url, user.get_username())

    return shown


def belongs_to(field: str, description: StrOrPromise) -> Callable[[Any, Model], str]:
    """A column that shows which task or prompt a row belongs to, as a link, without fetching it."""

    @admin.display(description=description)
    def shown(self: Any, row: Model) -> str:
        pk = getattr(row, f"{field}_id")
        if pk is None:
            return ""
        return format_html(
            '<a href="{}">{}</a>', reverse(f"admin:gallery_{field}_change", args=[pk]), pk
        )

    return shown


def of_task_number(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    """Rows of the task whose number the words are."""
    is_number = words.isascii() and words.isdigit() and len(words) < 19
    return rows.filter(task_id=int(words)) if is_number else rows.none()


class ReadOnly(Big):
    """Rows that only the models' verbs write."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]
    """What happened to a task, with who did it."""

    template = "admin/_story.html"
    empty_value_display = ""
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("actor")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
