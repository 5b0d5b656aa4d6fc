"""One picture's marks: what its owner thinks of it, and the forms that change that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gallery.forms import CollectForm, TagsForm
from gallery.models import MOST_STARS, Collection, Image, Tag

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Marks:
    image: Image
    tags: Sequence[Tag]
    collections: Sequence[Collection]
    tags_form: TagsForm = field(default_factory=TagsForm)
    collect_form: CollectForm = field(default_factory=CollectForm)

    stars = range(1, MOST_STARS + 1)

    @property
    def count(self) -> int:
        return len(self.tags) + len(self.collections)

    @property
    def is_wrong(self) -> bool:
        """Something in the part that may be folded up was refused."""
        return bool(self.tags_form.errors or self.collect_form.errors)


def marks(
    image: Image, tags_form: TagsForm | None = None, collect_form: CollectForm | None = None
) -> Marks:
    """Two queries. The forms are given as they were sent when something in them is wrong."""
    return Marks(
        image,
        list(Tag.objects.filter(taggings__image=image)),
        list(Collection.objects.filter(memberships__image=image)),
        tags_form or TagsForm(),
        collect_form or CollectForm(),
    )
