"""What a person looks for among their pictures: a GET form, so that the address is the search."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django import forms
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from gallery import search
from gallery.models import MAX_LINE, Image

if TYPE_CHECKING:
    from django.http import QueryDict

    from gallery.models import User
    from gallery.models.image import ImageQuerySet


class Sort(models.TextChoices):
    NEWEST = "newest", _("Newest")
    OLDEST = "oldest", _("Oldest")
    RATING = "rating", _("Best rated")
    PRICE = "price", _("Most expensive")


ORDER = {
    Sort.NEWEST: ("-pk",),
    Sort.OLDEST: ("pk",),
    Sort.RATING: ("-rating", "-pk"),
    Sort.PRICE: ("-cost_kopecks", "-pk"),
}


class FindForm(forms.Form):
    q = forms.CharField(label=_("Search pictures"), required=False, max_length=MAX_LINE)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=Sort.choices)
    # One picture of each prompt; or all of one prompt.
    stack = forms.ChoiceField(required=False, choices=[("on", "on")], widget=forms.HiddenInput)
    prompt = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )

    def __init__(self, data: QueryDict, *, user: User) -> None:
        super().__init__(data, auto_id="find-%s")
        self.user = user

    @cached_property
    def sort_order(self) -> Sort:
        """The newest first when nothing else, or no order that there is, was asked for."""
        return (
            Sort(self.cleaned_data.get("sort") or Sort.NEWEST) if self.is_valid() else Sort.NEWEST
        )

    @cached_property
    def search(self) -> search.Search:
        return search.read(self.cleaned_data.get("q", ""), self.user)

    def found(self) -> ImageQuerySet:
        """The user's own pictures that were asked for, in the order asked for."""
        found = self.all_found()
        if self.is_stacked:
            found = found.heads_of_prompts(self.among)
        return found.order_by(*ORDER[self.sort_order])

    def all_found(self) -> ImageQuerySet:
        """The same without an order, and each picture of a stack."""
        own = Image.objects.of(self.user).in_gallery()
        if not self.is_valid():
            return own.none()
        found = self.search.narrow(own)
        prompt = self.cleaned_data.get("prompt")
        return found.filter(prompt=prompt) if prompt else found

    @property
    def is_stacked(self) -> bool:
        return self.is_valid() and bool(self.cleaned_data["stack"])

    @property
    def among(self) -> ImageQuerySet:
        """Whose newest picture stands for each prompt. What is asked of prompts, all of a prompt's
        pictures answer alike, so that it need not be asked again. The owner is the prompt's: asked
        for here, it would lead past the index of a prompt's pictures.
        """
        kept = Image.objects.in_gallery()
        return self.search.narrow(kept) if self.search.is_of_pictures else kept

    @property
    def query(self) -> str:
        """The search as an address has it: only what differs from the plain gallery."""
        return self._query(*self.fields)

    @property
    def whole_query(self) -> str:
        """The same without stacks, and not of one prompt alone."""
        return self._query("q", "sort")

    def _query(self, *names: str) -> str:
        asked = {name: str(self[name].data or "").strip() for name in names}
        return urlencode({name: value for name, value in asked.items() if value})
