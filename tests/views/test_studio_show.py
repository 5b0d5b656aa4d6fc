from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Image, ImageModel, Prompt, Task, User
from tests.conftest import Submit

from .conftest import HTMX, MakeImage, accept, doubt, refuse

CANARY = "<script>canary</script>\"'><img src=x onerror=canary()>"


def queries(client: Client, path: str) -> int:
    client.get(path)  # caches that live longer than a request are warm
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_the_composer_is_the_first_form_with_a_textarea(by_alice: Client) -> None:
    page = by_alice.get("/").text
    forms = re.findall(r"<form.*?</form>", page, re.S)
    first = next(form for form in forms if "<textarea" in form)
    assert 'method="post"' in first
    for name in ("prompt", "model", "ratio", "count", "references", "token"):
        assert f'name="{name}"' in first


def test_only_models_that_are_on_with_their_prices(by_alice: Client) -> None:
    page = by_alice.get("/").text
    assert re.findall(r'<option value="([^"]+)"', page) == [
        "gpt-image-1-low",
        "gpt-image-1-medium",
        "gpt-image-1-high",
    ]
    assert "GPT Image 1 · medium – 12\u00a0₽" in page


def test_an_empty_studio_teaches(by_alice: Client) -> None:
    assert "data-sample" in by_alice.get("/").text


def test_cards_stand_above_the_gallery(
    by_alice: Client, alice: User, submit: Submit, make_image: MakeImage
) -> None:
    image = make_image(alice, "done already")
    queued, failed, unknown = submit(alice, count=3, ratio="16:9").tasks.all()
    refuse(failed)
    doubt(unknown)
    page = by_alice.get("/").text
    assert f'id="task-{image.task_id}"' not in page
    assert f'id="image-{image.pk}"' in page
    states = dict(re.findall(r'<article id="task-(\d+)"[^>]*data-status="([^"]+)"', page))
    assert states == {
        str(queued.pk): "queued",
        str(failed.pk): "failed",
        str(unknown.pk): "unknown",
    }
    assert "r-16x9" in page
    assert "may have been charged, up to 4\u00a0₽" in page


def test_a_dismissed_card_is_gone(by_alice: Client, alice: User, submit: Submit) -> None:
    task = submit(alice).tasks.get()
    refuse(task)
    assert Task.objects.dismiss(task.pk)
    assert f"task-{task.pk}" not in by_alice.get("/").text


def test_strangers_see_nothing(
    by_bob: Client, alice: User, submit: Submit, make_image: MakeImage
) -> None:
    make_image(alice, "canary of alice")
    submit(alice, "canary too")
    page = by_bob.get("/").text
    assert "canary" not in page
    assert "<article" not in page
    assert by_bob.get("/?from=1").status_code == 404


def test_edit_and_run_refuses_what_is_not_there(
    by_alice: Client, bob: User, submit: Submit
) -> None:
    theirs = submit(bob).prompt
    for value in (theirs.pk, 10**9, "9" * 30, "x", "-1", ""):
        assert by_alice.get(f"/?from={value}").status_code == 404


def test_what_people_and_the_provider_write_is_data(
    by_alice: Client, alice: User, submit: Submit, make_image: MakeImage
) -> None:
    image = make_image(alice, CANARY)
    batch = submit(alice, CANARY)
    task = batch.tasks.get()
    refuse(task, CANARY)
    pages = ["/", f"/?from={batch.prompt_id}", "/history/", f"/tasks/{task.pk}/"]
    for path in [*pages, f"/images/{image.pk}/", f"/history/?q={CANARY}"]:
        page = by_alice.get(path).text
        assert "<script>canary" not in page, path
        assert "<img src=x" not in page, path
        assert "style=" not in page, path


def test_the_gallery_goes_on_by_link_and_by_scrolling(
    by_alice: Client, alice: User, make_image: MakeImage, settings: Any
) -> None:
    settings.PAGE_SIZE = 2
    pks = [make_image(alice).pk for _ in range(5)]
    seen: list[int] = []
    path = "/"
    while path:
        page = by_alice.get(path, headers=HTMX if "before" in path else {}).text
        seen += [int(pk) for pk in re.findall(r'id="image-(\d+)"', page)]
        more = re.search(r'href="(/\?before=\d+)"', page)
        path = more[1] if more else ""
    assert seen == pks[::-1]
    plain = by_alice.get(f"/?before={pks[2]}").text
    assert "<html" in plain
    assert f'id="image-{pks[1]}"' in plain
    assert by_alice.get("/?before=x").status_code == 200


def test_a_tile_has_its_size_and_colour_before_it_loads(
    by_alice: Client, alice: User, make_image: MakeImage
) -> None:
    image = make_image(alice)
    page = by_alice.get("/").text
    assert 'class="tile a-150"' in page
    assert 'width="96" height="64" loading="lazy"' in page
    assert 'fill="#705030"' in page
    assert f"/images/{image.pk}/thumbs/384/ 96w" in page
    assert 'alt="a cat on a red roof"' in page


def test_as_many_queries_for_many_pictures_and_cards_as_for_few(
    by_alice: Client, alice: User, submit: Submit, make_image: MakeImage
) -> None:
    make_image(alice)
    submit(alice)
    few = queries(by_alice, "/"), queries(by_alice, "/history/")
    first = Image.objects.get()
    for n in range(30):
        Image.objects.create(
            owner=alice, demo=True, file=f"{n}.webp", size=1, width=3, height=2, color="#000000"
        )
    for _ in range(5):
        submit(alice, count=8)
        make_image(alice)
    assert (queries(by_alice, "/"), queries(by_alice, "/history/")) == few
    assert first.owner == alice


def test_an_original_as_wide_as_a_wall_has_a_class(
    by_alice: Client, alice: User, make_image: MakeImage
) -> None:
    image = make_image(alice)
    Image.objects.filter(pk=image.pk).update(width=9000, height=10)
    assert 'class="tile a-300"' in by_alice.get("/").text


def test_last_choices_are_preselected(by_alice: Client, alice: User, submit: Submit) -> None:
    submit(alice, ratio="3:4", model=ImageModel.objects.get(remote_id="gpt-image-1-medium"))
    page = by_alice.get("/").text
    assert 'name="ratio" value="3:4" checked' in page
    assert re.search(r'value="gpt-image-1-medium"[^>]*selected', page)


def test_a_queued_card_counts_down_until_it_leaves(
    by_alice: Client, alice: User, submit: Submit
) -> None:
    task = submit(alice).tasks.get()
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now() + timedelta(seconds=8.5))
    page = by_alice.get("/").text
    assert re.search(r"Leaves in <span data-leaves>[89]</span> s\. Canceling is free\.", page)


def test_a_card_leaves_it_to_its_clock_to_say_that_it_is_slow(
    by_alice: Client, alice: User, submit: Submit
) -> None:
    task = submit(alice).tasks.get()
    accept(task)
    assert Task.objects.poll_again(task.pk, 0, "slow")
    assert "The provider takes longer than usual." not in by_alice.get("/").text


def test_times_are_of_24_hours(by_alice: Client, alice: User, submit: Submit) -> None:
    submit(alice)
    Prompt.objects.of(alice).update(created_at=datetime(2026, 11, 3, 14, 5, tzinfo=UTC))
    assert "3 Nov 2026, 14:05" in by_alice.get("/history/").text
