"""Pictures are looked at after they are kept, older ones by and by, and each once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow

from gallery.archive.thumbnails import SIZES, thumbnail_path
from gallery.jobs import likenesses, sweep
from gallery.models import Image, Likeness, User


@pytest.fixture
def images(alice: User, data_dir: Path) -> list[Image]:
    found = []
    for number in range(3):
        name = f"originals/{number}.png"
        (data_dir / name).parent.mkdir(exist_ok=True)
        Pillow.linear_gradient("L").rotate(90 * number).save(data_dir / name)
        found.append(
            Image.objects.create(
                owner=alice, demo=True, file=name, sha256=f"{number:064x}", size=1,
                mime="image/png", width=256, height=256, color="#808080",
            )
        )  # fmt: skip
    return found


def test_older_ones_are_caught_up_with_once(images: list[Image], data_dir: Path) -> None:
    (data_dir / images[1].file).write_bytes(b"spoiled")
    (data_dir / images[2].file).unlink()
    sweep.sweep()
    assert set(Likeness.objects.known().values_list("pk", flat=True)) == {images[0].pk}
    assert Likeness.objects.count() == 3
    assert likenesses.catch_up() == 0


def test_half_a_thumbnail_holds_up_no_other(images: list[Image], data_dir: Path) -> None:
    assert likenesses.catch_up() == 3
    Likeness.objects.all().delete()
    half = data_dir / thumbnail_path(images[2].file, min(SIZES))
    half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])
    assert likenesses.catch_up() == 3
    assert Likeness.objects.known().count() == 2


def test_a_disk_that_refuses_is_asked_again(images: list[Image], data_dir: Path) -> None:
    (data_dir / "thumbs").write_text("in the way of the folder")
    assert likenesses.catch_up() == 0
    assert not Likeness.objects.exists()
    (data_dir / "thumbs").unlink()
    assert likenesses.catch_up() == 3
