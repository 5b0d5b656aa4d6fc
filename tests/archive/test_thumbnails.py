"""Thumbnails are small, upright, whole, and can be made again."""

from pathlib import Path

import pytest
from PIL import Image

from gallery.archive.inspect import BadPicture
from gallery.archive.thumbnails import SIZES, make, thumbnail_path
from tests.archive.pictures import encoded, noise, picture

NAME = "originals/a.png"


def made(root: Path, data: bytes, size: int = 384) -> Image.Image:
    original = root / "original"
    original.write_bytes(data)
    make(original, root, NAME)
    assert original.read_bytes() == data
    assert not list((root / "incoming").iterdir())
    with Image.open(root / thumbnail_path(NAME, size)) as image:
        image.load()
        assert image.format == "WEBP"
        return image


def test_both_sizes_by_the_longest_edge(tmp_path: Path) -> None:
    data = picture("jpeg", size=(1600, 800))
    assert [made(tmp_path, data, size).size for size in SIZES] == [(384, 192), (768, 384)]


@pytest.mark.parametrize("size", [(100, 100), (4096, 3072), (1, 20_000), (20_000, 1)])
def test_sixteen_bits_of_gray_in_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    gray = Image.new("I;16", size, 0x4000)
    assert max(made(tmp_path, encoded(gray, "png"), 384).size) == min(384, max(size))


def test_never_larger_than_the_original(tmp_path: Path) -> None:
    assert made(tmp_path, picture("webp", size=(100, 40)), 768).size == (100, 40)


def test_made_again_over_the_old_one(tmp_path: Path) -> None:
    made(tmp_path, picture("png", size=(500, 500)))
    assert made(tmp_path, picture("png", size=(500, 250))).size == (384, 192)


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "RGB"])
def test_opaque_modes(tmp_path: Path, mode: str) -> None:
    image = Image.new("L", (500, 500), 200)
    data = encoded(Image.new("I;16", (500, 500)) if mode == "I;16" else image.convert(mode), "png")
    assert made(tmp_path, data).mode == "RGB"


def test_sixteen_bits_of_gray_are_not_white(tmp_path: Path) -> None:
    gray = made(tmp_path, encoded(Image.new("I;16", (500, 500), 0x4000), "png"))
    assert gray.getpixel((50, 50)) == (64, 64, 64)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_is_kept(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (500, 500), (255, 0, 0, 0))
    if mode == "PA":
        data = encoded(Image.new("P", (500, 500)), "png", transparency=0)
    else:
        data = encoded(image.convert(mode), "png")
    thumbnail = made(tmp_path, data)
    assert thumbnail.mode == "RGBA"
    assert thumbnail.getchannel("A").getextrema() == (0, 0)


def test_cmyk_loses_its_profile(tmp_path: Path) -> None:
    image = Image.new("CMYK", (500, 500), (0, 200, 200, 0))
    thumbnail = made(tmp_path, encoded(image, "jpeg", icc_profile=b"a profile of inks"))
    assert thumbnail.mode == "RGB"
    assert "icc_profile" not in thumbnail.info


# Where the red corner, at the top left of the file, is to be seen.
CORNERS = {
    1: (0, 0),
    2: (1, 0),
    3: (1, 1),
    4: (0, 1),
    5: (0, 0),
    6: (1, 0),
    7: (1, 1),
    8: (0, 1),
    9: (0, 0),
}


@pytest.mark.parametrize(("value", "corner"), CORNERS.items())
def test_upright_by_exif(tmp_path: Path, value: int, corner: tuple[int, int]) -> None:
    image = Image.new("RGB", (400, 200), "blue")
    image.paste("red", (0, 0, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = value
    thumbnail = made(tmp_path, encoded(image, "jpeg", exif=exif))
    assert thumbnail.size == ((192, 384) if 5 <= value <= 8 else (384, 192))
    width, height = thumbnail.size
    at = (20 + corner[0] * (width - 40), 20 + corner[1] * (height - 40))
    red, _, blue = thumbnail.getpixel(at)  # type: ignore[misc]
    assert red > 150 > blue
    assert not thumbnail.getexif()


def test_of_an_animation_the_first_picture(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (500, 500), color) for color in ("#ff0000", "#00ff00")]
    data = encoded(frames[0], "webp", save_all=True, append_images=frames[1:])
    thumbnail = made(tmp_path, data)
    assert getattr(thumbnail, "n_frames", 1) == 1
    red, green, *_ = thumbnail.getpixel((100, 100))  # type: ignore[misc]
    assert red > 200 > green


def test_a_damaged_original_leaves_nothing(tmp_path: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(noise("webp")[:-50])
    with pytest.raises(BadPicture, match="damaged"):
        make(original, tmp_path, NAME)
    assert not (tmp_path / "thumbs").exists()
