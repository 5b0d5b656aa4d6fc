"""What the composer sends: accepted whole, or answered beside the field with the text kept."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from gallery.models import Batch, Budget, ImageModel, Prompt, Studio, Task, User
from tests.conftest import Submit

from .conftest import HTMX, refuse

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(image_model: ImageModel) -> dict[str, Any]:
    """As a browser sends the composer with a prompt alone."""
    return {
        "prompt": "a lighthouse at night",
        "model": "gpt-image-1-low",
        "ratio": "1:1",
        "count": "1",
        "references": "",
        "token": str(uuid.uuid4()),
        f"price-{image_model.pk}": "400",
    }


def send(client: Client, form: dict[str, Any], **changes: Any) -> Any:
    return client.post("/batches/", form | changes, headers=HTMX)


def token_in(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_without_javascript_it_leads_back_to_the_studio(
    by_alice: Client, form: dict[str, Any]
) -> None:
    answer = by_alice.post("/batches/", form | {"count": "3"})
    assert answer["Location"] == "/"
    assert Task.objects.count() == 3
    assert by_alice.get("/").text.count('data-status="queued"') == 3


def test_htmx_gets_the_cards_and_a_fresh_form(by_alice: Client, form: dict[str, Any]) -> None:
    page = send(by_alice, form, count="2", ratio="16:9").text
    assert page.count('data-status="queued"') == 2
    assert 'hx-swap-oob="afterbegin:#tasks"' in page
    assert token_in(page) != form["token"]
    assert "a lighthouse at night</textarea>" not in page
    assert Prompt.objects.get().ratio == "16:9"


def test_the_form_on_the_page_is_complete(by_alice: Client) -> None:
    """A prompt alone is enough: everything else is preselected."""
    page = by_alice.get("/").text
    model = re.search(r'<option value="([^"]+)"[^>]*selected', page)
    ratio = re.search(r'name="ratio" value="([^"]+)" checked', page)
    count = re.search(r'name="count" value="([^"]+)" checked', page)
    assert model and ratio and count
    sent = {
        "prompt": "x",
        "model": model[1],
        "ratio": ratio[1],
        "count": count[1],
        "references": "",
        "token": token_in(page),
    }
    sent |= dict(re.findall(r'name="(price-\d+)" value="(\d+)"', page))
    assert by_alice.post("/batches/", sent).status_code == 302
    assert Batch.objects.get().count == 1


@pytest.mark.parametrize(
    "text", ["مرحبا بالعالم", "🦊" * 50, "e\u0301 \u202e reversed", "two\r\nlines", "x" * 32_000]
)
def test_any_writing_is_kept(by_alice: Client, form: dict[str, Any], text: str) -> None:
    assert send(by_alice, form, prompt=text).status_code == 200
    assert Prompt.objects.get().text == text.replace("\r\n", "\n")


BAD: list[tuple[dict[str, str], str]] = [
    ({"prompt": ""}, "Write what the picture is to show."),
    ({"prompt": " \n\t "}, "Write what the picture is to show."),
    ({"prompt": "x" * 100_000}, "this one has 100,000"),
    ({"prompt": "nul \0 byte"}, "Null characters"),
    ({"model": "no-such"}, "This model is not to be had"),
    ({"model": "yandex-art"}, "has not switched this model on"),
    ({"model": ""}, "This model is not to be had"),
    ({"ratio": "21:9"}, "does not take this ratio"),
    ({"ratio": ""}, "does not take this ratio"),
    ({"ratio": "'><script>"}, "does not take this ratio"),
    ({"count": "0"}, "From 1 to 8"),
    ({"count": "-1"}, "From 1 to 8"),
    ({"count": "9"}, "From 1 to 8"),
    ({"count": "1000000000"}, "From 1 to 8"),
    ({"count": "9" * 5000}, "From 1 to 8"),
    ({"count": "abc"}, "From 1 to 8"),
    ({"count": ""}, "From 1 to 8"),
    ({"references": "javascript:alert(1)"}, "A link begins with http"),
    ({"references": "file:///etc/passwd"}, "A link begins with http"),
    ({"references": "data:image/png;base64,AAAA"}, "A link begins with http"),
    ({"references": "//host/no-scheme.png"}, "A link begins with http"),
    ({"references": "https://"}, "A link begins with http"),
    ({"references": "https://me:secret@host.example/a.png"}, "must not carry a login"),
    ({"references": "https://host.example/a b.png"}, "This is not a link"),
    ({"references": "https://host.example/\u202eb.png"}, "This is not a link"),
    ({"references": "https://host.example:99999/b.png"}, "A link begins with http"),
    ({"references": f"https://host.example/{'a' * 2001}"}, "This is not a link"),
    ({"references": "https://host.example/a.png\n" * 5}, "takes at most 4 references"),
    ({"references": "https://host.example/a.png\n" * 300}, "there are 300"),
    ({"token": ""}, "This form was used before"),
    ({"token": "no-uuid"}, "This form was used before"),
    ({"parent": "999999"}, "is not there"),
    ({"parent": "9" * 40}, "is not there"),
    ({"parent": "x"}, "is not there"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_bad_input_is_told_and_changes_nothing(
    by_alice: Client,
    form: dict[str, Any],
    change: dict[str, str],
    message: str,
    headers: dict[str, str],
) -> None:
    form |= {"prompt": "kept <words>"} | change
    answer = by_alice.post("/batches/", form, headers=headers)
    assert answer.status_code == 422
    assert message in answer.text
    if "prompt" not in change:
        assert "kept &lt;words&gt;</textarea>" in answer.text
    elif len(form["prompt"]) > 100:
        assert form["prompt"] in answer.text
    assert token_in(answer.text) != form["token"]
    assert "<script>" not in answer.text.replace("<script src", "")
    assert not Prompt.objects.exists()
    assert not Batch.objects.exists()
    assert not Budget.objects.exists()


def test_references_go_in_their_order(by_alice: Client, form: dict[str, Any]) -> None:
    links = ["https://a.example/1.png", "http://b.example/2.png"]
    assert send(by_alice, form, references="\n\n".join(links)).status_code == 200
    assert Prompt.objects.get().reference_urls == links


@pytest.mark.parametrize("price", ["0", "1", "399", "-400", "x", "", "400.0"])
def test_a_forged_or_stale_price_shows_todays(
    by_alice: Client, form: dict[str, Any], image_model: ImageModel, price: str
) -> None:
    ImageModel.objects.filter(pk=image_model.pk).update(price_kopecks=520)
    answer = send(by_alice, form, **{f"price-{image_model.pk}": price})
    assert answer.status_code == 422
    assert "is now 5.20\u00a0₽" in answer.text
    assert f'name="price-{image_model.pk}" value="520"' in answer.text
    assert not Batch.objects.exists()


def test_another_models_price_is_no_matter(
    by_alice: Client, form: dict[str, Any], image_model: ImageModel
) -> None:
    other = ImageModel.objects.get(remote_id="gpt-image-1-high")
    assert send(by_alice, form, **{f"price-{other.pk}": "1"}).status_code == 200


def test_a_used_token_with_the_same_content_gives_the_first_result(
    by_alice: Client, form: dict[str, Any]
) -> None:
    first = send(by_alice, form).text
    again = send(by_alice, form)
    assert again.status_code == 200
    task = Task.objects.get()
    assert f'id="task-{task.pk}"' in first
    assert f'id="task-{task.pk}"' in again.text


def test_a_replay_gives_the_first_result_though_price_and_model_have_changed(
    by_alice: Client, form: dict[str, Any]
) -> None:
    by_alice.post("/batches/", form)
    model = ImageModel.objects.get(remote_id=form["model"])
    ImageModel.objects.filter(pk=model.pk).update(price_kopecks=999)
    ImageModel.objects.switch_off(model.pk, "by-hand")
    assert by_alice.post("/batches/", form).status_code == 302
    assert Task.objects.count() == 1


def test_a_used_token_with_other_content_is_refused(by_alice: Client, form: dict[str, Any]) -> None:
    send(by_alice, form)
    answer = send(by_alice, form, prompt="something else")
    assert answer.status_code == 422
    assert "This form was used before" in answer.text
    assert "something else</textarea>" in answer.text
    fresh = send(by_alice, form, prompt="something else", token=token_in(answer.text))
    assert fresh.status_code == 200
    assert Batch.objects.count() == 2


def test_anothers_prompt_is_no_parent_and_reads_like_a_missing_one(
    by_alice: Client, bob: User, submit: Submit, form: dict[str, Any]
) -> None:
    theirs = submit(bob, "bobs secret").prompt
    words = [send(by_alice, form, parent=str(pk)).text for pk in (theirs.pk, 10**6)]
    errors = [re.findall(r'class="error"[^>]*>([^<]+)<', page) for page in words]
    assert errors[0] == errors[1] == ["The prompt that this one came from is not there."]
    assert "bobs secret" not in words[0]


def test_edit_and_run_makes_a_child(by_alice: Client, alice: User, submit: Submit) -> None:
    parent = submit(alice, "the parent", references=("https://a.example/1.png",)).prompt
    page = by_alice.get(f"/?from={parent.pk}").text
    assert "the parent</textarea>" in page
    assert "https://a.example/1.png" in page
    assert f'name="parent" value="{parent.pk}"' in page


def test_the_child_remembers_its_parent(
    by_alice: Client, alice: User, submit: Submit, form: dict[str, Any]
) -> None:
    parent = submit(alice, "the parent").prompt
    send(by_alice, form, parent=str(parent.pk), prompt="the child")
    assert Prompt.objects.get(text="the child").parent == parent


def test_a_limit_says_how_many_fit(
    by_alice: Client, alice: User, form: dict[str, Any], settings: Any
) -> None:
    User.objects.set_limit(alice, 1000)
    answer = send(by_alice, form, count="3")
    assert answer.status_code == 422
    assert "room for 2 more pictures" in answer.text
    assert not Task.objects.exists()
    assert send(by_alice, form, count="2").status_code == 200


def test_the_purse_is_the_studios(by_alice: Client, form: dict[str, Any]) -> None:
    Budget.objects.set_purse(300)
    answer = send(by_alice, form)
    assert "The studio&#x27;s purse has less left this month than one picture costs." in answer.text


def test_when_no_model_is_on(by_alice: Client, form: dict[str, Any]) -> None:
    for model in ImageModel.objects.enabled():
        ImageModel.objects.switch_off(model.pk, "not-chosen")
    assert by_alice.get("/").status_code == 200
    assert send(by_alice, form).status_code == 422


def test_a_pause_is_told_on_every_page(by_alice: Client, alice: User) -> None:
    Studio.objects.pause("balance-empty")
    for path in ("/", "/history/"):
        page = by_alice.get(path).text
        assert "Spending is paused." in page
        assert "The balance at the provider is used up." in page


def test_a_pause_says_whether_demo_pictures_wait_too(
    by_alice: Client, alice: User, settings: Any
) -> None:
    Studio.objects.pause("by-hand")
    settings.IS_DEMO = True
    page = by_alice.get("/").text
    assert "Demo pictures are drawn all the same." in page
    assert "What is queued waits" not in page
    settings.IS_DEMO = False
    page = by_alice.get("/").text
    assert "Demo pictures" not in page
    assert "What is queued waits" in page


def answer_in(page: str) -> str:
    found = re.search(r'<button id="anyway" name="anyway" value="([^"]+)">', page)
    assert found
    return found[1]


def anyway(page: Any) -> dict[str, str]:
    """What the question's own button sends: the form anew, with its answer."""
    return {"token": token_in(page.text), "anyway": answer_in(page.text)}


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_the_same_once_more_is_asked_about(
    by_alice: Client, form: dict[str, Any], headers: dict[str, str]
) -> None:
    send(by_alice, form, count="2")
    typed = form | {
        "token": str(uuid.uuid4()),
        "prompt": " a lighthouse at night\r\n",
        "count": "3",
    }
    asked = by_alice.post("/batches/", typed, headers=headers)
    assert asked.status_code == 422
    assert "2 pictures of exactly this are under way." in asked.text
    assert f'href="/prompts/{Prompt.objects.get().pk}/"' in asked.text
    assert "Show them" in asked.text
    assert "a lighthouse at night" in asked.text
    assert re.search(r'name="count" value="3" checked', asked.text)
    assert asked.text.index('id="create"') < asked.text.index('id="anyway"'), "Enter is no answer"
    assert Task.objects.count() == 2
    money = set(Budget.objects.values_list("held_kopecks", flat=True))
    assert money == {800}
    done = by_alice.post("/batches/", typed | anyway(asked), headers=headers)
    assert done.status_code == (200 if headers else 302)
    assert Task.objects.count() == 5
    # The same button again is the same press.
    again = by_alice.post("/batches/", typed | anyway(asked), headers=headers)
    assert again.status_code == done.status_code
    assert Task.objects.count() == 5


def test_an_answer_holds_for_nothing_else(by_alice: Client, form: dict[str, Any]) -> None:
    send(by_alice, form)
    send(by_alice, form, prompt="another", token=str(uuid.uuid4()))
    asked = send(by_alice, form, token=str(uuid.uuid4()))
    refused = send(by_alice, form, **anyway(asked) | {"prompt": "another"})
    assert refused.status_code == 422
    assert "1 picture of exactly this is under way." in refused.text
    assert answer_in(refused.text) != answer_in(asked.text)
    assert Task.objects.count() == 2
    # Whatever is new needs no answer, and an old one does no harm.
    assert send(by_alice, form, **anyway(asked) | {"prompt": "new"}).status_code == 200


def test_two_prompts_of_the_same_are_shown_by_the_history(
    by_alice: Client, by_bob: Client, form: dict[str, Any], alice: User, submit: Submit
) -> None:
    first, second = (submit(alice, form["prompt"]).prompt for _ in range(2))
    other = submit(alice, "a lighthouse at night, in fog").prompt
    asked = send(by_alice, form)
    path = f"/history/?like={second.pk}"
    assert f'href="{path}"' in asked.text
    page = by_alice.get(path).text
    for prompt, is_there in ((first, True), (second, True), (other, False)):
        assert (f'href="/prompts/{prompt.pk}/"' in page) is is_there
    assert "The same prompt, model, ratio and references" in page
    nothing = by_bob.get(path)
    missing = by_bob.get("/history/?like=999999")
    assert nothing.status_code == missing.status_code == 200
    assert "Nothing found" in nothing.text
    assert "Nothing found" in missing.text
    for bad in ("x", "0", "-1", "9" * 40):
        assert by_alice.get(f"/history/?like={bad}").status_code == 422


def test_anothers_picture_is_not_asked_about(
    by_bob: Client, form: dict[str, Any], alice: User, submit: Submit
) -> None:
    submit(alice, form["prompt"])
    assert send(by_bob, form).status_code == 200


def test_what_was_refused_before_is_asked_about_with_its_date(
    by_alice: Client, form: dict[str, Any], alice: User, submit: Submit
) -> None:
    refuse(submit(alice, form["prompt"]).tasks.get())
    asked = send(by_alice, form)
    assert asked.status_code == 422
    assert re.search(r"The provider refused exactly this on \d+", asked.text)
    assert "pictures of exactly this" not in asked.text
    assert send(by_alice, form, **anyway(asked)).status_code == 200
    assert Task.objects.count() == 2


def test_what_is_left_is_said_and_stays_true(
    by_alice: Client, form: dict[str, Any], alice: User
) -> None:
    assert '<p id="left" class="left" aria-live="polite"></p>' in by_alice.get("/").text
    User.objects.set_limit(alice, 2000)
    page = by_alice.get("/").text
    assert "Your limit for this month: 20\N{NO-BREAK SPACE}₽ left." in page
    assert 'data-price="400" data-ratios' in page
    assert 'data-fits="5"' in page
    after = send(by_alice, form, count="3").text
    assert "Your limit for this month: 8\N{NO-BREAK SPACE}₽ left." in after
    assert 'data-fits="2"' in after
    refused = send(by_alice, form, prompt="more", count="4", token=str(uuid.uuid4())).text
    assert "has room for 2 more pictures" in refused
    assert "8\N{NO-BREAK SPACE}₽ left." in refused


def test_a_purse_that_binds_is_all_that_a_member_learns_of_it(
    by_alice: Client, form: dict[str, Any], alice: User
) -> None:
    Budget.objects.set_purse(123_400)
    User.objects.set_limit(alice, 2000)
    assert "1,234" not in by_alice.get("/").text
    User.objects.set_limit(alice, None)
    page = by_alice.get("/").text
    assert "The studio's money for this month: 1,234\N{NO-BREAK SPACE}₽ left." in page
    assert "Your limit" not in page


def test_a_hold_is_told_on_the_page_and_on_each_card_and_a_press_waits(
    by_alice: Client, by_bob: Client, form: dict[str, Any], alice: User, submit: Submit
) -> None:
    for number in range(3):
        refuse(submit(alice, f"refused {number}").tasks.get())
    assert send(by_alice, form).status_code == 200
    page = by_alice.get("/").text
    assert "Your sending is held." in page
    card = re.search(r'<article[^>]*data-status="queued".*?</article>', page, re.DOTALL)
    assert card
    assert "Your sending is held: the provider refused the content of three" in card[0]
    assert "Cancel" in card[0]
    assert "held" not in by_bob.get("/").text
