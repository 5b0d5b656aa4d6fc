"""What a picture looks like does not depend on its format and size, and does on what is in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from gallery.archive.likeness import likeness
from gallery.demo.pictures import paint


def bits(one: tuple[int, int] | None, other: tuple[int, int] | None) -> int:
    assert one and other
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


def test_recoded_and_resized_it_is_the_same_and_another_is_not(tmp_path: Path) -> None:
    fox = paint("A fox asleep in a library, warm lamplight", "4:3", seed="1", scale=0.25).convert(
        "RGB"
    )
    fox.save(tmp_path / "fox.png")
    fox.save(tmp_path / "worse.jpg", quality=35)
    fox.resize((fox.width // 2, fox.height // 2)).save(tmp_path / "small.webp")
    other = paint("Saturn rising behind a ridge, two inks", "4:3", seed="1", scale=0.25).convert(
        "RGB"
    )
    other.save(tmp_path / "other.png")
    names = ("fox.png", "worse.jpg", "small.webp", "other.png")
    fox_, worse, small, another = (likeness(tmp_path, name) for name in names)
    assert bits(fox_, worse) <= 7
    assert bits(fox_, small) <= 7
    assert bits(fox_, another) > 20


def test_what_is_transparent_counts_as_white_and_no_picture_looks_like_nothing(
    tmp_path: Path,
) -> None:
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    Image.new("RGB", (64, 64), "white").save(tmp_path / "white.png")
    assert likeness(tmp_path, "clear.png") == likeness(tmp_path, "white.png") == (0, 0)
    (tmp_path / "words.png").write_bytes(b"no picture")
    assert likeness(tmp_path, "words.png") is None
    with pytest.raises(FileNotFoundError):
        likeness(tmp_path, "gone.png")
