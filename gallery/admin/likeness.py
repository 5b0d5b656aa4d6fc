"""What pictures look like, to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.models import Likeness, User

from .base import OwnerFilter, ReadOnly, belongs_to, person

if TYPE_CHECKING:
    from django.db.models import QuerySet


@admin.register(Likeness)
class LikenessAdmin(ReadOnly):
    list_display = ("number", "whose", "a", "b", "c", "d")
    list_filter = (OwnerFilter,)
    list_select_related = ("owner",)
    fields = ("of_image", "owner", "a", "b", "c", "d", "down")
    search_fields = ("pk",)
    search_help_text = _("A row's number, or a user's name.")

    whose = person("owner", _("owner"))
    of_image = belongs_to("image", _("picture"))

    def found_by_owner(self, rows: QuerySet[Likeness], owner: User) -> QuerySet[Likeness]:
        return rows.filter(owner=owner)
