"""Emptying the trash: what has lain there for its time, or what its owner wants gone at once.

A picture is purged in its row first, by one UPDATE against which a restore wins or loses whole, and
its files go after that. A note on the disk stands before both, so that a process that is killed in
between leaves nothing that the next sweep does not finish.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from gallery.archive import removal
from gallery.failpoints import failpoint
from gallery.models import (
    Change,
    Collection,
    Image,
    Likeness,
    Membership,
    Prompt,
    Question,
    Tag,
    Tagging,
    line_up,
)

from . import clocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gallery.models import User
    from gallery.models.image import ImageQuerySet
    from gallery.models.prompt import PromptQuerySet

BATCH = 200
"""Pictures, and prompts, at a time: a sweep is to be short."""


def sweep() -> None:
    """Finish what was interrupted, and purge a batch of what has been in the trash for its time."""
    for pks in removal.left_behind(settings.DATA_DIR, settings.NOTE_SECONDS):
        _remove_rest(pks)
    if not clocks.are_trusted():
        return  # what has lain there for its time, if the clock is right
    before = timezone.now() - timedelta(seconds=settings.TRASH_SECONDS)
    _purge_images(Image.objects.trashed_before(before))
    _purge_prompts(Prompt.objects.trashed_before(before))
    Change.objects.prune()


def empty(user: User) -> None:
    """All that is in one's trash now, for good: not what comes there meanwhile, nor what was taken
    out and put back with its old date.
    """
    images, prompts = Image.objects.of(user).in_trash(), Prompt.objects.of(user).in_trash()
    for pks in _batches(images.order_by("trashed_at").values_list("pk", flat=True)):
        _purge_images(images.filter(pk__in=pks))
    for pks in _batches(prompts.order_by("trashed_at").values_list("pk", flat=True)):
        _purge_prompts(prompts.filter(pk__in=pks))


def _batches(pks: Iterable[int]) -> Iterator[list[int]]:
    every = list(pks)
    for start in range(0, len(every), BATCH):
        yield every[start : start + BATCH]


def _purge_images(images: ImageQuerySet) -> int:
    pks = list(images.order_by("trashed_at").values_list("pk", flat=True)[:BATCH])
    if pks:
        with removal.announced(settings.DATA_DIR, pks):
            images.filter(pk__in=pks).purge()
            failpoint("purge-row-written")
            _remove_rest(pks)
    return len(pks)


def _remove_rest(pks: Iterable[int]) -> None:
    """Marks, likenesses and files of those that are purged. May be done again."""
    gone = dict(Image.objects.purged().filter(pk__in=pks).values_list("pk", "file"))
    _remove_marks(list(gone))
    for name in gone.values():
        removal.remove_picture(settings.DATA_DIR, name)


@transaction.atomic
def _remove_marks(pks: list[int]) -> None:
    # Else a tag that somebody gives at this moment is taken for one that no picture has.
    line_up(Image.objects.filter(pk__in=pks).values("owner"))
    taggings = Tagging.objects.filter(image__in=pks)
    tags = set(taggings.values_list("tag", flat=True))
    taggings.delete()
    Tag.objects.remove_empty(tags)
    Membership.objects.filter(image__in=pks).delete()
    Likeness.objects.filter(image__in=pks).delete()
    Collection.objects.filter(cover__in=pks).update(cover=None)


def _purge_prompts(prompts: PromptQuerySet) -> int:
    pks = prompts.at_rest().order_by("trashed_at").values_list("pk", flat=True)[:BATCH]
    return sum(_purge_prompt(pk) for pk in list(pks))


@transaction.atomic
def _purge_prompt(pk: int) -> bool:
    purged = Prompt.objects.purge(pk)
    if purged:
        Question.objects.forget_words(pk)
    return purged
