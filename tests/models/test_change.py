"""What a person does to pictures, and how it is taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.jobs import purge
from gallery.models import (
    MOST_TAGS,
    Change,
    Collection,
    Image,
    Membership,
    Prompt,
    Tag,
    Tagging,
    Task,
    TooManyTags,
    TooMuchAtOnce,
    User,
)
from gallery.models.change_rows import CHUNK
from tests.conftest import Submit
from tests.trash import restore, trash
from tests.views.conftest import finish as finish
from tests.views.conftest import picture as picture

MANY = CHUNK + 100


def hang(owner: User, count: int) -> list[int]:
    """So many imported pictures, of which only the rows are looked at here."""
    start = Image.objects.count()
    made = Image.objects.bulk_create(
        Image(
            owner=owner, demo=False, file=f"originals/{owner.pk}/{start + number}.webp",
            sha256="0" * 64, size=1, mime="image/webp", width=3, height=2, color="#705030",
        )
        for number in range(count)
    )  # fmt: skip
    return [image.pk for image in made]


def collection(owner: User, name: str = "Prints") -> Collection:
    return Collection.objects.create(owner=owner, name=name, key=name.casefold())


def names(pk: int) -> list[str]:
    return list(Tag.objects.filter(images=pk).values_list("name", flat=True))


def order(found: Collection) -> list[int]:
    return list(Membership.objects.filter(collection=found).values_list("image", flat=True))


def rated(*pks: int) -> list[int]:
    found = dict(Image.objects.values_list("pk", "rating"))
    return [found[pk] for pk in pks]


def test_only_ones_own_in_the_gallery(alice: User, bob: User) -> None:
    own, trashed, purged = hang(alice, 3)
    (other,) = hang(bob, 1)
    for pk in (trashed, purged):
        trash(pk)
    Image.objects.filter(pk=purged).purge()
    both, theirs = collection(alice), collection(bob)
    every = Image.objects.all()
    for change in (
        Change.objects.rate(alice, every, 4),
        Change.objects.favour(alice, every, True),
        Change.objects.tag(alice, every, ["sea"]),
        Change.objects.collect(alice, every, both),
        Change.objects.untag(alice, every, ["sea"]),
        Change.objects.drop(alice, every, both),
    ):
        assert (change.images, change.count) == ([own], 1), change.kind
    assert Change.objects.collect(alice, every, theirs).count == 0
    assert Change.objects.trash(alice, every).images == [own]
    untouched = Image.objects.exclude(pk=own)
    assert not untouched.exclude(rating=0, favourite=False).exists()
    assert Image.objects.get(pk=other).trashed_at is None
    assert not Tag.objects.of(bob).exists()


def test_rating_is_taken_back_to_what_each_had(alice: User) -> None:
    one, two, three, same = hang(alice, 4)
    Image.objects.filter(pk=two).update(rating=2)
    Image.objects.filter(pk=same).update(rating=5)
    change = Change.objects.rate(alice, Image.objects.all(), 5)
    assert set(change.images) == {one, two, three}
    Change.objects.rate(alice, Image.objects.filter(pk=three), 1)
    trash(one)  # marks stay, and are taken back there too
    assert change.undo()
    assert rated(one, two, three, same) == [0, 2, 1, 5]
    assert not change.undo(), "once"


def test_tags_are_one_word_in_every_spelling_and_go_with_their_last_picture(alice: User) -> None:
    one, two = hang(alice, 2)
    both = Image.objects.all()
    first = Change.objects.tag(alice, Image.objects.filter(pk=one), ["Ёлка  зимой"])
    second = Change.objects.tag(alice, both, ["ЕЛКА ЗИМОЙ", "sea"])
    assert (first.names, names(two)) == (["Ёлка зимой"], ["sea", "Ёлка зимой"])
    assert second.undo()
    assert (names(one), names(two)) == (["Ёлка зимой"], [])
    assert not Tag.objects.filter(name="sea").exists()
    gone = Change.objects.untag(alice, both, ["елка зимой", "none"])
    assert not Tag.objects.exists()
    assert gone.undo()
    assert names(one) == ["Ёлка зимой"]
    trash(one)
    assert Change.objects.untag(alice, both, ["Ёлка зимой"]).count == 0
    assert Tag.objects.exists(), "a picture in the trash keeps its tags"


def test_a_picture_has_room_for_so_many_tags(alice: User) -> None:
    full, other = hang(alice, 2)
    Change.objects.tag(alice, Image.objects.filter(pk=full), [f"t{n}" for n in range(MOST_TAGS)])
    with pytest.raises(TooManyTags):
        Change.objects.tag(alice, Image.objects.all(), ["one more"])
    assert names(other) == [], "whole or not at all"
    assert Change.objects.tag(alice, Image.objects.all(), ["t7"]).images == [other]


def test_a_press_is_bounded(alice: User, monkeypatch: Any) -> None:
    """So that nobody who has to write meanwhile waits too long; a refused one changes nothing."""
    pks = hang(alice, 6)
    found = collection(alice)
    five = Image.objects.filter(pk__in=pks[1:])
    every = Image.objects.all()
    Change.objects.tag(alice, every, ["sea"])
    Change.objects.collect(alice, five, found)
    monkeypatch.setattr("gallery.models.change_rows.MOST_AT_ONCE", 5)
    verbs: list[tuple[int, Any]] = [
        (5, lambda images: Change.objects.rate(alice, images, 3)),
        (5, lambda images: Change.objects.favour(alice, images, True)),
        (2, lambda images: Change.objects.tag(alice, images, ["sky", "red"])),
        (2, lambda images: Change.objects.untag(alice, images, ["sea", "none"])),
        (5, lambda images: Change.objects.drop(alice, images, found)),
        (5, lambda images: Change.objects.collect(alice, images, found)),
        (5, lambda images: Change.objects.trash(alice, images)),
    ]
    for most, verb in verbs:
        before = Change.objects.count()
        with pytest.raises(TooMuchAtOnce) as refused:
            verb(every if most == 5 else Image.objects.filter(pk__in=pks[:3]))
        assert (refused.value.most, Change.objects.count()) == (most, before)
        assert verb(Image.objects.filter(pk__in=pks[1 : most + 1])).count == most
    (pk,) = set(pks) & set(Image.objects.in_gallery().values_list("pk", flat=True))
    assert (names(pk), rated(pk), order(found)) == (["sea"], [0], pks[:0:-1])


def test_a_collection_keeps_its_order_and_its_cover(alice: User) -> None:
    pks = hang(alice, 4)
    found = collection(alice)
    change = Change.objects.collect(alice, Image.objects.order_by("pk"), found)
    assert order(found) == pks
    assert Change.objects.collect(alice, Image.objects.all(), found).count == 0
    Collection.objects.update(cover=pks[1])
    out = Change.objects.drop(alice, Image.objects.filter(pk__in=pks[1:3]), found)
    assert order(found) == [pks[0], pks[3]]
    assert Collection.objects.get().cover_id is None
    assert out.undo()
    assert (order(found), Collection.objects.get().cover_id) == (pks, pks[1])
    assert change.undo()
    assert order(found) == []
    out = Change.objects.collect(alice, Image.objects.all(), found)
    found.delete()
    assert out.undo(), "it has nothing to do"


def test_undoing_the_trash_brings_back_what_it_took_alone(alice: User) -> None:
    before, one, again, gone = hang(alice, 4)
    trash(before)
    change = Change.objects.trash(alice, Image.objects.all())
    restore(again)
    trash(again)
    Image.objects.filter(pk=gone).purge()
    assert change.undo()
    assert list(Image.objects.in_gallery().values_list("pk", flat=True)) == [one]


def test_undoing_a_restore_puts_there_what_it_took_out_and_hangs_yet(
    alice: User, bob: User
) -> None:
    one, again, gone, stays = hang(alice, 4)
    (theirs,) = hang(bob, 1)
    first = Change.objects.trash(alice, Image.objects.filter(pk__in=[one, again, gone]))
    Change.objects.trash(bob, Image.objects.filter(pk=theirs))
    was = Image.objects.get(pk=one).trashed_at
    change = Change.objects.restore(alice, Image.objects.all())
    assert (change.count, set(change.images)) == (3, {one, again, gone})
    assert change.can_be_seen()
    assert not first.can_be_seen()
    trash(again)  # by itself, since
    anew = Image.objects.get(pk=again).trashed_at
    trash(gone)
    Image.objects.filter(pk=gone).purge()
    assert change.undo()
    assert not change.undo()
    assert Image.objects.get(pk=one).trashed_at == was
    assert Image.objects.get(pk=again).trashed_at == anew != was
    assert list(Image.objects.in_gallery()) == [Image.objects.get(pk=stays)]
    assert Image.objects.get(pk=theirs).trashed_at
    assert first.can_be_seen()
    assert not change.can_be_seen()


def test_a_restore_can_be_taken_back_while_any_of_it_hangs(alice: User) -> None:
    pks = hang(alice, MANY)
    Change.objects.trash(alice, Image.objects.all())
    change = Change.objects.restore(alice, Image.objects.all())
    Change.objects.trash(alice, Image.objects.filter(pk__in=pks[:-1]))
    assert change.can_be_seen()
    trash(pks[-1])
    assert not change.can_be_seen()


def test_a_prompt_leaves_and_comes_back_as_changes(
    alice: User, bob: User, submit: Submit, finish: Callable[[Task], Image]
) -> None:
    tasks = list(submit(alice, count=3).tasks.order_by("pk"))
    alone, along, other = (finish(task).pk for task in tasks)
    prompt = tasks[0].batch.prompt_id
    trash(alone)
    assert Change.objects.trash_prompt(bob, prompt).count == 0
    gone = Change.objects.trash_prompt(alice, prompt)
    assert gone.can_be_seen()
    was = Prompt.objects.get().trashed_at
    assert Change.objects.restore_prompt(bob, prompt).count == 0
    back = Change.objects.restore_prompt(alice, prompt)
    assert (back.count, back.images, gone.can_be_seen()) == (1, [], False)
    trash(other)
    restore(alone)
    assert back.undo()
    # With what came back along with it and hangs yet: the rest is where it was put since.
    assert list(Image.objects.filter(trashed_at=was).values_list("pk", flat=True)) == [along]
    assert list(Image.objects.in_gallery().values_list("pk", flat=True)) == [alone]
    assert Prompt.objects.get().trashed_at == was
    assert gone.undo()
    assert set(Image.objects.in_gallery().values_list("pk", flat=True)) == {alone, along}
    assert Prompt.objects.kept().exists()


def test_a_prompt_that_is_under_way_again_stays(
    alice: User, submit: Submit, finish: Callable[[Task], Image]
) -> None:
    task = submit(alice).tasks.get()
    finish(task)
    Change.objects.trash_prompt(alice, task.batch.prompt_id)
    back = Change.objects.restore_prompt(alice, task.batch.prompt_id)
    Task.objects.filter(pk=task.pk).update(status="queued")
    assert not back.can_be_seen()
    assert back.undo()
    assert Prompt.objects.kept().exists()
    assert Change.objects.trash_prompt(alice, task.batch.prompt_id).count == 0


def test_what_was_purged_gets_nothing_back(alice: User, bob: User) -> None:
    (pk,) = hang(alice, 1)
    every = Image.objects.all()
    found = collection(alice)
    Change.objects.tag(alice, every, ["sea"])
    Change.objects.collect(alice, every, found)
    Collection.objects.update(cover=pk)
    changes = [
        Change.objects.untag(alice, every, ["sea"]),
        Change.objects.drop(alice, every, found),
    ]
    assert all(change.undo() for change in changes)
    assert (names(pk), order(found)) == (["sea"], [pk])
    trash(pk)
    assert (names(pk), order(found)) == (["sea"], [pk]), "in the trash its marks stay"
    purge.empty(alice)
    assert (names(pk), order(found)) == ([], [])
    assert Collection.objects.get().cover_id is None
    assert not Tag.objects.exists()
    Change.objects.update(undone_at=None)
    assert all(change.undo() for change in changes)
    assert not Tagging.objects.exists()
    assert not Membership.objects.exists()


def test_as_many_queries_a_chunk_however_many(alice: User) -> None:
    """And thousands at once, by each verb and its undoing."""
    found = collection(alice)

    def count(act: Any) -> tuple[int, Any]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            done = act()
        # Inserts are cut by Django to what the database takes.
        told = [one["sql"] for one in queries if not one["sql"].startswith("INSERT")]
        return len(told), done

    def measure() -> list[int]:
        every = Image.objects.all()
        acts = [
            lambda: Change.objects.rate(alice, every, 3),
            lambda: Change.objects.favour(alice, every, True),
            lambda: Change.objects.tag(alice, every, ["sea", "sky"]),
            lambda: Change.objects.collect(alice, every, found),
            lambda: Change.objects.untag(alice, every, ["sea", "sky"]),
            lambda: Change.objects.drop(alice, every, found),
            lambda: Change.objects.trash(alice, every),
        ]
        done = [count(act) for act in acts]
        assert {change.count for _queries, change in done} == {Image.objects.count()}
        undone = [count(change.undo)[0] for _queries, change in reversed(done)]
        assert not Image.objects.exclude(rating=0, favourite=False).exists()
        assert not Tagging.objects.exists()
        return [queries for queries, _change in done] + undone

    hang(alice, 1)
    one = measure()
    hang(alice, MANY - 1)
    many = measure()
    assert all(more <= 2 * once for once, more in zip(one, many, strict=True)), (one, many)


def test_old_changes_are_forgotten(alice: User, settings: Any) -> None:
    hang(alice, 1)
    old = Change.objects.rate(alice, Image.objects.all(), 1)
    new = Change.objects.rate(alice, Image.objects.all(), 2)
    ago = timezone.now() - timedelta(seconds=settings.CHANGES_SECONDS + 1)
    Change.objects.filter(pk=old.pk).update(created_at=ago)
    purge.sweep()
    assert list(Change.objects.all()) == [new]


def test_so_many_changes_are_kept_of_each_person(alice: User, bob: User, monkeypatch: Any) -> None:
    """The oldest go first, and nobody else's."""
    monkeypatch.setattr("gallery.models.change_queryset.MOST_KEPT", 3)
    hang(alice, 1)
    hang(bob, 1)
    every = Image.objects.all()
    theirs = Change.objects.rate(bob, every, 5)
    made = [Change.objects.rate(alice, every, n % 5 + 1) for n in range(5)]
    assert list(Change.objects.order_by("pk")) == [theirs, *made[2:]]
    assert made[-1].undo()


def test_no_more_is_kept_of_each_person_than_a_disk_has_room_for(
    alice: User, monkeypatch: Any
) -> None:
    """However many pictures each was of; what was done last can always be taken back."""
    hang(alice, 1000)
    every = Image.objects.all()
    (one,) = hang(alice, 1)
    thousand = Change.objects.rate(alice, every.exclude(pk=one), 1)
    monkeypatch.setattr(
        "gallery.models.change_queryset.MOST_LETTERS", 2 * len(str(thousand.before))
    )
    kept: list[Change] = [thousand]
    for number in range(4):
        kept.append(Change.objects.favour(alice, Image.objects.filter(pk=one), number % 2 == 0))
        kept.append(Change.objects.rate(alice, every.exclude(pk=one), number % 2 + 2))
    assert list(Change.objects.order_by("pk")) == kept[-2:]
    monkeypatch.setattr("gallery.models.change_queryset.MOST_LETTERS", 10)
    last = Change.objects.trash(alice, every)
    assert list(Change.objects.all()) == [last]
    assert last.undo()
    assert Image.objects.in_gallery().count() == 1001


@pytest.mark.django_db(transaction=True)
def test_changes_at_once_leave_nothing_half_done(alice: User) -> None:
    """Giving and taking a last tag, collecting twice, undoing twice, purging in between."""
    pks = hang(alice, 60)
    found = collection(alice)
    every = Image.objects.filter(pk__in=pks)
    barrier = threading.Barrier(6)
    undone: list[bool] = []
    change = Change.objects.rate(alice, every, 3)

    def undo() -> None:
        undone.append(Change.objects.get(pk=change.pk).undo())

    def collect() -> None:
        for _ in range(3):
            Change.objects.collect(alice, every.order_by("?"), found).undo()
        Change.objects.collect(alice, every, found)

    def throw() -> None:
        for pk in pks[:20]:
            trash(pk)
        purge.empty(alice)

    def run(act: Any) -> None:
        barrier.wait()
        act()
        connection.close()

    acts = (
        lambda: [Change.objects.tag(alice, every, ["sea"]) for _ in range(5)],
        lambda: [Change.objects.untag(alice, every, ["sea"]) for _ in range(5)],
        collect, undo, undo, throw,
    )  # fmt: skip
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for step in (threading.Thread.start, threading.Thread.join):
        for thread in threads:
            step(thread)
    assert sorted(undone) == [False, True]
    assert not Tagging.objects.filter(image__purged_at__isnull=False).exists()
    assert not Membership.objects.filter(image__purged_at__isnull=False).exists()
    assert len(order(found)) == 40
    assert len(set(Membership.objects.values_list("place", flat=True))) == 40
