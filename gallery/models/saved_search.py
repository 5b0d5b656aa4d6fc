"""Searches that a person keeps under a name, beside the collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .collection import MAX_NAME

if TYPE_CHECKING:
    from .user import User

MAX_LINE = 500
"""Characters of a search line."""


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def of(self, user: User) -> SavedSearchQuerySet:
        return self.filter(owner=user)


class SavedSearch(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="saved_searches",
        db_index=False,
        verbose_name=_("owner"),
    )
    name = models.CharField(_("name"), max_length=MAX_NAME)
    key = models.CharField(_("folded name"), max_length=MAX_NAME * 4, editable=False)
    line = models.CharField(_("search line"), max_length=MAX_LINE)
    sort = models.CharField(_("order"), max_length=10, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="one_saved_search_a_name")
        ]

    def __str__(self) -> str:
        return self.name
