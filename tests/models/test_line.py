"""All that changes one person's pictures, tags and collections stands in one line.

Each test opens a transaction, lets another connection come in the middle of it, and goes on when
that one waits or is through.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from gallery.archive import removal
from gallery.jobs import purge
from gallery.models import Change, Collection, Image, NameTaken, Prompt, Tag, User, line_up
from tests.conftest import Submit
from tests.trash import trash

from .test_change import collection, hang, names
from .test_races import count_waiting, own_connection
from .test_trash import finish

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="locks rows: one writer at a time here"
    ),
]

Act = Callable[[], object]


def in_the_middle(first: Act, other: Act, then: Act = lambda: None) -> object:
    """What `other` answers, or raises, when it comes from elsewhere between the two parts."""
    found: list[object] = []

    def run() -> None:
        with own_connection():
            try:
                found.append(other())
            except Exception as error:  # whatever it is, the test is to see it
                found.append(error)

    thread = threading.Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        deadline = time.monotonic() + 10
        while thread.is_alive() and not count_waiting():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        then()
    thread.join(20)
    return found[0]


@pytest.fixture
def pks(alice: User) -> list[int]:
    """Three pictures: the first has the tag sky, the second sea."""
    found = hang(alice, 3)
    for pk, name in zip(found, ("sky", "sea"), strict=False):
        Change.objects.tag(alice, Image.objects.filter(pk=pk), [name])
    return found


def tag(name: str) -> Tag:
    return Tag.objects.get(key=name)


@pytest.mark.parametrize("is_interrupted", [False, True])
def test_a_purge_leaves_a_tag_that_is_being_given(
    alice: User, pks: list[int], settings: Any, is_interrupted: bool
) -> None:
    """Also when the rows were given up before, by a purge that was killed then."""
    sky, _sea, third = pks
    trash(sky)
    if is_interrupted:
        settings.NOTE_SECONDS = 0
        with pytest.raises(OSError), removal.announced(settings.DATA_DIR, [sky]):
            Image.objects.filter(pk=sky).purge()
            raise OSError
    done = in_the_middle(
        lambda: Change.objects.tag(alice, Image.objects.filter(pk=third), ["sky"]),
        purge.sweep if is_interrupted else lambda: purge.empty(alice),
    )
    assert (done, names(third), names(sky)) == (None, ["sky"], [])


def test_what_is_being_tagged_is_merged_too(alice: User, pks: list[int]) -> None:
    one = Image.objects.filter(pk=pks[2])
    sky, sea = tag("sky"), tag("sea")
    done = in_the_middle(
        lambda: Change.objects.tag(alice, one, ["sky"]), lambda: Tag.objects.merge(sky, sea)
    )
    assert (done, [names(pk) for pk in pks]) == (True, [["sea"]] * 3)


def test_a_tag_that_is_being_deleted_takes_nothing_in(alice: User, pks: list[int]) -> None:
    sky, sea = tag("sky"), tag("sea")
    done = in_the_middle(
        lambda: Tag.objects.of(alice).remove(sea), lambda: Tag.objects.merge(sky, sea)
    )
    assert (done, [names(pk) for pk in pks]) == (False, [["sky"], [], []])


def test_a_tag_that_is_being_given_is_deleted_whole(alice: User, pks: list[int]) -> None:
    one, sky = Image.objects.filter(pk=pks[2]), tag("sky")
    in_the_middle(
        lambda: Change.objects.tag(alice, one, ["sky"]), lambda: Tag.objects.of(alice).remove(sky)
    )
    assert [names(pk) for pk in pks] == [[], ["sea"], []]


def test_a_collection_that_is_being_filled_is_deleted_whole(alice: User, pks: list[int]) -> None:
    found = collection(alice)
    in_the_middle(
        lambda: Change.objects.collect(alice, Image.objects.all(), found),
        lambda: Collection.objects.of(alice).remove(found),
    )
    assert not Collection.objects.exists()


def test_a_name_that_is_being_taken_is_not_given_twice(alice: User) -> None:
    found = collection(alice)
    answer = in_the_middle(
        lambda: Collection.objects.named(alice, "posters"),
        lambda: Change.objects.rename(alice, found, "Posters"),
    )
    assert isinstance(answer, NameTaken)


@pytest.mark.parametrize("deed", ["purge", "trash", "restore"])
def test_rows_are_held_in_the_order_of_everybody(alice: User, submit: Submit, deed: str) -> None:
    """A change holds a chunk of pictures, and then the next; nobody has the next and waits."""
    tasks = list(submit(alice, count=2).tasks.order_by("pk"))
    prompt = tasks[0].batch.prompt_id
    first, second = (finish(task).pk for task in tasks)
    if deed != "trash":
        Prompt.objects.trash(prompt)
    # PostgreSQL writes a changed row anew behind the others, and comes to it last.
    Image.objects.filter(pk=first).update(rating=1)
    deeds: dict[str, Act] = {
        "purge": lambda: Image.objects.filter(pk__in=[first, second]).purge(),
        "trash": lambda: Prompt.objects.trash(prompt),
        "restore": lambda: Prompt.objects.restore(prompt),
    }

    def hold(pk: int) -> None:
        line_up([alice.pk])
        Image.objects.select_for_update(no_key=True).get(pk=pk)

    assert in_the_middle(lambda: hold(first), deeds[deed], lambda: hold(second)) in {True, 2}
