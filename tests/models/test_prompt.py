"""Search folds the case of every alphabet; e and yo of Russian are alike."""

from __future__ import annotations

import pytest

from gallery.models import User, fold
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


def test_str_is_short(submit: Submit, alice: User) -> None:
    assert len(str(submit(alice, "x" * 500).prompt)) == 60
