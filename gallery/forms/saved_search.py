"""A search that is kept under a name."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from gallery.models import MAX_LINE

from .find import Sort
from .marks import clean_name


class SearchNameForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the search"),
        max_length=4000,
        error_messages={"required": _("Give the search a name.")},
    )

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])


class SaveSearchForm(SearchNameForm):
    q = forms.CharField(
        max_length=MAX_LINE,
        required=False,
        error_messages={"max_length": _("A search has at most 500 characters.")},
    )
    sort = forms.ChoiceField(choices=Sort.choices, required=False)

    def clean(self) -> None:
        if not self.cleaned_data.get("q") and not self.cleaned_data.get("sort"):
            self.add_error(None, _("There is nothing in the search line to be saved."))
