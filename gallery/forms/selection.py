"""The pictures that something is to be done with: chosen one by one, or all that a search finds.

`image`, repeated, is what checkboxes send. `images` is the same for thousands in one field: numbers
and ranges, `12,15-18,40`, for a form has at most a thousand fields. `all` is every picture that the
search line `q` finds, but for those that `but` names in the same manner. Where prompts are stacked,
a picture stands for all that the search finds of its prompt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from gallery.models import Image

from .find import FindForm
from .press import first_words

if TYPE_CHECKING:
    from django.http import QueryDict

    from gallery.models import User
    from gallery.models.image import ImageQuerySet

MOST = 100_000
"""Pictures in one selection."""
PIECE = re.compile(r"(\d{1,18})(?:-(\d{1,18}))?")

UNREADABLE = _("The selection could not be read. Select the pictures anew.")
TOO_MANY = _("A selection has at most 100,000 pictures.")


class NumbersField(forms.CharField):
    """Numbers and ranges of them, with commas."""

    def clean(self, value: str | None) -> list[int]:
        found: list[int] = []
        for piece in (value or "").split(",") if value else []:
            match = PIECE.fullmatch(piece.strip())
            if match is None:
                raise ValidationError(UNREADABLE)
            first, last = int(match[1]), int(match[2] or match[1])
            if last - first >= MOST - len(found):
                raise ValidationError(TOO_MANY)
            found.extend(range(first, last + 1))
        return found


class SelectionForm(forms.Form):
    all = forms.BooleanField(required=False)
    but = NumbersField(required=False)

    def __init__(self, data: QueryDict, *, user: User) -> None:
        super().__init__(data, auto_id="selection-%s")
        self.user = user
        # Not above, where `images` is the method.
        self.fields["images"] = NumbersField(required=False)
        self.find = FindForm(data, user=user)

    def clean(self) -> None:
        if self.errors:
            return
        is_whole = bool(self.cleaned_data["all"])
        # What stands for more than itself is of no use without its search.
        if (is_whole or self.data.get("stack")) and not self.find.is_valid():
            raise ValidationError(UNREADABLE)
        if not is_whole and not self.numbers:
            raise ValidationError(_("No picture is selected."))

    @cached_property
    def numbers(self) -> list[int]:
        """Those that were chosen one by one."""
        data = cast("QueryDict", self.data)
        boxes = [int(pk) for pk in data.getlist("image") if re.fullmatch(r"\d{1,18}", pk)]
        return [*self.cleaned_data["images"], *boxes]

    def images(self) -> ImageQuerySet:
        """The user's own in the gallery, the newest first, or as the search has them."""
        if not self.is_valid():
            return Image.objects.none()
        found = self.find.ordered(self.find.all_found())
        if self.cleaned_data["all"]:
            but = self.cleaned_data["but"]
            if but and self.find.is_stacked:
                return found.excluding_stacks(but)
            return found.excluding(but) if but else found
        if self.find.is_stacked:
            return found.of_stacks(self.numbers)
        own = Image.objects.of(self.user).in_gallery().among(self.numbers)
        return own.order_by("-pk")

    @property
    def words(self) -> str:
        """What is wrong with it; empty when nothing is."""
        return first_words(self)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The same selection as fields of another form, with the search that it was made in."""
        chosen = {"all": "on", "but": str(self.data.get("but", ""))}
        if not self.cleaned_data["all"]:
            chosen = {"images": ",".join(map(str, self.numbers))}
        searched = {name: str(self.data.get(name, "")) for name in self.find.fields}
        return [(name, value) for name, value in {**chosen, **searched}.items() if value]
