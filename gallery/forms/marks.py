"""What people think of pictures: stars, a heart, tags and collections, for one or for many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gallery.models import MAX_NAME, MAX_TAG, MOST_STARS, MOST_TAGS, Collection, fold

if TYPE_CHECKING:
    from gallery.models import User

ROOM = 4
"""A folded name may be so many times as long: some letters fold into many."""
TOO_MANY_TAGS = _("A picture has at most 50 tags.")
NO_TAG = _("Write a tag.")
NO_PLACE = _("A place is a number from 1 on.")
NO_NAME = _("Write a name.")
LONG_NAME = _("A name has at most 100 characters.")


class RateForm(forms.Form):
    rating = forms.IntegerField(min_value=0, max_value=MOST_STARS)


class FavourForm(forms.Form):
    on = forms.BooleanField(required=False)


def check_tag(name: str) -> None:
    """Raise ValidationError unless it may be a tag, and a word of a search."""
    if len(name) > MAX_TAG or len(fold(name)) > MAX_TAG * ROOM:
        raise ValidationError(_("A tag has at most 50 characters."))
    if '"' in name:
        raise ValidationError(_("A tag has no quotation marks."))


class TagForm(forms.Form):
    """A tag's other name; with `merge` it may be that of another tag."""

    name = forms.CharField(label=_("Name"), max_length=4000, error_messages={"required": NO_TAG})
    merge = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if not fold(name):
            raise ValidationError(NO_TAG)
        if "," in name:
            raise ValidationError(_("A tag has no commas: they part tags."))
        check_tag(name)
        return name

    @property
    def key(self) -> str:
        return fold(self.cleaned_data["name"])


class TagsForm(forms.Form):
    """Tags to give, or with `off` to take away; several are parted by commas."""

    tags = forms.CharField(label=_("Tags"), max_length=4000, error_messages={"required": NO_TAG})
    off = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_tags(self) -> list[str]:
        names = [" ".join(name.split()) for name in self.cleaned_data["tags"].split(",")]
        found = list({fold(name): name for name in reversed(names) if fold(name)}.values())[::-1]
        if not found:
            raise ValidationError(NO_TAG)
        for name in found:
            check_tag(name)
        if len(found) > MOST_TAGS:
            raise ValidationError(TOO_MANY_TAGS)
        return found

    def refuse(self) -> None:
        """A picture has no room for them."""
        self.add_error("tags", TOO_MANY_TAGS)


def clean_name(name: str) -> str:
    """A name with its white space single. Raises ValidationError."""
    name = " ".join(name.split())
    if not fold(name):
        raise ValidationError(NO_NAME)
    if len(name) > MAX_NAME or len(fold(name)) > MAX_NAME * ROOM:
        raise ValidationError(LONG_NAME)
    return name


def clean_collection(name: str) -> str:
    """A collection's name, which a search can say. Raises ValidationError."""
    name = clean_name(name)
    if '"' in name:
        raise ValidationError(_("A name has no quotation marks."))
    return name


class NameForm(forms.Form):
    """A collection's name, new or changed: no two of one person's are alike."""

    name = forms.CharField(label=_("Name"), max_length=4000, error_messages={"required": NO_NAME})

    def __init__(
        self, data: Any = None, *, user: User, collection: Collection | None = None
    ) -> None:
        super().__init__(data, initial={"name": collection.name} if collection else {})
        self.others = Collection.objects.of(user).exclude(pk=collection.pk if collection else 0)

    def clean_name(self) -> str:
        name = clean_collection(self.cleaned_data["name"])
        if self.others.filter(key=fold(name)).exists():
            self.refuse()
        return name

    def refuse(self) -> None:
        self.add_error("name", _("There is a collection of this name already."))


class CollectForm(forms.Form):
    """A collection to put pictures into, made when there is none of this name; or, with `off`, to
    take them out of.
    """

    collection = forms.CharField(
        label=_("Collections"), max_length=4000, error_messages={"required": NO_NAME}
    )
    off = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_collection(self) -> str:
        return clean_collection(self.cleaned_data["collection"])


class MemberForm(forms.Form):
    """One picture of a collection."""

    image = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class MoveForm(MemberForm):
    """Where it is to be: at a place, or after another picture of it (0: first of all)."""

    place = forms.IntegerField(required=False, min_value=1, max_value=10**9)
    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)

    def clean(self) -> None:
        if self.cleaned_data.get("place") is None and self.cleaned_data.get("after") is None:
            raise ValidationError(NO_PLACE)
