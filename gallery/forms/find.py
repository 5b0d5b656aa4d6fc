"""What a person looks for among their pictures: a GET form, so that the address is the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from gallery import search
from gallery.models import MAX_LINE, RATIOS, Collection, Image, ImageModel, Tag

from .history import DayInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict

    from gallery.models import User
    from gallery.models.image import ImageQuerySet


class Sort(models.TextChoices):
    NEWEST = "newest", _("Newest")
    OLDEST = "oldest", _("Oldest")
    RATING = "rating", _("Best rated")
    PRICE = "price", _("Most expensive")
    PLACE = "place", _("As in the collection")


ORDER = {
    Sort.NEWEST: ("-pk",),
    Sort.OLDEST: ("pk",),
    Sort.RATING: ("-rating", "-pk"),
    Sort.PRICE: ("-cost_kopecks", "-pk"),
    Sort.PLACE: ("place", "pk"),
}


@dataclass(frozen=True)
class Mark:
    """A part of the line, and whether it is not clear."""

    text: str
    is_flaw: bool


class FindForm(forms.Form):
    q = forms.CharField(
        label=_("Search pictures"),
        required=False,
        max_length=MAX_LINE,
        error_messages={"max_length": _("A search has at most 500 characters.")},
    )
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=Sort.choices,
        error_messages={"invalid_choice": _("This is none of the choices.")},
    )
    # One picture of each prompt; or all of one prompt.
    stack = forms.ChoiceField(required=False, choices=[("on", "on")], widget=forms.HiddenInput)
    prompt = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )

    def __init__(self, data: QueryDict, *, user: User) -> None:
        super().__init__(data, auto_id="find-%s")
        self.user = user

    def clean_q(self) -> str:
        line: str = self.cleaned_data["q"]
        if self.search.flaws:
            raise ValidationError([flaw.words for flaw in self.search.flaws])
        return line

    @cached_property
    def sort_order(self) -> Sort:
        """The newest first when nothing else, or no order that there is, was asked for."""
        asked = self.cleaned_data.get("sort") if self.is_valid() else ""
        return Sort(asked) if asked in dict(self.sorts) else Sort.NEWEST

    @cached_property
    def sorts(self) -> list[tuple[str, Any]]:
        """The orders that there are: a collection's own where the line names one."""
        is_of_one = self.search.collection is not None
        return [(sort, label) for sort, label in Sort.choices if is_of_one or sort != Sort.PLACE]

    @cached_property
    def line(self) -> str:
        """As it is typed; nothing of one that is too long to be read."""
        line = str(self["q"].data or "").strip()
        return line if len(line) <= MAX_LINE else ""

    @cached_property
    def search(self) -> search.Search:
        return search.read(self.line, self.user)

    def found(self) -> ImageQuerySet:
        """The user's own pictures that were asked for, in the order asked for."""
        found = self.all_found()
        if self.is_stacked:
            found = found.heads_of_prompts(self.among)
        return self.ordered(found)

    def ordered(self, images: ImageQuerySet) -> ImageQuerySet:
        return self.with_place(images).order_by(*ORDER[self.sort_order])

    def with_place(self, images: ImageQuerySet) -> ImageQuerySet:
        """With the one thing that an order may go by and that is not the picture's own."""
        collection = self.search.collection if self.sort_order is Sort.PLACE else None
        return images if collection is None else images.with_place(collection)

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

    # Each of a page's tiles has it in its address.
    @cached_property
    def query(self) -> str:
        """The search as an address has it: only what differs from the plain gallery."""
        return self._query(*self.fields)

    @cached_property
    def whole_query(self) -> str:
        """The same without stacks, and not of one prompt alone."""
        return self._query("q", "sort")

    def _query(self, *names: str) -> str:
        asked = {name: str(self[name].data or "").strip() for name in names}
        return urlencode({name: value for name, value in asked.items() if value})

    # What the page draws

    @property
    def marks(self) -> list[Mark]:
        """The line in parts, those that are not clear marked; nothing when all is."""
        parts, end = [], 0
        for flaw in self.search.flaws:
            parts += [
                Mark(self.line[end : flaw.start], False),
                Mark(self.line[flaw.start : flaw.end], True),
            ]
            end = flaw.end
        return (
            [mark for mark in (*parts, Mark(self.line[end:], False)) if mark.text] if parts else []
        )

    @cached_property
    def controls(self) -> ControlsForm:
        return ControlsForm(initial=search.values(self.line), user=self.user)


class ControlsForm(forms.Form):
    """The filters as controls, which write their words into the line."""

    model = forms.ChoiceField(label=_("Model"))
    ratio = forms.ChoiceField(
        label=_("Ratio"), choices=[("", _("Every ratio")), *((ratio, ratio) for ratio in RATIOS)]
    )
    rating = forms.ChoiceField(
        label=_("Rating"),
        choices=[
            ("", _("Every rating")),
            *((f">={n}", f"{'★' * n} +") for n in (1, 2, 3, 4)),
            ("5", "★★★★★"),
            ("0", _("Not rated")),
        ],
    )
    tag = forms.ChoiceField(label=_("Tag"))
    collection = forms.ChoiceField(label=_("Collection"))
    since = forms.CharField(label=_("From"), widget=DayInput(attrs={"type": "date"}))
    until = forms.CharField(label=_("To"), widget=DayInput(attrs={"type": "date"}))
    cost_from = forms.CharField(label=_("Price from, roubles"))
    cost_to = forms.CharField(label=_("Price to, roubles"))
    favourite = forms.BooleanField(label=_("Favourites only"))

    def __init__(self, *, initial: dict[str, str], user: User) -> None:
        super().__init__(initial=initial, auto_id="control-%s", use_required_attribute=False)
        models = ImageModel.objects.values_list("remote_id", "label")
        tags = Tag.objects.of(user).values_list("name", "name")
        collections = Collection.objects.of(user).values_list("name", "name")
        self._say("rating")
        self._offer("model", _("Every model"), models)
        self._offer("tag", _("Every tag"), tags)
        self._offer("collection", _("Every collection"), collections)
        for name in ("cost_from", "cost_to"):
            self.fields[name].widget.attrs["inputmode"] = "decimal"

    def _offer(self, name: str, every: object, known: Iterable[tuple[str, str]]) -> None:
        """What there is."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", every), *known]
        self._say(name)

    def _say(self, name: str) -> None:
        """And what the line says, however it is written there: what a control does not show, it
        would take out of the line.
        """
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        every, *choices = cast("Iterable[tuple[str, Any]]", field.choices)
        said = self.initial[name]
        if said and said not in {value for value, _label in choices}:
            label = "★" * int(said) if name == "rating" and said.isdigit() else said
            field.choices = [every, (said, label), *choices]


def line_of(data: QueryDict) -> str:
    """The line with what was changed in the controls since it was drawn."""
    chosen = {name: str(value) for name, value in data.items()}
    return search.fold_in(chosen.get("q", ""), chosen.get("was", ""), chosen)
