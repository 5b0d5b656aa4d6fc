"""What a line finds: exactly what it says, through the indexes of either database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import search
from gallery.models import (
    Collection,
    Image,
    ImageModel,
    Membership,
    Prompt,
    Tag,
    Tagging,
    User,
    fold,
)
from gallery.search import index
from tests.views.conftest import MakeImage, finish, make_image, picture

__all__ = ["finish", "make_image", "picture"]

Find = Callable[..., list[str]]

TEXTS = {
    "cat": "A red CAT on a roof, 35mm",
    "hedgehog": "Ёжик в тумане, tilt-shift",
    "street": "雨夜的街道",
    "quote": 'the "blue" house_100%',
    "catalogue": "catalogue of roses",
}


@pytest.fixture
def library(alice: User, bob: User, make_image: MakeImage) -> dict[str, Image]:
    made = {name: make_image(alice, text) for name, text in TEXTS.items()}
    make_image(bob, "a red cat of bob's")
    return made


@pytest.fixture
def find(alice: User, library: dict[str, Image]) -> Find:
    names = {image.pk: name for name, image in library.items()}

    def _find(line: str) -> list[str]:
        found = search.read(line, alice)
        assert not found.flaws, found.flaws
        rows = found.narrow(Image.objects.of(alice).in_gallery()).order_by("pk")
        return [names[pk] for pk in rows.values_list("pk", flat=True)]

    return _find


ALL = list(TEXTS)


@pytest.mark.parametrize(("few", "often"), [(index.FEW, index.OFTEN), (0, index.OFTEN), (0, 0)])
def test_words(find: Find, monkeypatch: pytest.MonkeyPatch, few: int, often: int) -> None:
    """By each way: from the words to the pictures, and from the pictures to the words, in one of
    which a word that is refused is asked of each picture.
    """
    monkeypatch.setattr(index, "FEW", few)
    monkeypatch.setattr(index, "OFTEN", often)
    expected = {
        "": ALL,
        "cat": ["cat", "catalogue"],
        "ROOF cat": ["cat"],
        '"red cat"': ["cat"],
        '"cat red"': [],
        "talo": ["catalogue"],
        "ежик": ["hedgehog"],
        "ЁЖИК тумане": ["hedgehog"],
        "еж": ["hedgehog"],
        "жи": [],
        "ro": ["cat", "catalogue"],
        "oo": [],
        "sh": ["hedgehog"],
        "街道": ["street"],
        "雨夜的": ["street"],
        "的": ["street"],
        "%": ["quote"],
        "- %": [],
        '"""blue"""': ["quote"],
        "house_100%": ["quote"],
        "house%100": [],
        "hou\\e": [],
        "-cat": ["hedgehog", "street", "quote"],
        "-ro": ["hedgehog", "street", "quote"],
        "cat -roof": ["catalogue"],
        "-街道 -cat": ["hedgehog", "quote"],
        "it's": [],
        "a'": [],
        "c\\": [],
    }
    assert {line: find(line) for line in expected} == expected


def test_filters(
    find: Find, library: dict[str, Image], alice: User, image_model: ImageModel
) -> None:
    timezone.activate("Europe/Moscow")
    cat, hedgehog, street = (library[name].pk for name in ("cat", "hedgehog", "street"))
    other = ImageModel.objects.get(remote_id="flux-dev")
    # Eleven at night in London is the next day in Moscow.
    late = datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
    rows = Image.objects.all()
    rows.update(created_at=datetime(2025, 1, 2, tzinfo=UTC))
    rows.filter(pk=cat).update(rating=4, favourite=True, created_at=late)
    rows.filter(pk=hedgehog).update(rating=2, model=other, ratio="16:9", cost_kopecks=1250)
    rows.filter(pk=street).update(model=None, prompt=None, task=None, rating=5)
    poster = Tag.objects.create(owner=alice, name="Ёлка", key=fold("Ёлка"))
    Tagging.objects.create(tag=poster, image_id=hedgehog)
    shelf = Collection.objects.create(owner=alice, name="To Print", key=fold("To Print"))
    Membership.objects.create(collection=shelf, image_id=cat, place=1)
    rest = ["quote", "catalogue"]
    expected = {
        "rating:>=4": ["cat", "street"],
        "rating:0": rest,
        "-rating:1..5": rest,
        "fav": ["cat"],
        "-fav rating:2..": ["hedgehog", "street"],
        "model:flux": ["hedgehog"],
        "model:gpt-image-1-low": ["cat", *rest],
        "model:gpt-image-1-low model:flux-dev": ["cat", "hedgehog", *rest],
        "-модель:flux rating:>0": ["cat", "street"],
        "ratio:16:9": ["hedgehog"],
        "ratio:16:9 ratio:1:1": ALL,
        "tag:елка": ["hedgehog"],
        "-tag:ёлка rating:>0": ["cat", "street"],
        'in:"to print"': ["cat"],
        '-in:"TO print" rating:>0': ["hedgehog", "street"],
        "date:2026-11": ["cat"],
        "date:2026-11-01": ["cat"],
        "date:2026-10": [],
        "date:<2026": ["hedgehog", "street", *rest],
        "date:2025..2026 fav": ["cat"],
        "-date:2025": ["cat"],
        "date:2026 date:2026-11 date:<2027": ["cat"],
        "date:2026 date:2025": [],
        "cost:>10": ["hedgehog"],
        "cost:<=10": ["cat", "street", *rest],
        "-cat": ["hedgehog", "street", "quote"],
    }
    assert {line: find(line) for line in expected} == expected


def test_what_is_not_there_is_explained_and_anothers_is_not_there(
    alice: User, bob: User, library: dict[str, Image]
) -> None:
    Tag.objects.create(owner=bob, name="secret", key="secret")
    Collection.objects.create(owner=bob, name="hidden", key="hidden")
    found = search.read("cat tag:secret in:hidden model:nothing", alice)
    assert [flaw.words for flaw in found.flaws] == [
        "You have no tag “secret”.",
        "You have no collection “hidden”.",
        "No model is called “nothing”.",
    ]
    assert not found.narrow(Image.objects.of(alice)).exists()


def test_the_words_of_prompts_are_kept_in_the_index(find: Find, library: dict[str, Image]) -> None:
    """By the database itself: were its triggers lost with a table made anew, this would fail."""
    prompt = library["cat"].prompt
    assert prompt
    Prompt.objects.filter(pk=prompt.pk).update(search_text="a dog")
    assert find("dog") == find("do") == ["cat"]
    assert find("red") == []
    Prompt.objects.trash(prompt.pk)
    assert Prompt.objects.purge(prompt.pk)
    assert find("dog") == find("do") == []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for table in ("gallery_prompt_parts", "gallery_prompt_starts"):
                cursor.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
                cursor.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH 'dog'")
                assert cursor.fetchall() == []


def test_words_and_filters_are_found_through_indexes(
    alice: User, library: dict[str, Image]
) -> None:
    """However many rows there are: no table is gone through from end to end."""
    own = Image.objects.of(alice).in_gallery()
    line = "cat ro -dog rating:>=4 fav model:flux ratio:1:1 date:2026 cost:>1"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = off")
        plan = search.read(line, alice).narrow(own).order_by("-pk")[:60].explain()
    if connection.vendor == "postgresql":
        assert "Seq Scan" not in plan, plan
        # What an earlier test left in the statistics may make a walk along the keys seem cheaper.
        with connection.cursor() as cursor:
            cursor.execute("SET enable_indexscan = off")
        every = Prompt.objects.order_by()
        assert "prompt_parts" in search.holding(every, ["cat"]).explain()
        assert "prompt_starts" in search.holding(every, ["ro"]).explain()
        return
    scans = [step for step in plan.splitlines() if "SCAN" in step]
    assert scans
    assert all("VIRTUAL TABLE INDEX" in step for step in scans), plan


def test_a_line_costs_a_constant_number_of_queries(alice: User, library: dict[str, Image]) -> None:
    for name in ("one", "two", "three"):
        Tag.objects.create(owner=alice, name=name, key=name)

    def queries(line: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as told:
            search.read(line, alice).narrow(Image.objects.of(alice))
        return len(told)

    assert queries("cat red roof") == queries("cat")
    # Other words each time: what is found of them is remembered.
    assert queries("cat red roof -fish -bird") == queries("cat -dog")
    assert queries("-tag:one -tag:two -tag:three") == queries("-tag:one")
    assert queries(" ".join(f"date:20{year}" for year in range(10, 60))) == queries("date:2026")
    assert queries("tag:one " * 50) == queries("tag:one")
