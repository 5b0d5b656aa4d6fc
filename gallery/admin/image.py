"""Kept pictures, which whoever looks after the house may see small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.media import thumbnail
from gallery.models import Image

from .base import OwnerFilter, ReadOnly, SinceFilter, belongs_to, person

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

SMALL = 384
"""The least thumbnail that the archive keeps."""


def picture(image: Image | None, edge: int) -> str:
    """The thumbnail, at most so many pixels high; nothing when there is none, or none any more."""
    if image is None or image.purged_at is not None:
        return ""
    url = reverse("admin:gallery_image_thumbnail", args=[image.pk])
    alt = gettext("Picture %d") % image.pk
    width = max(1, round(image.width * edge / max(1, image.height)))
    return format_html(
        '<img class="thumbnail" src="{}" width="{}" height="{}" alt="{}" loading="lazy">',
        url, min(width, 3 * edge), edge, alt,
    )  # fmt: skip


@admin.register(Image)
class ImageAdmin(ReadOnly):
    list_display = (
        "small", "number", "whose", "of_task", "mime", "width", "height", "size", "created_at",
    )  # fmt: skip
    list_display_links = ("number",)
    list_filter = (OwnerFilter, "demo", "mime", SinceFilter)
    list_select_related = ("owner",)
    search_fields = ("pk",)
    search_help_text = _("A picture's number, its SHA-256, or a user's name.")
    fields = (
        "large", "owner", "task", "mime", "width", "height", "size", "sha256", "file", "demo",
        "created_at", "trashed_at", "purged_at",
    )  # fmt: skip
    readonly_fields = ("large",)

    whose = person("owner", _("owner"))
    of_task = belongs_to("task", _("task"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.thumbnail_view, cacheable=True)
        name = "gallery_image_thumbnail"
        return [path("<int:pk>/thumbnail/", view, name=name), *super().get_urls()]

    def thumbnail_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Anybody's picture, for those who may see the list of all."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        image = get_object_or_404(Image.objects.with_file().only("file", "sha256"), pk=pk)
        return thumbnail(request, image, SMALL)

    def found_by_words(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        return rows.filter(sha256=words.lower())

    @admin.display(description=_("picture"))
    def small(self, image: Image) -> str:
        return picture(image, 44)

    @admin.display(description=_("picture"))
    def large(self, image: Image) -> str:
        return picture(image, 192)
