from __future__ import annotations

import random
import re
import time
from collections.abc import Callable

import pytest
from django.test import Client

from gallery.models import Change, Image, Task, User
from gallery.views.compare import MOST_WORDS, Words, marked
from tests.conftest import Submit

from .conftest import MakeImage


def table(page: str) -> dict[str, list[str]]:
    rows = re.findall(r'<th scope="row"[^>]*>(.*?)</th>(.*?)</tr>', page, re.S)
    return {
        name: [" ".join(cell.split()) for cell in re.findall(r"<td[^>]*>(.*?)</td>", cells, re.S)]
        for name, cells in rows
    }


def address(*images: Image) -> str:
    return "/gallery/compare/?" + "&".join(f"image={image.pk}" for image in images)


def test_only_what_differs_is_in_the_table(
    by_alice: Client, alice: User, submit: Submit, finish: Callable[[Task], Image]
) -> None:
    one = finish(submit(alice, "a red fox in snow").tasks.get())
    links = ("https://pictures.example/ref.png",)
    other = finish(
        submit(alice, "a grey fox in deep snow", ratio="16:9", references=links).tasks.get()
    )
    Change.objects.rate(alice, Image.objects.filter(pk=other.pk), 4)
    page = by_alice.get(address(one, other)).text
    assert f"/images/{one.pk}/original/" in page
    assert 'id="wipe"' in page
    found = table(page)
    assert found.pop("Prompt") == [
        "a <del>red</del> fox in snow",
        "a <ins>grey</ins> fox in <ins>deep</ins> snow",
    ]
    found.pop("Took", None)  # to the second, by chance
    assert found == {
        "Ratio": ["1:1", "16:9"],
        "References": ["–", links[0]],
        "Rating": ["–", "★★★★"],
    }


def test_of_one_recipe_nothing_differs(
    by_alice: Client, alice: User, make_image: MakeImage
) -> None:
    one, other = make_image(alice), make_image(alice)
    Task.objects.filter(image__in=[one, other]).update(accepted_at=None)
    page = by_alice.get(address(one, other)).text
    assert "nothing about them differs" in page
    assert "<table" not in page


def test_what_is_written_is_data(by_alice: Client, alice: User, make_image: MakeImage) -> None:
    one, other = make_image(alice, "<script>x()</script> cat"), make_image(alice, "a cat")
    assert "<script>x" not in by_alice.get(address(one, other)).text


def test_too_few_and_too_many_are_told(
    by_alice: Client, alice: User, make_image: MakeImage
) -> None:
    images = [make_image(alice) for _ in range(5)]
    for some in ([], images[:1], [images[0], images[0]]):
        answer = by_alice.get(address(*some))
        assert answer.status_code == 422
        assert "Choose at least two" in answer.text
    answer = by_alice.get(address(*images))
    assert answer.status_code == 422
    assert "At most four" in answer.text
    assert by_alice.get(address(*images[:4])).status_code == 200


@pytest.mark.parametrize("number", ["{theirs}", "999999999", "x", "9" * 30, ""])
def test_one_that_is_not_ones_own_is_missing(
    by_alice: Client, alice: User, bob: User, make_image: MakeImage, number: str
) -> None:
    own, theirs = make_image(alice), make_image(bob)
    other = number.format(theirs=theirs.pk)
    path = f"/gallery/compare/?image={own.pk}&image={other}"
    assert by_alice.get(path).status_code == 404


def test_words_are_marked_against_the_first() -> None:
    same, new = Words("a fox"), Words("asleep", "ins")
    assert marked(["a fox", "a fox asleep", "fox"]) == [
        [same],
        [same, new],
        [Words("fox")],
    ]
    assert marked(["a fox", "a"]) == [[Words("a"), Words("fox", "del")], [Words("a")]]
    assert marked(["a", ""]) == [[Words("a", "del")], []]


def test_long_prompts_are_compared_in_no_time() -> None:
    """Words by the thousand, of which each occurs in both, in another order."""
    words = [f"w{n}" for n in range(8000)]
    shuffled = random.Random(5).sample(words, len(words))
    began = time.process_time()
    own, other = marked([" ".join(["a", *words, "z"]), " ".join(["a", *shuffled, "z"])])
    marked([" ".join(some[:MOST_WORDS]) for some in (words, words[::-1], shuffled, words[::2])])
    assert time.process_time() - began < 1
    assert [(part.text[:5], part.how) for part in own][::2] == [("a", ""), ("z", "")]
    assert [part.how for part in other] == ["", "ins", ""]
