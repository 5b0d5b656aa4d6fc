"""What a person did to pictures of theirs, to one or to all, and how it is taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .change_kind import OF_PROMPTS, ChangeKind
from .change_queryset import ChangeQuerySet
from .change_rows import chunks, hold, tag_counts
from .collection import Collection, Membership
from .image import Image
from .line import line_up
from .prompt import Prompt, fold
from .saved_search import SavedSearch
from .tag import MOST_TAGS, Tag, Tagging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .image import ImageQuerySet
    from .prompt import PromptQuerySet

LEAST_LEFT = 1 / 30
"""Of the time in the trash, for what goes back there: a day of thirty."""


class Change(models.Model):
    """One act on pictures, with what was before it."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="changes",
        db_index=False,
        verbose_name=_("owner"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ChangeKind)
    before = models.JSONField(_("what was before"), editable=False)
    # Of `before`, as written: measuring it anew would read all that is kept at each press.
    letters = models.PositiveIntegerField(_("letters"), default=0, editable=False)
    # Pictures that it changed: those that were so already do not count.
    count = models.PositiveIntegerField(_("pictures"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, editable=False)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [
            models.Index(fields=["created_at"], name="change_created"),
            models.Index(fields=["owner", "letters"], name="change_letters"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.pk}"

    @property
    def images(self) -> list[int]:
        """The numbers of the pictures that it changed, each once."""
        if self.kind in {*OF_PROMPTS, ChangeKind.RENAME}:
            return []
        kept = self.before
        groups = [
            kept.get("images", ()),
            (pk for pk, _place in kept.get("places", ())),
            *(images for *_value, images in kept.get("was", ())),
            *(images for *_tag, images in kept.get("tags", ())),
        ]
        return list(dict.fromkeys(pk for group in groups for pk in group))

    def can_be_seen(self) -> bool:
        """Whether taking it back would show: what was deleted may be back, or purged."""
        if self.kind == ChangeKind.TRASH:
            return self.in_trash().exists()
        if self.kind == ChangeKind.RESTORE:
            return any(self._hanging(pks).exists() for pks in chunks(self.images))
        if self.kind == ChangeKind.TRASH_PROMPT:
            return self._prompt.in_trash().filter(trashed_at=self._trashed_at).exists()
        if self.kind == ChangeKind.RESTORE_PROMPT:
            return self._prompt.kept().at_rest().exists()
        return True

    def in_trash(self) -> ImageQuerySet:
        """The pictures that this very deletion has put there, and that are there yet."""
        own = Image.objects.filter(owner=self.owner_id).in_trash()
        return own.filter(trashed_at=self._trashed_at)

    def _hanging(self, pks: Sequence[int]) -> ImageQuerySet:
        return Image.objects.filter(owner=self.owner_id).in_gallery().filter(pk__in=pks)

    @property
    def _prompt(self) -> PromptQuerySet:
        """The one that it deleted or brought back."""
        return Prompt.objects.filter(owner=self.owner_id, pk=self.before["prompt"])

    @property
    def _trashed_at(self) -> datetime:
        """What bears that which this very deletion has put into the trash."""
        return datetime.fromisoformat(self.before["at"])

    @property
    def names(self) -> list[str]:
        """The tags that it gave or took away."""
        return [name for _pk, name, _images in self.before.get("tags", ())]

    @transaction.atomic
    def undo(self) -> bool:
        """Bring back what was before, once. What has been changed again since stays as it is now,
        and so does what was purged; False when it was undone already.
        """
        line_up([self.owner_id])
        rows = Change.objects.filter(pk=self.pk, undone_at=None)
        if rows.update(undone_at=timezone.now()) != 1:
            return False
        {
            ChangeKind.RATE: self._unset,
            ChangeKind.FAVOUR: self._unset,
            ChangeKind.TAG: self._take_tags,
            ChangeKind.UNTAG: self._give_tags,
            ChangeKind.COLLECT: self._take_out,
            ChangeKind.DROP: self._put_back,
            ChangeKind.TRASH: self._take_from_trash,
            ChangeKind.RESTORE: self._put_to_trash,
            ChangeKind.TRASH_PROMPT: self._take_prompt_from_trash,
            ChangeKind.RESTORE_PROMPT: self._put_prompt_to_trash,
            ChangeKind.MOVE: self._move_back,
            ChangeKind.COVER: self._uncover,
            ChangeKind.RENAME: self._name_back,
        }[ChangeKind(self.kind)]()
        return True

    def _unset(self) -> None:
        name = "rating" if self.kind == ChangeKind.RATE else "favourite"
        for old, images in self.before["was"]:
            for pks in self._kept(images):
                rows = Image.objects.filter(pk__in=pks, **{name: self.before["now"]})
                rows.update(**{name: old})

    def _take_tags(self) -> None:
        for pk, name, images in self.before["tags"]:
            tag = self._tag(pk, name)
            for pks in chunks(images) if tag else ():
                Tagging.objects.filter(tag=tag, image__in=pks).delete()
            Tag.objects.remove_empty([tag] if tag else [])

    def _give_tags(self) -> None:
        """Also of a tag that was removed since, unless a picture has too many by now."""
        for pk, name, images in self.before["tags"]:
            if not images:
                continue
            tag = self._tag(pk, name) or Tag.objects.named(self.owner, [name])[0]
            for pks in self._kept(images):
                counts = tag_counts(pks)
                Tagging.objects.add((tag.pk, pk) for pk in pks if counts.get(pk, 0) < MOST_TAGS)
            Tag.objects.remove_empty([tag])

    def _tag(self, pk: int, name: str) -> Tag | None:
        """The one that it was, also by another name by now; or that of its name, made anew."""
        found = Tag.objects.of(self.owner).filter(Q(pk=pk) | Q(key=fold(name)))
        return min(found, key=lambda tag: tag.pk != pk, default=None)

    def _take_out(self) -> None:
        for pks in chunks(self.before["images"]):
            rows = Membership.objects.filter(collection=self.before["collection"], image__in=pks)
            rows.filter(collection__owner=self.owner_id).delete()
        own = Collection.objects.of(self.owner).filter(pk=self.before["collection"])
        if self.before["new"]:
            own.filter(memberships=None).delete()

    def _put_back(self) -> None:
        """At the places that they had; not into a collection that was deleted since."""
        own = Collection.objects.of(self.owner).filter(pk=self.before["collection"])
        if not own.exists():
            return
        places = dict(self.before["places"])
        for pks in self._kept(places):
            Membership.objects.add((self.before["collection"], pk, places[pk]) for pk in pks)
        cover = Membership.objects.filter(collection__in=own, image=self.before["cover"])
        if cover.exists():
            own.filter(cover=None).update(cover=self.before["cover"])

    def _take_from_trash(self) -> None:
        """Those alone that this very act has put there."""
        for pks in self._kept(self.before["images"]):
            self.in_trash().filter(pk__in=pks).update(trashed_at=None)

    def _put_to_trash(self) -> None:
        for trashed_at, images in self.before["was"]:
            for pks in self._kept(images):
                self._hanging(pks).update(trashed_at=_with_time_left(trashed_at))

    def _take_prompt_from_trash(self) -> None:
        if self.can_be_seen():
            Prompt.objects.restore(self.before["prompt"])

    def _put_prompt_to_trash(self) -> None:
        """With what came back along with it; not while something of it is under way."""
        since = _with_time_left(self.before["at"])
        self._prompt.trash(self.before["prompt"], since=since, images=self.before["along"])

    def _move_back(self) -> None:
        own = Membership.objects.filter(collection__owner=self.owner_id)
        for image, place in self.before["places"]:
            rows = own.filter(collection=self.before["collection"], image=image)
            rows.filter(place=self.before["now"]).update(place=place)

    def _uncover(self) -> None:
        own = Collection.objects.of(self.owner).filter(pk=self.before["collection"])
        was = Membership.objects.filter(collection__in=own, image=self.before["cover"])
        own.filter(cover__in=self.before["images"]).update(
            cover=self.before["cover"] if was.exists() else None
        )

    def _name_back(self) -> None:
        """Unless another has taken the name since."""
        kinds = {kind._meta.model_name: kind for kind in (Tag, Collection, SavedSearch)}
        own = kinds[self.before["what"]]._default_manager.filter(owner=self.owner_id)
        was = self.before["was"]
        if not own.exclude(pk=self.before["pk"]).filter(key=fold(was)).exists():
            rows = own.filter(pk=self.before["pk"], name=self.before["now"])
            rows.update(name=was, key=fold(was))

    def _kept(self, images: Iterable[int]) -> Iterator[list[int]]:
        """Those of its pictures that were not purged, nor can be before this transaction ends."""
        own = Image.objects.filter(owner=self.owner_id).with_file()
        for pks in chunks(images):
            yield hold(own, pks)


def _with_time_left(trashed_at: str) -> datetime:
    """Since when it was in the trash; but of what was about to be purged a part of its time is
    left, in which this can be thought better of.
    """
    latest = timezone.now() - timedelta(seconds=settings.TRASH_SECONDS * (1 - LEAST_LEFT))
    return max(datetime.fromisoformat(trashed_at), latest)
