"""Going through what a search found, one picture after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from gallery.forms import RunForm
from gallery.models import Image
from gallery.models.steps import place, step

from .requests import StudioRequest, gallery_at, whole_number

if TYPE_CHECKING:
    from gallery.models.image import ImageQuerySet

START, END = "start", "end"
"""Instead of a picture's number in the address: anew from the first one, and past the last one."""


class Run:
    """The pictures that a request asks to go through, and the addresses of its pages."""

    def __init__(self, request: StudioRequest, name: str) -> None:
        self.user = request.user
        self.form = RunForm(request.GET, user=request.user)
        self.name = name

    @cached_property
    def found(self) -> ImageQuerySet:
        return self.form.found().select_related("prompt__model", "task")

    @cached_property
    def query(self) -> str:
        return self.form.query

    @cached_property
    def total(self) -> int:
        return self.form.found().order_by().count()

    def address(self, at: int | str | None) -> str:
        """The page of this picture; None: of the first."""
        parts = [self.query, "" if at is None else f"at={at}"]
        return f"{reverse(self.name)}?{'&'.join(part for part in parts if part)}".removesuffix("?")

    @property
    def home(self) -> str:
        """The gallery, with the same search: it knows no first and last. What came since one left
        is run through from the oldest; the gallery is not turned round for that.
        """
        return gallery_at("" if self.form.is_of_a_time else self.form.whole_query)

    def picture(self, at: str | None) -> Image | None:
        """The one that the address names, or the first; None when there is none (any more).

        What has left the gallery leaves the run too: whatever followed it takes its place.
        """
        if at is None:
            return self.found.first()
        own = self.form.with_place(Image.objects.of(self.user))
        pk = whole_number(at)
        if pk is None:
            raise Http404
        image = get_object_or_404(own.select_related("prompt__model", "task"), pk=pk)
        return step(self.found, image) if image.is_trashed else image

    def stop(self, image: Image) -> Stop:
        later, earlier = step(self.found, image), step(self.found, image, back=True)
        return Stop(
            image,
            here=self.address(image.pk),
            next=self.address(later.pk) if later else None,
            previous=self.address(earlier.pk) if earlier else None,
        )

    def place(self, image: Image) -> int:
        return place(self.form.found(), image)


@dataclass(frozen=True)
class Stop:
    """One picture of a run, and the addresses of its neighbours there."""

    image: Image
    here: str
    next: str | None
    previous: str | None
