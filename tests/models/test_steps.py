from __future__ import annotations

import itertools

import pytest

from gallery.models import Image, User
from gallery.models.steps import place, step

ORDERS = [("-pk",), ("pk",), ("-rating", "-pk"), ("-cost_kopecks", "-pk")]


@pytest.fixture
def images(alice: User, bob: User) -> None:
    numbers = itertools.count()
    for rating, cost, owner in itertools.product((0, 3, 0, 5), (400, 0), (alice, bob)):
        Image.objects.create(
            owner=owner,
            demo=False,
            file=f"originals/{next(numbers)}.webp",
            size=1,
            width=1,
            height=1,
            rating=rating,
            cost_kopecks=cost,
        )


@pytest.mark.parametrize("order", ORDERS)
def test_steps_lead_through_the_whole_list_and_back(
    images: None, alice: User, order: tuple[str, ...]
) -> None:
    found = Image.objects.of(alice).order_by(*order)
    listed = list(found)
    assert len(listed) == 8
    for number, (here, after) in enumerate(itertools.zip_longest(listed, listed[1:]), 1):
        assert step(found, here) == after
        assert place(found, here) == number
        if after:
            assert step(found, after, back=True) == here
    assert step(found, listed[0], back=True) is None


@pytest.mark.parametrize("order", ORDERS)
def test_what_has_left_the_list_still_has_its_neighbours(
    images: None, alice: User, order: tuple[str, ...]
) -> None:
    before, gone, after = list(Image.objects.of(alice).order_by(*order))[2:5]
    found = Image.objects.of(alice).exclude(pk=gone.pk).order_by(*order)
    assert step(found, gone) == after
    assert step(found, gone, back=True) == before
