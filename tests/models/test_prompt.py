"""Search folds the case of every alphabet; e and yo of Russian are alike."""

from __future__ import annotations

import pytest

from gallery.models import Prompt, User, fold
from tests.conftest import Submit


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ёжик  в\nТУМАНЕ", "ежик в тумане"),
        ("STRASSE Straße", "strasse strasse"),
        ("ﬁne", "fine"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("words", ["ежик", "ЁЖИК туман", "туман еж", ""])
def test_matching(submit: Submit, alice: User, words: str) -> None:
    prompt = submit(alice, "Ёжик в Тумане").prompt
    submit(alice, "a cat") if words else None
    assert list(Prompt.objects.of(alice).matching(words)) == [prompt]


def test_wildcards_are_plain_characters(submit: Submit, alice: User) -> None:
    submit(alice, "a cat")
    assert not Prompt.objects.matching("%").exists()
    assert not Prompt.objects.matching("c_t").exists()


def test_str_is_short(submit: Submit, alice: User) -> None:
    assert len(str(submit(alice, "x" * 500).prompt)) == 60
