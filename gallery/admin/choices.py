"""What people think of their pictures: tags, collections, kept searches, and what they did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.models import (
    Change,
    Collection,
    Culling,
    Membership,
    SavedSearch,
    Tag,
    Tagging,
    User,
    fold,
)

from .base import OwnerFilter, ReadOnly, belongs_to, person

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Named(ReadOnly):
    list_display: tuple[str, ...] = ("number", "name", "whose")
    list_filter = (OwnerFilter,)
    list_select_related = ("owner",)
    search_fields = ("key",)
    search_help_text = _("A whole name, a row's number, or a user's name.")

    whose = person("owner", _("owner"))

    def found_by_words(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        return rows.filter(key=fold(words))


@admin.register(Tag)
class TagAdmin(Named):
    fields = ("name", "owner")


@admin.register(Collection)
class CollectionAdmin(Named):
    list_display = ("number", "name", "whose", "created_at")
    fields = ("name", "owner", "cover", "created_at")


@admin.register(SavedSearch)
class SavedSearchAdmin(Named):
    list_display = ("number", "name", "line", "whose", "created_at")
    fields = ("name", "line", "sort", "owner", "created_at")


class Pair(ReadOnly):
    """One picture's belonging to something of its owner's."""

    search_fields = ("pk",)
    search_help_text = _("A row's number, or a user's name.")

    of_image = belongs_to("image", _("picture"))

    def found_by_owner(self, rows: QuerySet[Any], owner: User) -> QuerySet[Any]:
        return rows.filter(image__owner=owner)


@admin.register(Tagging)
class TaggingAdmin(Pair):
    list_display = ("number", "tag", "of_image")
    list_select_related = ("tag",)
    fields = ("tag", "image")


@admin.register(Membership)
class MembershipAdmin(Pair):
    list_display = ("number", "collection", "of_image", "place")
    list_select_related = ("collection",)
    fields = ("collection", "image", "place")


@admin.register(Change)
class ChangeAdmin(ReadOnly):
    list_display = ("number", "whose", "kind", "count", "created_at", "undone_at")
    list_filter = (OwnerFilter, "kind")
    list_select_related = ("owner",)
    search_fields = ("pk",)
    search_help_text = _("A row's number, or a user's name.")
    fields = ("owner", "kind", "count", "created_at", "undone_at")

    whose = person("owner", _("owner"))


@admin.register(Culling)
class CullingAdmin(ReadOnly):
    list_display = ("number", "whose", "at", "started_at", "seen_at")
    list_filter = (OwnerFilter,)
    list_select_related = ("owner",)
    search_fields = ("pk",)
    search_help_text = _("A row's number, or a user's name.")
    fields = ("owner", "at", "started_at", "seen_at")

    whose = person("owner", _("owner"))
