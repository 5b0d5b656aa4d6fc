from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.jobs import purge
from gallery.models import Change, Image, Prompt, User
from tests.conftest import Submit
from tests.trash import restore, trash
from tests.views.conftest import HTMX, MakeImage

UNDO = re.compile(r'action="(/changes/\d+/undo/)"')
TOGETHER = re.compile(r'action="(/changes/\d+/restore/)"')
BUSY = "still under way"


@pytest.fixture
def image(alice: User, make_image: MakeImage) -> Image:
    return make_image(alice)


@pytest.fixture
def prompt(image: Image) -> Prompt:
    assert image.task
    return image.task.batch.prompt


def test_a_deleted_picture_hangs_nowhere(by_alice: Client, image: Image, prompt: Prompt) -> None:
    answer = by_alice.post(f"/images/{image.pk}/trash/", headers=HTMX)
    assert answer["HX-Trigger"] == f'{{"trashed": "image-{image.pk}"}}'
    assert f'action="/changes/{Change.objects.get().pk}/undo/"' in answer.text
    thumb = f"/images/{image.pk}/thumbs/384/"
    for path in ("/", "/history/", f"/prompts/{prompt.pk}/", f"/tasks/{image.task_id}/"):
        assert thumb not in by_alice.get(path).text, path
    assert thumb in by_alice.get("/trash/").text
    assert "30 days left" in by_alice.get("/trash/").text
    for path in (thumb, f"/images/{image.pk}/original/"):
        file: Any = by_alice.get(path)
        assert b"".join(file.streaming_content)
    page = by_alice.get(f"/images/{image.pk}/").text
    assert "in the trash" in page
    assert f"/images/{image.pk}/trash/" not in page


def test_a_neighbour_in_the_trash_is_passed_over(
    by_alice: Client, alice: User, make_image: MakeImage
) -> None:
    first, second, third = (make_image(alice) for _ in range(3))
    trash(second.pk)
    assert f'rel="prev" href="/images/{third.pk}/"' in by_alice.get(f"/images/{first.pk}/").text
    assert f'rel="next" href="/images/{first.pk}/"' in by_alice.get(f"/images/{third.pk}/").text


def test_one_deed_after_the_other_is_taken_back(
    by_alice: Client, alice: User, bob: User, make_image: MakeImage
) -> None:
    pictures = [make_image(alice) for _ in range(3)]
    Change.objects.trash(bob, Image.objects.filter(pk=make_image(bob).pk))
    for picture in pictures:
        by_alice.post(f"/images/{picture.pk}/trash/", headers=HTMX)
    by_alice.post(f"/images/{pictures[0].pk}/trash/", headers=HTMX)  # gone already
    deeds = list(Change.objects.of(alice).filter(count=1).order_by("-pk"))
    assert len(deeds) == 3
    for number, deed in enumerate(deeds):
        answer = by_alice.post(f"/changes/{deed.pk}/undo/", headers=HTMX)
        event = json.loads(answer["HX-Trigger"])
        assert event["restored"] == f"image-{pictures[2 - number].pk}"
        assert "Picture restored." in answer.text
        assert ("Before that: 1 picture deleted." in answer.text) == (number < 2)
        for other in deeds:
            is_next = deeds[number + 1 : number + 2] == [other]
            assert (f"/changes/{other.pk}/undo/" in answer.text) == is_next
    assert not Image.objects.of(alice).in_trash().exists()
    # What is back by other ways is passed over; what is older is history, be it next to another.
    for picture in pictures:
        by_alice.post(f"/images/{picture.pk}/trash/", headers=HTMX)
    first, second, third = Change.objects.of(alice).order_by("-pk")[:3]
    by_alice.post(f"/images/{pictures[1].pk}/restore/")
    said = by_alice.post(f"/changes/{first.pk}/undo/", headers=HTMX).text
    assert f"/changes/{third.pk}/undo/" in said
    assert f"/changes/{second.pk}/undo/" not in said
    by_alice.post(f"/images/{pictures[2].pk}/trash/", headers=HTMX)
    Change.objects.update(created_at=timezone.now() - timedelta(hours=2))
    last = Change.objects.of(alice).latest("pk")
    assert "Before that" not in by_alice.post(f"/changes/{last.pk}/undo/", headers=HTMX).text


def test_what_was_deleted_together_comes_back_together(
    by_alice: Client, alice: User, bob: User, make_image: MakeImage
) -> None:
    three = [make_image(alice).pk for _ in range(3)]
    Change.objects.trash(alice, Image.objects.filter(pk__in=three))
    Change.objects.trash(bob, Image.objects.filter(pk__in=[make_image(bob).pk, make_image(bob).pk]))
    together = Change.objects.of(alice).get()
    here = {"Referer": "http://testserver/trash/"}
    address = f"/changes/{together.pk}/restore/"
    page = by_alice.get("/trash/").text
    assert "Restore 3 pictures" in page
    assert TOGETHER.findall(page) == [address]
    by_alice.post(address, headers=here)
    assert Image.objects.of(alice).in_gallery().count() == 3
    page = by_alice.get("/trash/").text
    assert "3 pictures restored." in page
    assert not TOGETHER.findall(page)
    # Taken back, they lie there together as before.
    by_alice.post(UNDO.findall(page)[0], headers=here)
    assert Image.objects.of(alice).in_trash().count() == 3
    page = by_alice.get("/trash/").text
    assert TOGETHER.findall(page) == [address]
    assert "Before that: 3 pictures deleted." in page
    by_alice.post(UNDO.findall(page)[0], headers=here)
    assert Image.objects.of(alice).in_gallery().count() == 3
    assert not TOGETHER.findall(by_alice.get("/trash/").text)
    # Purged or brought back one by one, it is not offered any more.
    Change.objects.trash(alice, Image.objects.filter(pk__in=three))
    Image.objects.of(alice).in_trash().filter(pk__in=three[1:]).purge()
    assert "Restore 1 picture" in by_alice.get("/trash/").text
    restore(three[0])
    assert not TOGETHER.findall(by_alice.get("/trash/").text)


def test_only_a_deletion_of_ones_own_is_restored(
    by_alice: Client, alice: User, bob: User, make_image: MakeImage
) -> None:
    own, other = make_image(alice), make_image(bob)
    rating = Change.objects.rate(alice, Image.objects.filter(pk=own.pk), 3)
    theirs = Change.objects.trash(bob, Image.objects.filter(pk=other.pk))
    trash(own.pk)
    for change in (rating, theirs):
        assert by_alice.post(f"/changes/{change.pk}/restore/").status_code == 404
    assert Image.objects.in_trash().count() == 2


def test_what_is_restored_alone_goes_back_for_the_rest_of_its_days(
    by_alice: Client, image: Image
) -> None:
    trash(image.pk)
    long_ago = timezone.now() - timedelta(days=20)
    Image.objects.filter(pk=image.pk).update(trashed_at=long_ago)
    by_alice.post(f"/images/{image.pk}/restore/", headers={"Referer": "http://testserver/trash/"})
    page = by_alice.get("/trash/").text
    assert "Picture restored." in page
    by_alice.post(UNDO.findall(page)[0])
    image.refresh_from_db()
    assert image.trashed_at == long_ago


def test_what_was_about_to_be_purged_goes_back_for_a_day(by_alice: Client, image: Image) -> None:
    trash(image.pk)
    Image.objects.update(trashed_at=timezone.now() - timedelta(days=29, hours=23))
    by_alice.post(f"/images/{image.pk}/restore/")
    assert Change.objects.latest("pk").undo()
    assert "1 day left" in by_alice.get("/trash/").text
    soon = timezone.now() - timedelta(days=29, minutes=1)
    assert not Image.objects.trashed_before(soon).exists()


def test_restoring_a_prompt_is_taken_back(by_alice: Client, image: Image) -> None:
    assert image.task
    pk = image.task.batch.prompt_id
    Prompt.objects.trash(pk)
    answer = by_alice.post(f"/prompts/{pk}/restore/", headers=HTMX)
    assert json.loads(answer["HX-Trigger"])["restored"] == f"prompt-{pk}"
    answer = by_alice.post(UNDO.findall(answer.text)[0], headers=HTMX)
    assert json.loads(answer["HX-Trigger"])["trashed"] == f"prompt-{pk}"
    assert Prompt.objects.in_trash().count() == Image.objects.in_trash().count() == 1


def test_step_by_step_a_deleted_prompt_comes_back_once(
    by_alice: Client, alice: User, image: Image
) -> None:
    assert image.task
    Change.objects.rate(alice, Image.objects.filter(pk=image.pk), 3)
    pk = image.task.batch.prompt_id
    answer = by_alice.post(f"/prompts/{pk}/trash/", headers=HTMX)
    answer = by_alice.post(UNDO.findall(answer.text)[0], headers=HTMX)
    assert "Prompt restored with its pictures. Before that: 1 picture rated 3 of 5." in answer.text
    by_alice.post(UNDO.findall(answer.text)[0], headers=HTMX)
    image.refresh_from_db()
    assert (image.rating, image.trashed_at) == (0, None)


def test_a_prompt_that_was_there_is_not_deleted_by_taking_that_back(
    by_alice: Client, image: Image
) -> None:
    assert image.task
    answer = by_alice.post(f"/prompts/{image.task.batch.prompt_id}/restore/", headers=HTMX)
    assert "Nothing had to be changed." in answer.text
    assert not UNDO.findall(answer.text)


def test_the_second_press_of_delete_offers_what_the_first_one_did(
    by_alice: Client, image: Image
) -> None:
    first, second = (by_alice.post(f"/images/{image.pk}/trash/", headers=HTMX) for _ in range(2))
    assert UNDO.findall(first.text) == UNDO.findall(second.text) != []
    assert "Nothing had to be changed. Before that: 1 picture deleted." in second.text
    assert json.loads(second["HX-Trigger"]) == {"trashed": f"image-{image.pk}"}


def test_undoing_what_is_so_already_says_so(by_alice: Client, alice: User, image: Image) -> None:
    deletion = Change.objects.trash(alice, Image.objects.filter(pk=image.pk))
    restore(image.pk)
    answer = by_alice.post(f"/changes/{deletion.pk}/undo/", headers=HTMX)
    assert "Nothing had to be changed." in answer.text
    image.refresh_from_db()
    assert image.trashed_at is None


def test_what_lost_its_prompt_is_in_the_trash_by_itself(
    by_alice: Client, alice: User, image: Image
) -> None:
    """Deleted along with its prompt, restored alone, and put back when the prompt is purged."""
    assert image.task
    Prompt.objects.trash(image.task.batch.prompt_id)
    back = Change.objects.restore(alice, Image.objects.filter(pk=image.pk))
    purge.empty(alice)
    assert back.undo()
    assert f"/images/{image.pk}/restore/" in by_alice.get("/trash/").text


def test_undo_brings_it_back(by_alice: Client, image: Image) -> None:
    trash(image.pk)
    answer = by_alice.post(f"/images/{image.pk}/restore/", headers=HTMX)
    told = json.loads(answer["HX-Trigger"])
    assert told["restored"] == f"image-{image.pk}"
    assert (told["changed"]["kind"], told["changed"]["undone"]) == ("trash", True)
    assert f'id="image-{image.pk}"' in by_alice.get("/").text
    assert "30 days left" not in by_alice.get("/trash/").text


@pytest.mark.parametrize(
    ("referer", "goes"),
    [
        ("http://testserver/history/?q=cat", "/history/?q=cat"),
        ("http://elsewhere.example/history/", "/"),
        ("", "/"),
        ("http://testserver/images/{pk}/?q=fox", "/images/{pk}/?q=fox"),
    ],
)
def test_without_a_script_the_page_offers_undo(
    by_alice: Client, image: Image, referer: str, goes: str
) -> None:
    headers = {"Referer": referer.format(pk=image.pk)}
    answer = by_alice.post(f"/images/{image.pk}/trash/", headers=headers)
    assert (answer.status_code, answer["Location"]) == (302, goes.format(pk=image.pk))
    page = by_alice.get("/history/").text
    assert "Picture deleted." in page
    undo = f"/changes/{Change.objects.get().pk}/undo/"
    assert f'action="{undo}"' in page
    assert "Picture deleted." not in by_alice.get("/history/").text
    by_alice.post(undo)
    assert "Picture restored." in by_alice.get("/history/").text


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "///evil.example"])
def test_a_page_that_would_be_anothers_address(by_alice: Client, image: Image, path: str) -> None:
    came_from = {"referer": f"http://testserver{path}"}
    answer = by_alice.post(f"/images/{image.pk}/trash/", headers=came_from)
    assert answer["Location"] == "/"


def test_a_deleted_prompt_is_gone_with_its_pictures(
    by_alice: Client, image: Image, prompt: Prompt
) -> None:
    answer = by_alice.post(f"/prompts/{prompt.pk}/trash/", headers=HTMX)
    assert json.loads(answer["HX-Trigger"])["trashed"] == f"prompt-{prompt.pk}"
    assert "red roof" not in by_alice.get("/history/").text
    assert f'id="image-{image.pk}"' not in by_alice.get("/").text
    assert by_alice.get(f"/?from={prompt.pk}").status_code == 404
    page = by_alice.get("/trash/").text
    assert "red roof" in page
    assert f"/images/{image.pk}/restore/" not in page, "it comes back with its prompt"
    page = by_alice.get(f"/images/{image.pk}/").text
    assert "Re-run" not in page
    by_alice.post(f"/prompts/{prompt.pk}/restore/", headers=HTMX)
    assert f'id="image-{image.pk}"' in by_alice.get("/").text


def test_a_prompt_under_way_is_refused_beside_its_button(
    by_alice: Client, alice: User, submit: Submit
) -> None:
    prompt = submit(alice).prompt
    answer = by_alice.post(f"/prompts/{prompt.pk}/trash/", headers=HTMX)
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == f"#prompt-{prompt.pk}-busy"
    assert f'id="prompt-{prompt.pk}-busy"' in by_alice.get("/history/").text
    assert BUSY in answer.text
    assert BUSY in by_alice.post(f"/prompts/{prompt.pk}/trash/").text
    assert not prompt.is_trashed


def test_twice_is_once(by_alice: Client, image: Image, prompt: Prompt) -> None:
    for path in (f"/images/{image.pk}", f"/prompts/{prompt.pk}"):
        for verb in ("trash", "trash", "restore", "restore"):
            assert by_alice.post(f"{path}/{verb}/", headers=HTMX).status_code == 200


def test_emptying_asks_once_and_is_final(by_alice: Client, image: Image, alice: User) -> None:
    assert "The trash is empty" in by_alice.get("/trash/empty/").text
    trash(image.pk)
    asked = by_alice.get("/trash/empty/").text
    assert "1 picture" in asked
    assert Image.objects.in_trash().exists()
    assert by_alice.post("/trash/empty/")["Location"] == "/trash/"
    for part in ("", "original/", "thumbs/384/"):
        assert by_alice.get(f"/images/{image.pk}/{part}").status_code == 404
    for verb in ("trash", "restore"):
        assert by_alice.post(f"/images/{image.pk}/{verb}/").status_code == 404
    page = by_alice.get(f"/tasks/{image.task_id}/").text
    assert "Deleted. Its hash is kept." in page
    assert image.sha256 in page


def test_anothers_trash(by_bob: Client, bob: User, image: Image, prompt: Prompt) -> None:
    for noun, pk in (("images", image.pk), ("prompts", prompt.pk)):
        for verb in ("trash", "restore"):
            assert by_bob.post(f"/{noun}/{pk}/{verb}/").status_code == 404
    Prompt.objects.trash(prompt.pk)
    assert "red roof" not in by_bob.get("/trash/").text
    by_bob.post("/trash/empty/")
    assert Image.objects.in_trash().exists()
    assert not Image.objects.purged().exists()


def test_a_purged_prompt_in_every_page(
    by_alice: Client, alice: User, image: Image, prompt: Prompt, submit: Submit
) -> None:
    child = submit(alice, "a child", parent=prompt).prompt
    Prompt.objects.trash(prompt.pk)
    purge.empty(alice)
    for path in ("/", "/history/", f"/prompts/{child.pk}/", f"/tasks/{image.task_id}/", "/trash/"):
        answer = by_alice.get(path)
        assert answer.status_code == 200
        assert "red roof" not in answer.text, path
    for verb in ("trash", "restore"):
        assert by_alice.post(f"/prompts/{prompt.pk}/{verb}/").status_code == 404
    assert by_alice.get(f"/prompts/{prompt.pk}/").status_code == 404


def test_the_list_goes_on(
    by_alice: Client, alice: User, make_image: MakeImage, submit: Submit, settings: Any
) -> None:
    settings.PAGE_SIZE = 2
    images = [make_image(alice) for _ in range(5)]
    for image in images:
        trash(image.pk)
    # Two that went in one moment.
    stamp = Image.objects.get(pk=images[2].pk).trashed_at
    Image.objects.filter(pk=images[1].pk).update(trashed_at=stamp)
    seen: list[int] = []
    path = "/trash/"
    while path:
        answer = by_alice.get(path)
        page = answer.context["images"]
        seen += [image.pk for image in page.rows]
        path = f"/trash/?images={page.before}" if page.before else ""
    assert seen == [image.pk for image in reversed(images)]
    for forged in ("x", "1-", "-1", "9" * 30 + "-1", "1-" + "9" * 30):
        assert by_alice.get(f"/trash/?images={forged}").status_code == 200


def test_as_many_queries_for_one_as_for_ten(
    by_alice: Client, alice: User, make_image: MakeImage, django_assert_max_num_queries: Any
) -> None:
    def fill(count: int) -> None:
        for _ in range(count):
            trash(make_image(alice).pk)
            other = make_image(alice)
            assert other.task
            Prompt.objects.trash(other.task.batch.prompt_id)
            two = [make_image(alice).pk for _ in range(2)]
            Change.objects.trash(alice, Image.objects.filter(pk__in=two))

    fill(1)
    by_alice.get("/trash/")
    with django_assert_max_num_queries(8):  # seven where sessions are in Redis
        by_alice.get("/trash/")
    fill(4)
    with django_assert_max_num_queries(8):
        by_alice.get("/trash/")


@pytest.mark.parametrize("name", ["image_trash", "image_restore", "prompt_trash", "prompt_restore"])
def test_only_posted(by_alice: Client, image: Image, name: str) -> None:
    assert by_alice.get(reverse(name, args=[image.pk])).status_code == 405


def test_a_login_is_asked_for(client: Client, image: Image) -> None:
    for path in ("/trash/", "/trash/empty/"):
        assert client.get(path)["Location"].startswith("/login/")
    assert client.post(f"/images/{image.pk}/trash/").status_code == 401
