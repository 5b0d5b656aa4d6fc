"""Kept pictures: the original's exact bytes, described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .task import Task
    from .user import User


@dataclass(frozen=True)
class StoredFile:
    """A complete original under DATA_DIR/originals, as the archive checked it."""

    name: str
    sha256: str
    size: int
    """Bytes."""
    mime: str
    width: int
    height: int
    """Pixels, as displayed."""
    color: str
    """Average colour, `#rrggbb`: the placeholder while the thumbnail loads."""


class ImageQuerySet(models.QuerySet["Image"]):
    def of(self, user: User) -> ImageQuerySet:
        return self.filter(owner=user)

    def before(self, pk: int | None) -> ImageQuerySet:
        """The page that follows the picture pk; a keyset, so any depth costs the same."""
        return self if pk is None else self.filter(pk__lt=pk)

    def keep(self, task: Task, file: StoredFile) -> Image:
        return self.create(
            owner_id=task.owner_id,
            task=task,
            demo=task.is_demo,
            file=file.name,
            sha256=file.sha256,
            size=file.size,
            mime=file.mime,
            width=file.width,
            height=file.height,
            color=file.color,
        )


class Image(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="images", db_index=False
    )
    # Empty for imports.
    task = models.OneToOneField(
        "gallery.Task", null=True, blank=True, on_delete=models.PROTECT, related_name="image"
    )
    demo = models.BooleanField(_("demo picture"))
    file = models.CharField(_("file"), max_length=200, unique=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField(_("bytes"))
    mime = models.CharField(_("type"), max_length=20)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    color = models.CharField(_("colour"), max_length=7)
    created_at = models.DateTimeField(auto_now_add=True)
    # In the trash since; then its file is gone, and hash, receipt and date stay.
    trashed_at = models.DateTimeField(_("in the trash since"), null=True, editable=False)
    purged_at = models.DateTimeField(_("purged at"), null=True, editable=False)

    objects = ImageQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["owner", "-id"], name="image_of_owner"),
            models.Index(
                fields=["owner", "-id"],
                condition=models.Q(trashed_at=None),
                name="image_in_gallery",
            ),
            models.Index(
                fields=["trashed_at"],
                condition=models.Q(trashed_at__isnull=False, purged_at=None),
                name="image_in_trash",
            ),
            models.Index(fields=["sha256"], name="image_sha256"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def extension(self) -> str:
        return self.file.rpartition(".")[2]
