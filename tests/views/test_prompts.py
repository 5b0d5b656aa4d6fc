from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from gallery.models import Batch, ImageModel, Order, Prompt, Task, User
from gallery.views import entries, prompts
from tests.conftest import Submit

from .conftest import HTMX, MakeImage


@pytest.fixture
def prompt(task: Task) -> Prompt:
    return task.batch.prompt


def press(price: int | str = 400, count: int | str = 1) -> dict[str, str]:
    return {"token": str(uuid.uuid4()), "count": str(count), "price": str(price)}


def test_history_shows_prompts_with_pictures_and_cost(
    by_alice: Client, alice: User, make_image: MakeImage
) -> None:
    image = make_image(alice, "the first")
    page = by_alice.get("/history/").text
    assert "the first" in page
    assert f'id="task-{image.task_id}"' in page
    assert "spent 4\u00a0₽" in page
    assert "Re-run · 4\u00a0₽" in page


def test_history_is_ones_own(by_bob: Client, alice: User, submit: Submit) -> None:
    submit(alice, "canary of alice")
    assert "canary" not in by_bob.get("/history/").text
    assert "canary of" not in by_bob.get("/history/?q=canary").text


@pytest.mark.parametrize("words", ["кот", "КОТ ЕЛКЕ", "Ёлке"])
def test_search_folds_every_alphabet(
    by_alice: Client, alice: User, submit: Submit, words: str
) -> None:
    submit(alice, "Кот на ёлке")
    submit(alice, "a dog")
    page = by_alice.get("/history/", {"q": words}).text
    assert "Кот на ёлке" in page
    assert "a dog" not in page


@pytest.mark.parametrize("words", ["%", "_", "x" * 200, "'; drop table", '"', "\\", "<b>", "?&="])
def test_search_takes_anything(by_alice: Client, task: Task, words: str) -> None:
    answer = by_alice.get("/history/", {"q": words})
    assert answer.status_code == 200
    assert "Nothing found" in answer.text


def test_a_prompts_page_has_every_task_and_its_kin(
    by_alice: Client, by_bob: Client, alice: User, submit: Submit
) -> None:
    link = "https://pictures.example/a.png"
    parent = submit(alice, "the parent", count=8, references=(link,)).prompt
    order = Order.rerun(parent, token=uuid.uuid4(), count=8, price_kopecks=400)
    Batch.objects.submit(alice, order)
    child = submit(alice, "the child", parent=parent).prompt
    page = by_alice.get(f"/prompts/{parent.pk}/").text
    assert page.count('<article id="task-') == 16
    assert link in page
    assert f"/prompts/{child.pk}/" in page
    assert f"/prompts/{parent.pk}/" in by_alice.get(f"/prompts/{child.pk}/").text
    assert "and 8 more" in by_alice.get("/history/").text
    assert by_bob.get(f"/prompts/{parent.pk}/").status_code == 404


def test_a_prompts_page_goes_on(
    by_alice: Client, alice: User, submit: Submit, settings: Any
) -> None:
    settings.PAGE_SIZE = 3
    prompt = submit(alice, count=5).prompt
    page = by_alice.get(f"/prompts/{prompt.pk}/").text
    more = re.search(rf"/prompts/{prompt.pk}/\?before=\d+", page)
    assert more
    assert by_alice.get(more.group()).text.count('<article id="task-') == 2


def test_history_goes_on(by_alice: Client, alice: User, submit: Submit) -> None:
    pks = [submit(alice).prompt_id for _ in range(2 * prompts.PAGE + 1)]
    seen: list[int] = []
    path = "/history/?q=cat"
    while path:
        page = by_alice.get(path, headers=HTMX if "before" in path else {}).text
        seen += [int(pk) for pk in re.findall(r'id="prompt-(\d+)"', page)]
        more = re.search(r'href="(/history/\?q=cat&amp;before=\d+)"', page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert seen == pks[::-1]


def test_a_prompt_run_often_shows_its_newest(by_alice: Client, alice: User, submit: Submit) -> None:
    submit(alice, count=8)
    prompt = Prompt.objects.get()
    by_alice.post(f"/prompts/{prompt.pk}/rerun/", press(count=3))
    page = by_alice.get("/history/").text
    assert page.count('<article id="task-') == entries.SHOWN
    assert "and 3 more" in page
    assert "Re-run ×3 · 12\u00a0₽" in page


def test_rerun_makes_a_new_batch_of_the_same_prompt(by_alice: Client, prompt: Prompt) -> None:
    answer = by_alice.post(f"/prompts/{prompt.pk}/rerun/", press(count=2))
    assert answer["Location"] == "/"
    assert Prompt.objects.count() == 1
    assert [batch.kind for batch in Batch.objects.all()] == ["rerun", "first"]
    assert Task.objects.count() == 3


def test_rerun_by_htmx_gives_the_cards(by_alice: Client, prompt: Prompt) -> None:
    answer = by_alice.post(f"/prompts/{prompt.pk}/rerun/", press(), headers=HTMX)
    assert answer.text.count("<article") == 1
    assert "<html" not in answer.text
    assert 'hx-swap-oob="true"' not in answer.text


def test_the_button_of_a_card_gets_a_fresh_token(by_alice: Client, prompt: Prompt) -> None:
    form = press()
    headers = HTMX | {"HX-Trigger": "rerun-7"}
    page = by_alice.post(f"/prompts/{prompt.pk}/rerun/", form, headers=headers).text
    assert 'id="rerun-7-token"' in page
    assert form["token"] not in page


def test_one_press_is_one_batch(by_alice: Client, prompt: Prompt) -> None:
    form = press()
    for _ in range(3):
        assert by_alice.post(f"/prompts/{prompt.pk}/rerun/", form)["Location"] == "/"
    assert Batch.objects.count() == 2
    other = by_alice.post(f"/prompts/{prompt.pk}/rerun/", form | {"count": "2"})
    assert other.status_code == 422
    assert form["token"] not in other.text


@pytest.mark.parametrize(
    "form",
    [
        press(price=399),
        press(price="x"),
        press(price=""),
        press(count=0),
        press(count=9),
        press(count="abc"),
        press() | {"token": "x"},
        {},
    ],
)
@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_a_bad_press_is_told_and_changes_nothing(
    by_alice: Client, prompt: Prompt, form: dict[str, str], headers: dict[str, str]
) -> None:
    answer = by_alice.post(f"/prompts/{prompt.pk}/rerun/", form, headers=headers)
    assert answer.status_code == 422
    assert Batch.objects.count() == 1


def test_a_new_price_is_shown_and_can_be_agreed_to(
    by_alice: Client, prompt: Prompt, image_model: ImageModel
) -> None:
    ImageModel.objects.filter(pk=image_model.pk).update(price_kopecks=520)
    answer = by_alice.post(f"/prompts/{prompt.pk}/rerun/", press(count=2))
    assert "is now 5.20\u00a0₽" in answer.text
    assert "Re-run ×2 · 10.40\u00a0₽" in answer.text


def test_a_model_that_is_off(by_alice: Client, prompt: Prompt, image_model: ImageModel) -> None:
    ImageModel.objects.switch_off(image_model.pk, "model-forbidden")
    assert "Re-run" not in by_alice.get("/history/").text
    answer = by_alice.post(f"/prompts/{prompt.pk}/rerun/", press())
    assert "The provider does not allow this model" in answer.text


def test_anothers_prompt_is_missing(by_bob: Client, prompt: Prompt, submit: Any) -> None:
    for pk in (prompt.pk, prompt.pk + 1000):
        assert by_bob.post(f"/prompts/{pk}/rerun/", press()).status_code == 404
    assert Batch.objects.count() == 1
