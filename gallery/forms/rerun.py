"""The press that runs the prompts of many pictures once more."""

from __future__ import annotations

from django import forms

from .press import AGAIN


class RerunForm(forms.Form):
    """Which press it is, and the sum that was agreed to; neither before it was shown."""

    token = forms.UUIDField(error_messages={"required": AGAIN, "invalid": AGAIN})
    total = forms.IntegerField(min_value=0, max_value=10**12)
