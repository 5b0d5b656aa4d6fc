"""Searches that a person keeps under a name, beside the collections."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from .collection import MAX_NAME, NameTaken
from .line import line_up
from .prompt import fold

if TYPE_CHECKING:
    from .user import User

MAX_LINE = 500
"""Characters of a search line."""
MOST_SEARCHES = 100
"""Searches that one person keeps."""


class TooManySearches(Exception):
    """The person keeps as many as may be kept."""


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def of(self, user: User) -> SavedSearchQuerySet:
        return self.filter(owner=user)

    @transaction.atomic
    def keep(self, user: User, name: str, line: str, sort: str) -> SavedSearch:
        """Under a name that none of theirs has; raises NameTaken and TooManySearches."""
        line_up([user.pk])
        if self.of(user).count() >= MOST_SEARCHES:
            raise TooManySearches
        try:
            with transaction.atomic():
                return self.create(owner=user, name=name, key=fold(name), line=line, sort=sort)
        except IntegrityError as error:
            raise NameTaken from error


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

    @property
    def query(self) -> str:
        """As an address has it."""
        asked = {"q": self.line, "sort": self.sort}
        return urlencode({name: value for name, value in asked.items() if value})
