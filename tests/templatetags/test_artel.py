from __future__ import annotations

import pytest
from django.utils import translation

from gallery.models import RATIOS, Image
from gallery.templatetags import artel


@pytest.mark.parametrize(
    ("kopecks", "shown"),
    [
        (0, "0\u00a0₽"),
        (400, "4\u00a0₽"),
        (60, "0.60\u00a0₽"),
        (1040, "10.40\u00a0₽"),
        (-400, "−4\u00a0₽"),
        (123_456_700, "1,234,567\u00a0₽"),
        (None, ""),
    ],
)
def test_money(kopecks: int | None, shown: str) -> None:
    assert artel.rub(kopecks) == shown


def test_money_in_russian() -> None:
    with translation.override("ru"):
        assert artel.rub(1040) == "10,40\u00a0₽"


@pytest.mark.parametrize(
    ("size", "name"),
    [((1, 1), "a-100"), ((1536, 1024), "a-150"), ((9, 900), "a-35"), ((900, 9), "a-300"),
     ((16, 9), "a-180"), ((5, 0), "a-300")],
)  # fmt: skip
def test_aspect_classes(size: tuple[int, int], name: str) -> None:
    assert artel.aspect_class(*size) == name


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (7.9, "0:07"), (750, "12:30"), (3600, "1:00:00")]
)
def test_clock(seconds: float, shown: str) -> None:
    assert artel.seconds(seconds) == shown


def test_thumbnails_are_never_wider_than_the_original() -> None:
    assert artel.thumb_width(Image(width=1024, height=1536), 768) == 512
    assert artel.thumb_width(Image(width=100, height=50), 384) == 100


@pytest.mark.parametrize("ratio", RATIOS)
def test_each_ratio_has_its_shape(ratio: str) -> None:
    assert "<rect" in artel.ratio_shape(ratio)
    assert artel.shape(ratio) == f"r-{ratio.replace(':', 'x')}"


def test_a_long_prompt_is_shortened_on_one_line() -> None:
    assert artel.shorten("a\n\n  b") == "a b"
    assert len(artel.shorten("x" * 500)) == 120
