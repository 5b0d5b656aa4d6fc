"""Into the trash and out of it, as a press of the picture's owner does it."""

from __future__ import annotations

from gallery.models import Change, Image


def trash(pk: int) -> bool:
    """Whether it hung in the gallery."""
    image = Image.objects.filter(pk=pk)
    return Change.objects.trash(image.get().owner, image).count == 1


def restore(pk: int) -> bool:
    """Whether it was in the trash."""
    image = Image.objects.filter(pk=pk)
    return Change.objects.restore(image.get().owner, image).count == 1
