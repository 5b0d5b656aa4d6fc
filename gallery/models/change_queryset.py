"""The verbs of what a person does to pictures of theirs, to one or to all.

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

from .change_kind import ChangeKind
from .change_rows import by_tag, check_room, own_images, taggings
from .collection import GAP, Collection, Membership, NameTaken, place_between
from .image import Image
from .line import line_up
from .prompt import Prompt, fold, pictures_of
from .tag import Tag, Tagging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .change import Change
    from .image import ImageQuerySet
    from .saved_search import SavedSearch
    from .user import User

RECENT = timedelta(hours=1)
"""So far back one change after the other is offered to be undone."""
LOOKED_AT = 20
"""Of a person's last changes, to find one that can still be taken back."""
MOST_TOGETHER = 5
"""What was deleted together, offered in the trash."""
MOST_KEPT = 10_000
MOST_LETTERS = 2**24
"""Changes that are kept of each person, and what was before them, as written: 16 million letters
are at least the last three that were each of as many pictures as may be.
"""


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
        for pks in own_images(user, images, each=len(tags)):
            had = taggings(tags, pks)
            new = [(tag.pk, pk) for tag in tags for pk in pks if (tag.pk, pk) not in had]
            Tagging.objects.add(new)
            check_room({pk for _tag, pk in new})
            for tag, pk in new:
                added[tag].append(pk)
        Tag.objects.remove_empty(tags)
        return self._record(ChangeKind.TAG, user, by_tag(tags, added), *added.values())

    @transaction.atomic
    def untag(self, user: User, images: ImageQuerySet, names: Sequence[str]) -> Change:
        """Take these tags away from these pictures; a tag that no picture has any more is gone."""
        line_up([user.pk])
        tags = list(Tag.objects.of(user).filter(key__in={fold(name) for name in names}))
        gone: dict[int, list[int]] = {tag.pk: [] for tag in tags}
        for pks in own_images(user, images, each=len(names)):
            for tag, pk in sorted(taggings(tags, pks)):
                gone[tag].append(pk)
            Tagging.objects.filter(tag__in=tags, image__in=pks).delete()
        Tag.objects.remove_empty(tags)
        return self._record(ChangeKind.UNTAG, user, by_tag(tags, gone), *gone.values())

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
        for pks in own_images(user, images, in_order=True) if found else ():
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
        for pks in own_images(user, images):
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
        for pks in own_images(user, images):
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
        for pks in own_images(user, images, of=Image.objects.in_trash()):
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
        for pks in own_images(user, images.exclude(**{name: value})):
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
