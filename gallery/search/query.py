"""A search line, read once: what it asks for, and what in it is not clear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gallery.models import fold

if TYPE_CHECKING:
    from gallery.models import User
    from gallery.models.image import ImageQuerySet


@dataclass(frozen=True)
class Search:
    line: str
    words: tuple[str, ...] = ()

    def narrow(self, images: ImageQuerySet) -> ImageQuerySet:
        """Those of the pictures that the line asks for; none while something in it is not clear."""
        for word in self.words:
            images = images.filter(prompt__search_text__contains=word)
        return images


def read(line: str, user: User) -> Search:
    """What the line asks for, among what is the user's."""
    return Search(line, tuple(fold(line).split()))
