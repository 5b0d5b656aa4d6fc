"""What a person does to pictures of theirs, to one or to all, and how it is taken back.

Every verb takes any queryset of pictures and acts on those of it that are the user's own and hang
in the gallery (`restore`: lie in the trash), whole or not at all; of more than one press may change
it raises TooMuchAtOnce. It writes down what was before, in a row that `undo` reads. Pictures come
in by the ten thousand: rows are read and written a chunk at a time, each chunk by the same number
of queries.

All changes of one person stand in line behind the person's own row, with whatever else deletes
tags, collections or pictures of theirs: no tag is removed as empty while it is given, and no place
of a collection is given twice. The pictures' rows are held as well, against whoever forgets that.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, F, Q, Sum, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .collection import GAP, Collection, Membership, NameTaken, place_between
from .image import Image
from .line import line_up
from .prompt import Prompt, fold, pictures_of
from .saved_search import SavedSearch
from .tag import MOST_TAGS, Tag, Tagging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .image import ImageQuerySet
    from .prompt import PromptQuerySet
    from .user import User

CHUNK = 900
"""Rows at a time: SQLite may take no more than 999 variables in a statement."""
MOST_AT_ONCE = 100_000
"""Pictures, or tags on pictures, that one press changes. SQLite has one writer at a time, and an
answer of a paid request waits 20 s at most for it: so many are written in 1 to 5 s.
"""
RECENT = timedelta(hours=1)
"""So far back one change after the other is offered to be undone."""
LOOKED_AT = 20
"""Of a person's last changes, to find one that can still be taken back."""
MOST_TOGETHER = 5
"""What was deleted together, offered in the trash."""
LEAST_LEFT = 1 / 30
"""Of the time in the trash, for what goes back there: a day of thirty."""
MOST_KEPT = 10_000
MOST_LETTERS = 2**24
"""Changes that are kept of each person, and what was before them, as written: 16 million letters
are at least the last three that were each of as many pictures as may be.
"""


class TooManyTags(Exception):
    """A picture would have more tags than a picture may have."""


class TooMuchAtOnce(Exception):
    """More than one press may change: of pictures, at most so many."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


class ChangeKind(models.TextChoices):
    RATE = "rate", _("rating")
    FAVOUR = "favour", _("favourite")
    TAG = "tag", _("tags given")
    UNTAG = "untag", _("tags taken away")
    COLLECT = "collect", _("put into a collection")
    DROP = "drop", _("taken out of a collection")
    TRASH = "trash", _("moved to the trash")
    RESTORE = "restore", _("taken out of the trash")
    TRASH_PROMPT = "trash-prompt", _("prompt moved to the trash")
    RESTORE_PROMPT = "restore-prompt", _("prompt taken out of the trash")
    MOVE = "move", _("moved within a collection")
    COVER = "cover", _("cover of a collection")
    RENAME = "rename", _("renamed")


OF_PROMPTS = {ChangeKind.TRASH_PROMPT, ChangeKind.RESTORE_PROMPT}


class ChangeQuerySet(models.QuerySet["Change"]):
    def of(self, user: User) -> ChangeQuerySet:
        return self.filter(owner=user)

    def previous(self, change: Change) -> Change | None:
        """What the same person did last before it, within the last hour, and did not take back."""
        lately = timezone.now() - RECENT
        rows = self.filter(owner=change.owner_id, pk__lt=change.pk, created_at__gte=lately)
        rows = rows.filter(undone_at=None, count__gt=0).order_by("-pk")
        return next((one for one in rows[:LOOKED_AT] if one.can_be_seen()), None)

    def in_trash(self, user: User) -> list[dict[str, Any]]:
        """The last that put more than one picture at a time there: of each its `pk`, `created_at`,
        and the `count` of those that are there yet. What was before may be of very many.
        """
        rows = self.of(user).filter(kind=ChangeKind.TRASH, undone_at=None, count__gt=1)
        rows = rows.filter(before__at__isnull=False).order_by("-pk")
        last = rows.values_list("pk", "created_at", "before__at")[:LOOKED_AT]
        moments = {datetime.fromisoformat(at): (pk, created_at) for pk, created_at, at in last}
        there = Image.objects.of(user).in_trash().filter(trashed_at__in=moments).order_by()
        left = dict(there.values_list("trashed_at").annotate(Count("pk")))
        return [
            {"pk": pk, "created_at": created_at, "count": left[at]}
            for at, (pk, created_at) in moments.items()
            if at in left
        ][:MOST_TOGETHER]

    # The verbs

    def rate(self, user: User, images: ImageQuerySet, rating: int) -> Change:
        """Stars, 1 to 5; 0 takes them away."""
        return self._set(ChangeKind.RATE, user, images, "rating", rating)

    def favour(self, user: User, images: ImageQuerySet, on: bool) -> Change:
        return self._set(ChangeKind.FAVOUR, user, images, "favourite", on)

    @transaction.atomic
    def tag(self, user: User, images: ImageQuerySet, names: Sequence[str]) -> Change:
        """Give every one of these pictures every one of these tags.

        Raises TooManyTags when a picture would have too many; then none has changed.
        """
        line_up([user.pk])
        tags = Tag.objects.named(user, names)
        added: dict[int, list[int]] = {tag.pk: [] for tag in tags}
        for pks in _own(user, images, each=len(tags)):
            had = _taggings(tags, pks)
            new = [(tag.pk, pk) for tag in tags for pk in pks if (tag.pk, pk) not in had]
            Tagging.objects.add(new)
            _check_room({pk for _tag, pk in new})
            for tag, pk in new:
                added[tag].append(pk)
        Tag.objects.remove_empty(tags)
        return self._record(ChangeKind.TAG, user, _by_tag(tags, added), *added.values())

    @transaction.atomic
    def untag(self, user: User, images: ImageQuerySet, names: Sequence[str]) -> Change:
        """Take these tags away from these pictures; a tag that no picture has any more is gone."""
        line_up([user.pk])
        tags = list(Tag.objects.of(user).filter(key__in={fold(name) for name in names}))
        gone: dict[int, list[int]] = {tag.pk: [] for tag in tags}
        for pks in _own(user, images, each=len(names)):
            for tag, pk in sorted(_taggings(tags, pks)):
                gone[tag].append(pk)
            Tagging.objects.filter(tag__in=tags, image__in=pks).delete()
        Tag.objects.remove_empty(tags)
        return self._record(ChangeKind.UNTAG, user, _by_tag(tags, gone), *gone.values())

    @transaction.atomic
    def collect(
        self, user: User, images: ImageQuerySet, collection: Collection, *, is_new: bool = False
    ) -> Change:
        """Put these pictures at the collection's end, in the order in which they come.

        A collection that is new goes again when this is undone, if nothing else is in it then.
        """
        line_up([user.pk])
        found = Collection.objects.of(user).filter(pk=collection.pk).first()
        added: list[int] = []
        for pks in _own(user, images, in_order=True) if found else ():
            assert found
            inside = Membership.objects.filter(collection=found, image__in=pks)
            had = set(inside.values_list("image", flat=True))
            new = [pk for pk in pks if pk not in had]
            Membership.objects.append(found, new)
            added += new
        before = {"collection": collection.pk, "images": added, "new": is_new}
        return self._record(ChangeKind.COLLECT, user, before, added)

    @transaction.atomic
    def drop(self, user: User, images: ImageQuerySet, collection: Collection) -> Change:
        """Take these pictures out of the collection; they stay in the gallery."""
        line_up([user.pk])
        places: list[tuple[int, int]] = []
        own = Membership.objects.filter(collection__owner=user, collection=collection)
        for pks in _own(user, images):
            rows = own.filter(image__in=pks)
            places += rows.values_list("image", "place")
            rows.delete()
        gone = [pk for pk, _place in places]
        before = {"collection": collection.pk, "places": places, "cover": None}
        covers = Collection.objects.of(user).filter(pk=collection.pk)
        cover = covers.values_list("cover", flat=True).first()
        if cover in set(gone):
            covers.update(cover=None)
            before["cover"] = cover
        return self._record(ChangeKind.DROP, user, before, gone)

    @transaction.atomic
    def trash(self, user: User, images: ImageQuerySet) -> Change:
        """Take these pictures out of the gallery, for a time. Their marks stay with them."""
        line_up([user.pk])
        now = timezone.now()
        gone: list[int] = []
        for pks in _own(user, images):
            Image.objects.filter(pk__in=pks).update(trashed_at=now)
            gone += pks
        before = {"images": gone, "at": now.isoformat()}
        return self._record(ChangeKind.TRASH, user, before, gone)

    @transaction.atomic
    def restore(self, user: User, images: ImageQuerySet) -> Change:
        """Hang pictures from the trash in the gallery again; undone, they lie there as before, for
        the rest of their time.
        """
        line_up([user.pk])
        was: dict[str, list[int]] = defaultdict(list)
        for pks in _own(user, images, of=Image.objects.in_trash()):
            rows = Image.objects.filter(pk__in=pks)
            for pk, trashed_at in rows.values_list("pk", "trashed_at"):
                assert trashed_at
                was[trashed_at.isoformat()].append(pk)
            rows.update(trashed_at=None)
        before = {"was": list(was.items())}
        return self._record(ChangeKind.RESTORE, user, before, *was.values())

    # Of prompts

    @transaction.atomic
    def trash_prompt(self, user: User, prompt: int) -> Change:
        """Take a prompt out of the history, with its pictures; while something of it is under way
        nothing is changed, and the change counts 0.
        """
        line_up([user.pk])
        own = Prompt.objects.of(user)
        now = timezone.now()
        done = own.trash(prompt, since=now)
        before = {"prompt": prompt, "at": now.isoformat()}
        return self._write(user, ChangeKind.TRASH_PROMPT, before, int(done))

    @transaction.atomic
    def restore_prompt(self, user: User, prompt: int) -> Change:
        """Bring a prompt back from the trash, with the pictures that went along with it."""
        line_up([user.pk])
        own = Prompt.objects.of(user)
        at = own.in_trash().filter(pk=prompt).values_list("trashed_at", flat=True).first()
        before: dict[str, Any] = {"prompt": prompt}
        if at is not None:
            along = pictures_of(prompt).in_trash().filter(trashed_at=at)
            before |= {"at": at.isoformat(), "along": list(along.values_list("pk", flat=True))}
        done = own.restore(prompt)
        return self._write(user, ChangeKind.RESTORE_PROMPT, before, int(done))

    # Of tags and collections

    @transaction.atomic
    def move(
        self, user: User, collection: Collection, image: int, *, after: int | None = None,
        place: int | None = None,
    ) -> Change:  # fmt: skip
        """Move a picture in the collection's order: to come after another one, 0 for the first
        place; or to be at a place, counted from 1. After one that is not in it, to the end.
        """
        line_up([user.pk])
        rows = Membership.objects.filter(collection__owner=user, collection=collection)
        moved = rows.filter(image=image).first()
        before: dict[str, Any] = {"collection": collection.pk, "places": [], "now": 0}
        if moved is None:
            return self._record(ChangeKind.MOVE, user, before)
        others = rows.exclude(pk=moved.pk)
        left, right = others.around(after or 0) if place is None else others.around_place(place)
        now = place_between(left, right)
        if now is None:
            assert left
            rows.make_room(left)
            moved.refresh_from_db()
            now = left.place + GAP // 2
        rows.filter(pk=moved.pk).update(place=now)
        before |= {"places": [(image, moved.place)], "now": now}
        return self._record(ChangeKind.MOVE, user, before, [image])

    @transaction.atomic
    def cover(self, user: User, collection: Collection, image: int) -> Change:
        """Let a picture that is in it stand for the collection."""
        line_up([user.pk])
        own = Collection.objects.of(user).filter(pk=collection.pk)
        was = own.values_list("cover", flat=True).first()
        inside = (
            own.filter(memberships__image=image).exclude(cover=image).values_list("pk", flat=True)
        )
        done = Collection.objects.filter(pk__in=list(inside)).update(cover=image)
        before = {"collection": collection.pk, "images": [image] * done, "cover": was}
        return self._record(ChangeKind.COVER, user, before, [image] * done)

    @transaction.atomic
    def rename(self, user: User, row: Tag | Collection | SavedSearch, name: str) -> Change:
        """Give a tag, a collection or a saved search another name. Raises NameTaken."""
        line_up([user.pk])
        own = type(row)._default_manager.filter(owner=user)
        was = own.filter(pk=row.pk).values_list("name", flat=True).first()
        before = {"what": row._meta.model_name, "pk": row.pk, "was": was, "now": name}
        if own.exclude(pk=row.pk).filter(key=fold(name)).exists():
            raise NameTaken
        done = own.filter(pk=row.pk).exclude(name=name).update(name=name, key=fold(name))
        return self._write(user, ChangeKind.RENAME, before, done)

    def prune(self) -> int:
        """Forget what was done too long ago to be taken back; how many rows."""
        before = timezone.now() - timedelta(seconds=settings.CHANGES_SECONDS)
        return self.filter(created_at__lt=before).delete()[0]

    @transaction.atomic
    def _set(
        self, kind: ChangeKind, user: User, images: ImageQuerySet, name: str, value: int
    ) -> Change:
        """Set one column. Of those that have the value already nothing is written down."""
        line_up([user.pk])
        was: dict[int, list[int]] = defaultdict(list)
        for pks in _own(user, images.exclude(**{name: value})):
            rows = Image.objects.filter(pk__in=pks)
            for pk, old in rows.values_list("pk", name):
                was[int(old)].append(pk)
            rows.update(**{name: value})
        before = {"was": list(was.items()), "now": int(value)}
        return self._record(kind, user, before, *was.values())

    def _record(
        self, kind: ChangeKind, user: User, before: dict[str, Any], *images: Sequence[int]
    ) -> Change:
        return self._write(user, kind, before, len(set().union(*images)))

    def _write(self, user: User, kind: ChangeKind, before: dict[str, Any], count: int) -> Change:
        letters = len(json.dumps(before))
        change = self.create(owner=user, kind=kind, before=before, letters=letters, count=count)
        self._make_room(change)
        return change

    def _make_room(self, change: Change) -> None:
        """The oldest of its owner's go, while there are too many or they are too long."""
        own = self.filter(owner=change.owner_id)
        kept = own.aggregate(number=Count("pk"), letters=Sum("letters"))
        if kept["number"] <= MOST_KEPT and kept["letters"] <= MOST_LETTERS:
            return
        newest_first = F("pk").desc()
        counted = own.annotate(
            number=Window(RowNumber(), order_by=newest_first),
            total=Window(Sum("letters"), order_by=newest_first),
        )
        # The newest one stays, whatever it takes: it was done just now.
        beyond = counted.filter(Q(number__gt=MOST_KEPT) | Q(total__gt=MOST_LETTERS), number__gt=1)
        last = beyond.order_by("-pk").values_list("pk", flat=True).first()
        if last is not None:
            own.filter(pk__lte=last).delete()


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
        return f"{self.kind} · {self.pk}"

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
            return any(self._hanging(pks).exists() for pks in _chunks(self.images))
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
            for pks in _chunks(images) if tag else ():
                Tagging.objects.filter(tag=tag, image__in=pks).delete()
            Tag.objects.remove_empty([tag] if tag else [])

    def _give_tags(self) -> None:
        """Also of a tag that was removed since, unless a picture has too many by now."""
        for pk, name, images in self.before["tags"]:
            if not images:
                continue
            tag = self._tag(pk, name) or Tag.objects.named(self.owner, [name])[0]
            for pks in self._kept(images):
                counts = _tag_counts(pks)
                Tagging.objects.add((tag.pk, pk) for pk in pks if counts.get(pk, 0) < MOST_TAGS)
            Tag.objects.remove_empty([tag])

    def _tag(self, pk: int, name: str) -> Tag | None:
        """The one that it was, also by another name by now; or that of its name, made anew."""
        found = Tag.objects.of(self.owner).filter(Q(pk=pk) | Q(key=fold(name)))
        return min(found, key=lambda tag: tag.pk != pk, default=None)

    def _take_out(self) -> None:
        for pks in _chunks(self.before["images"]):
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
        for pks in _chunks(images):
            yield _held(own, pks)


def _with_time_left(trashed_at: str) -> datetime:
    """Since when it was in the trash; but of what was about to be purged a part of its time is
    left, in which this can be thought better of.
    """
    latest = timezone.now() - timedelta(seconds=settings.TRASH_SECONDS * (1 - LEAST_LEFT))
    return max(datetime.fromisoformat(trashed_at), latest)


def _own(
    user: User, images: ImageQuerySet, *, in_order: bool = False, each: int = 1,
    of: ImageQuerySet | None = None,
) -> Iterator[list[int]]:  # fmt: skip
    """The numbers of those that are the user's and in the gallery, or `of` these, held, a chunk at
    a time.

    Raises TooMuchAtOnce, when so many rows are written of each.
    """
    own = (Image.objects.in_gallery() if of is None else of).of(user)
    asked = images if in_order else images.order_by()
    most = MOST_AT_ONCE // max(each, 1)
    pks = list(asked.values_list("pk", flat=True)[: most + 1])
    if len(pks) > most:
        raise TooMuchAtOnce(most)
    # The last condition is looked at once more when a row is held: it may be gone by then.
    for chunk in _chunks(pks):
        held = set(_held(own, chunk))
        yield [pk for pk in chunk if pk in held]


def _held(images: ImageQuerySet, pks: list[int]) -> list[int]:
    """Always in the order of the numbers: two that hold the same rows never wait for each other."""
    rows = images.filter(pk__in=pks).order_by("pk").select_for_update(no_key=True)
    return list(rows.values_list("pk", flat=True))


def _chunks(pks: Iterable[int]) -> Iterator[list[int]]:
    every = list(dict.fromkeys(pks))
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]


def _taggings(tags: Sequence[Tag], pks: Sequence[int]) -> set[tuple[int, int]]:
    """Which of these tags are on which of these pictures."""
    rows = Tagging.objects.filter(tag__in=tags, image__in=pks).order_by()
    return set(rows.values_list("tag", "image"))


def _tag_counts(pks: Iterable[int]) -> dict[int, int]:
    rows = Tagging.objects.filter(image__in=pks).order_by().values_list("image")
    return dict(rows.annotate(Count("pk")))


def _check_room(pks: Iterable[int]) -> None:
    if max(_tag_counts(pks).values(), default=0) > MOST_TAGS:
        raise TooManyTags


def _by_tag(tags: Iterable[Tag], images: dict[int, list[int]]) -> dict[str, Any]:
    return {"tags": [(tag.pk, tag.name, images[tag.pk]) for tag in tags]}
