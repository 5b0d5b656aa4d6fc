"""What an owner says about a task in trouble."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class NoteForm(forms.Form):
    """A member's word: kept with the task, and no more than a word."""

    note = forms.CharField(
        max_length=500,
        label=_("Your note"),
    )

    @property
    def words(self) -> str:
        """What is wrong with it; empty when nothing is."""
        return str(next(iter(self.errors.get("note", [])), ""))

    def refuse(self) -> None:
        """It was not kept although it was good."""
        self.add_error(
            "note", _("Not kept: this task wants no note any more, or has as many as it can carry.")
        )
