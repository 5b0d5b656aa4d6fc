from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from gallery.forms import ComposerForm, check_link, refusal_words
from gallery.models import BeyondBudget, NoLongerUnknown, PriceChanged, TokenReused, User
from tests.conftest import Submit


@pytest.mark.parametrize(
    "link",
    [
        "https://host.example/a.png",
        "HTTP://host.example",
        "https://host.example:8443/a%20b.png?x=1#y",
        "https://пример.рф/кот.png",
        "https://[2001:db8::1]/a.png",
    ],
)
def test_links_that_a_provider_could_fetch(link: str) -> None:
    check_link(link)


@pytest.mark.parametrize(
    "link",
    ["", "x", "https:/one-slash", "https://[", "https://a@b.example/", "https://a\\@b.example/",
     "https://h.example/\x7f", "ftp://h.example/a"],
)  # fmt: skip
def test_links_that_are_none(link: str) -> None:
    with pytest.raises(ValidationError):
        check_link(link)


@pytest.mark.parametrize("half", ["\ud83d", "\ufffd"])
def test_half_a_character_is_refused(alice: User, half: str) -> None:
    form = ComposerForm({"prompt": f"half {half}"}, owner=alice)
    assert "half a character" in str(form.errors["prompt"])


def test_a_blank_composer_has_everything_but_the_prompt(alice: User) -> None:
    form = ComposerForm.blank(alice)
    assert form.model_chosen is not None
    assert form.model_chosen.remote_id == "gpt-image-1-low"
    assert (form.ratio_chosen, form.count_chosen) == ("1:1", 1)


def test_each_rendering_is_another_form(alice: User) -> None:
    assert ComposerForm.blank(alice).fresh_token != ComposerForm.blank(alice).fresh_token


def test_last_choices_come_from_ones_own_prompts(alice: User, bob: User, submit: Submit) -> None:
    submit(alice, ratio="9:16")
    assert ComposerForm.blank(alice).ratio_chosen == "9:16"
    assert ComposerForm.blank(bob).ratio_chosen == "1:1"


def test_every_refusal_has_words() -> None:
    refusals = [
        PriceChanged(520),
        TokenReused(),
        NoLongerUnknown(),
        *(BeyondBudget(whose, fits) for whose in ("purse", "user") for fits in (0, 1, 2)),
    ]
    words = [str(refusal_words(refusal)) for refusal in refusals]
    assert len(set(words)) == len(words)
    assert all(sentence.endswith(".") for sentence in words)
