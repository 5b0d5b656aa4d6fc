"""What is gone through picture by picture: a search, or what came in some time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from .find import FindForm

if TYPE_CHECKING:
    from gallery.models.image import ImageQuerySet

LARGEST = 2**63 - 1


class RunForm(FindForm):
    """The gallery's search, and besides it the first and the last picture of some time."""

    since = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST, widget=forms.HiddenInput
    )
    until = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST, widget=forms.HiddenInput
    )

    def found(self) -> ImageQuerySet:
        found = super().found()
        if not self.is_valid():
            return found.none()
        if self.cleaned_data["since"]:
            found = found.filter(pk__gte=self.cleaned_data["since"])
        if self.cleaned_data["until"]:
            found = found.filter(pk__lte=self.cleaned_data["until"])
        return found

    @property
    def query(self) -> str:
        return self._query("q", "sort", "since", "until")

    @property
    def is_of_a_time(self) -> bool:
        """Whether it runs through what came between two visits."""
        return bool(self["since"].data or self["until"].data)


class StandForm(RunForm):
    """Where somebody stands in a run."""

    at = forms.IntegerField(min_value=1, max_value=LARGEST)
