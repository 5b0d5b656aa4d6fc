"""Many pictures at once: rated, favoured, tagged, collected, deleted, run again."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.forms import SelectionForm
from gallery.jobs import rerun
from gallery.models import Batch, Change, Collection, Image, ImageModel, Prompt, Task, User
from tests.conftest import Submit
from tests.trash import trash
from tests.views.conftest import HTMX, MakeImage

ALL = {"all": "on"}


@pytest.fixture
def images(alice: User, submit: Submit, finish: Callable[[Task], Image]) -> list[Image]:
    """Three of one prompt and one of another."""
    cats = [finish(task) for task in submit(alice, "a cat", count=3).tasks.order_by("pk")]
    return [*cats, finish(submit(alice, "a fox").tasks.get())]


def chosen(text: str, user: User) -> list[int]:
    form = SelectionForm(QueryDict(text), user=user)
    return sorted(form.images().values_list("pk", flat=True))


def test_what_is_chosen(images: list[Image], alice: User, bob: User) -> None:
    first, second, third, fox = pks = [image.pk for image in images]
    assert chosen(f"image={first}&image={fox}", alice) == [first, fox]
    assert chosen(f"images={first}-{third},{fox}&q=nothing", alice) == pks
    assert chosen("all=on", alice) == pks
    assert chosen("all=on&q=fox", alice) == [fox]
    assert chosen(f"all=on&but={second}", alice) == [first, third, fox]
    assert chosen(f"images={first}-{fox}", bob) == chosen("all=on", bob) == []
    trash(first)
    assert chosen(f"images={first},{second}", alice) == [second]
    for bad in ("", "images=x", "image=x", "images=1-", "all=on&but=x", "images=9-1"):
        assert chosen(bad, alice) == []
        assert SelectionForm(QueryDict(bad), user=alice).words, bad
    most = SelectionForm(QueryDict("images=1-100001"), user=alice)
    assert "100,000" in most.words
    thousands = ",".join(map(str, range(1, 70_000, 2)))
    assert len(chosen(f"images={thousands}", alice)) == sum(pk % 2 for pk in pks[1:])


def test_each_deed_is_done_to_all_of_them_and_taken_back(
    by_alice: Client, images: list[Image], alice: User, bob: User, finish: Callable[[Task], Image],
    submit: Submit,
) -> None:  # fmt: skip
    theirs = finish(submit(bob, "theirs").tasks.get())
    pks = {"images": f"{images[0].pk},{images[3].pk},{theirs.pk}"}
    own = Image.objects.filter(pk__in=[images[0].pk, images[3].pk])
    deeds: list[tuple[str, dict[str, str], Callable[[], int]]] = [
        ("rate", {"rating": "4"}, lambda: own.filter(rating=4).count()),
        ("favourite", {"on": "on"}, lambda: own.filter(favourite=True).count()),
        ("tags", {"tags": "Зима, red"}, lambda: own.filter(tags__key="зима").count()),
        ("collection", {"collection": "B"}, lambda: own.filter(memberships__gt=0).count()),
        ("trash", {}, lambda: own.in_trash().count()),
    ]
    for path, data, done in deeds:
        answer = by_alice.post(f"/selection/{path}/", {**pks, **data}, headers=HTMX)
        assert answer.status_code == 200, path
        assert done() == 2, path
        change = Change.objects.latest("pk")
        assert change.count == 2
        assert f'action="/changes/{change.pk}/undo/"' in answer.text
        by_alice.post(f"/changes/{change.pk}/undo/", headers=HTMX)
        assert done() == 0, path
    theirs.refresh_from_db()
    assert (theirs.rating, theirs.favourite, theirs.trashed_at) == (0, False, None)
    plain = by_alice.post("/selection/trash/", {**ALL, "q": "fox"})
    assert (plain.status_code, plain["Location"]) == (302, "/gallery/?q=fox")
    assert [image.pk for image in Image.objects.of(alice).in_trash()] == [images[3].pk]
    by_alice.post("/selection/tags/", {**ALL, "tags": "old"})
    by_alice.post("/selection/tags/", {**ALL, "tags": "old", "off": "on"})
    assert not alice.tags.filter(key="old").exists()


def test_without_a_script_each_deed_leads_back_to_the_search(
    by_alice: Client, images: list[Image]
) -> None:
    boxes = {"image": [images[0].pk, images[1].pk], "q": "cat", "sort": "oldest"}
    for chosen in (boxes, {**boxes, "all": "on"}):
        page = by_alice.post("/selection/", chosen)
        form = re.findall(r'<form[^>]*action="/selection/rate/".*?</form>', page.text, re.S)[0]
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        answer = by_alice.post("/selection/rate/", {**fields, "rating": "4"})
        assert (answer.status_code, answer["Location"]) == (302, "/gallery/?q=cat&sort=oldest")
    assert Image.objects.filter(rating=4).count() == 3


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("rate", {"rating": "4"}, "No picture is selected."),
        ("rate", {**ALL, "rating": "9"}, "5"),
        ("tags", {**ALL, "tags": " "}, "Write a tag."),
        ("tags", {**ALL, "tags": ",".join(f"t{n}" for n in range(51))}, "at most 50"),
        ("collection", {**ALL, "collection": ""}, "Write a name."),
        ("trash", {"images": "x"}, "could not be read"),
        ("rerun", {}, "No picture is selected."),
    ],
)
def test_what_cannot_be_done_says_why(
    by_alice: Client, images: list[Image], path: str, data: dict[str, str], words: str
) -> None:
    for headers in ({}, HTMX):
        answer = by_alice.post(f"/selection/{path}/", data, headers=headers)
        assert answer.status_code == 422
        assert words in answer.text
    assert not Change.objects.exists()
    assert not Collection.objects.exists()


@pytest.mark.parametrize(
    ("path", "data", "most"),
    [
        ("rate", {"rating": "4"}, "at most 3 pictures"),
        ("favourite", {"on": "on"}, "at most 3 pictures"),
        ("tags", {"tags": "red"}, "at most 3 pictures"),
        ("tags", {"tags": "red, blue"}, "at most 1 picture at a time. Select fewer, or"),
        ("tags", {"tags": "red, blue", "off": "on"}, "at most 1 picture at a time"),
        ("collection", {"collection": "New"}, "at most 3 pictures"),
        ("trash", {}, "at most 3 pictures"),
    ],
)
def test_more_than_one_press_may_change_is_explained(
    by_alice: Client, images: list[Image], monkeypatch: pytest.MonkeyPatch, path: str,
    data: dict[str, str], most: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("gallery.models.change_rows.MOST_AT_ONCE", 3)
    for headers in ({}, HTMX):
        answer = by_alice.post(f"/selection/{path}/", {**ALL, **data}, headers=headers)
        assert answer.status_code == 422
        assert most.lower() in answer.text.lower()
    assert not Change.objects.exists()
    assert not Collection.objects.exists(), "nor is one made for them"


def test_the_page_without_a_script(by_alice: Client, images: list[Image]) -> None:
    gallery = by_alice.get("/gallery/?q=cat").text
    assert f'form="selection" name="image" value="{images[0].pk}"' in gallery
    page = by_alice.post("/selection/", {"image": [images[0].pk, images[1].pk]}).text
    assert "2 pictures selected" in page
    assert f'name="images" value="{images[0].pk},{images[1].pk}"' in page
    page = by_alice.post("/selection/", {**ALL, "q": "cat", "image": [images[0].pk]}).text
    assert "3 pictures selected" in page
    assert 'name="q" value="cat"' in page
    counted = by_alice.post("/selection/count/", {**ALL, "q": "fox"}, headers=HTMX)
    assert 'data-count="1"' in counted.text


def test_a_stack_is_selected_whole(
    by_alice: Client, images: list[Image], alice: User, bob: User, make_image: MakeImage
) -> None:
    """As far as the search finds it; a picture without a prompt is a stack of its own."""
    cats = [image for image in images if image.prompt_id == images[0].prompt_id]
    [fox] = [image for image in images if image not in cats]
    others = [make_image(bob, "a cat"), make_image(bob, "a cat")]
    lone = [make_image(alice, "lost words") for _ in range(2)]
    Image.objects.filter(pk__in=[image.pk for image in lone]).update(prompt=None)
    Image.objects.filter(pk=cats[1].pk).update(favourite=True)

    def count(**data: object) -> int:
        answer = by_alice.post("/selection/count/", {"stack": "on", **data}, headers=HTMX)
        return int(answer.text.split('data-count="')[1].split('"')[0])

    heap = cats[0].pk
    assert count(images=str(heap)) == 3
    assert count(images=str(heap), stack="") == 1
    assert count(image=[heap, fox.pk]) == 4
    assert count(images=str(lone[0].pk)) == 1
    assert count(images=f"{others[0].pk}") == 0
    assert count(images=str(heap), q="fav") == 1
    assert count(all="on", but=str(heap)) == 3
    assert count(all="on", but=str(lone[0].pk)) == 5
    assert count(all="on", but=f"{heap},{lone[0].pk},{others[0].pk}") == 2
    by_alice.post("/selection/rate/", {"stack": "on", "images": f"{heap}", "rating": "5"})
    rated = Image.objects.filter(rating=5)
    assert set(rated) == set(cats)
    # Of a search that is not there any more nothing is taken for one picture alone.
    lost = {"stack": "on", "images": f"{heap}", "q": "in:nowhere", "rating": "4"}
    answer = by_alice.post("/selection/rate/", lost, headers=HTMX)
    assert answer.status_code == 422
    assert set(rated.all()) == set(cats)
    # The page without a script carries it on.
    page = by_alice.post("/selection/", {"stack": "on", "image": [heap]}).text
    assert "3 pictures selected" in page
    assert 'name="stack" value="on"' in page


def test_running_again_says_the_sum_first(
    by_alice: Client, images: list[Image], alice: User
) -> None:
    before = Batch.objects.count()
    page = by_alice.post("/selection/rerun/", ALL).text
    assert "Make 4 pictures again?" in page
    assert "3 × 4\u00a0₽" in page
    assert "Re-run for 16\u00a0₽" in page
    assert Batch.objects.count() == before
    press = {**ALL, "token": str(uuid.uuid4()), "total": "1600"}
    for _ in range(2):  # a double press is one
        assert by_alice.post("/selection/rerun/", press)["Location"] == "/"
    new = Batch.objects.order_by("-pk")[: Batch.objects.count() - before]
    assert sorted((batch.prompt.text, batch.count) for batch in new) == [("a cat", 3), ("a fox", 1)]
    assert {batch.kind for batch in new} == {"rerun"}


def test_a_repeated_press_is_the_first_whatever_changed_since(
    by_alice: Client,
    images: list[Image],
    alice: User,
    image_model: ImageModel,
    finish: Callable[[Task], Image],
) -> None:
    """It is never told that nothing was ordered, nor asked to agree once more: that pays twice."""
    User.objects.set_limit(alice, 1600 + 1600)  # room for what was made, and for one press
    press = {**ALL, "token": str(uuid.uuid4()), "total": "1600"}

    def again() -> None:
        answer = by_alice.post("/selection/rerun/", press)
        assert (answer.status_code, answer.get("Location")) == (302, "/")
        assert Batch.objects.count() == count

    count = Batch.objects.count() + 2
    again()
    again()  # beyond the limit, were it another
    User.objects.set_limit(alice, None)
    finish(Task.objects.filter(status="queued").earliest("pk"))  # the search finds more
    again()
    ImageModel.objects.filter(pk=image_model.pk).update(price_kopecks=900)
    again()
    ImageModel.objects.switch_off(image_model.pk, "switched-off", "")
    again()
    press |= {"q": "tag:gone"}  # which was there then
    again()


def test_a_repeated_press_orders_nothing_else_in_the_place_of_what_was_ordered(
    by_alice: Client, images: list[Image], alice: User, submit: Submit
) -> None:
    """The same sum, and the same first prompt, but another second one."""
    bird = submit(alice, "a bird").prompt
    Image.objects.filter(pk__in=[images[0].pk, images[3].pk]).update(favourite=True)
    press = {**ALL, "q": "fav", "token": str(uuid.uuid4()), "total": "800"}
    assert by_alice.post("/selection/rerun/", press)["Location"] == "/"
    count = Batch.objects.count()
    Image.objects.filter(pk=images[3].pk).update(favourite=False)
    Image.objects.filter(pk=images[2].pk).update(favourite=True, prompt=bird)
    assert by_alice.post("/selection/rerun/", press)["Location"] == "/"
    assert Batch.objects.count() == count


def test_running_again_is_whole_or_not_at_all(
    by_alice: Client, images: list[Image], alice: User, image_model: ImageModel
) -> None:
    before = Batch.objects.count()

    def press(**data: str) -> str:
        token = str(uuid.uuid4())
        answer = by_alice.post(
            "/selection/rerun/", {**ALL, "token": token, "total": "1600", **data}
        )
        assert answer.status_code == 422
        assert Batch.objects.count() == before
        return answer.text

    assert "costs 16\u00a0₽ now" in press(total="400")
    assert "used before" in press(token="x")
    spent = 1600
    User.objects.set_limit(alice, spent + 1500)
    assert "has 15\u00a0₽ left this month" in press()
    asked = by_alice.post("/selection/rerun/", ALL)
    assert "has 15\u00a0₽ left this month" in asked.text
    assert "Re-run for" not in asked.text
    User.objects.set_limit(alice, None)
    # The first of the batches fits, the second is refused: nothing is held for either.
    taken = uuid.uuid4()
    second = rerun.plan(alice, Image.objects.of(alice)).orders(taken)[1]
    assert second.prompt
    Batch.objects.submit(alice, type(second).rerun(
        second.prompt, token=second.token, count=5, price_kopecks=400))  # fmt: skip
    before += 1
    assert "used before" in press(token=str(taken))
    ImageModel.objects.switch_off(image_model.pk, "switched-off", "")
    assert "None of these" in press(total="0")
    assert "4 pictures are left out" in by_alice.post("/selection/rerun/", ALL).text


def test_more_than_a_press_may_order_is_explained(
    by_alice: Client, images: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerun, "MOST", 3)
    page = by_alice.post("/selection/rerun/", ALL).text
    assert "At most 3 pictures are ordered at a time" in page
    assert "Re-run for" not in page
    press = {**ALL, "token": str(uuid.uuid4()), "total": "1600"}
    assert by_alice.post("/selection/rerun/", press).status_code == 422


def test_of_a_deleted_prompt_nothing_is_ordered(
    by_alice: Client, images: list[Image], alice: User
) -> None:
    cat = Prompt.objects.get(text="a cat")
    Prompt.objects.trash(cat.pk)
    Image.objects.filter(prompt=cat).update(trashed_at=None)
    page = by_alice.post("/selection/rerun/", ALL).text
    assert "3 pictures are left out" in page
    assert "Re-run for 4\u00a0₽" in page


def test_thousands_ask_no_more(by_alice: Client, images: list[Image], alice: User) -> None:
    """A chunk is read and written by the same queries, however many of it there are."""

    def queries(rating: int) -> int:
        found = []
        for path, data in (
            ("count", {}),
            ("rate", {"rating": f"{rating}"}),
            ("rerun", {}),
            ("trash", {}),
        ):
            with CaptureQueriesContext(connection) as seen:
                by_alice.post(f"/selection/{path}/", {"images": "1-90000", **data}, headers=HTMX)
            found.append(len(seen))
            Change.objects.latest("pk").undo() if path == "trash" else None
        return sum(found)

    queries(1)  # what is asked for once alone
    few = queries(2)
    source = images[0]
    Image.objects.bulk_create(
        Image(owner=alice, prompt=source.prompt, model=source.model, ratio="1:1", demo=True,
              file=f"originals/{n}.webp", sha256="0", size=1, mime="image/webp", width=1, height=1,
              color="#000000")
        for n in range(150)
    )  # fmt: skip
    assert queries(3) <= few
