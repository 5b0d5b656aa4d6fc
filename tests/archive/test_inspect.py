"""Facts come from the bytes, and what is not a whole picture never becomes one."""

import resource
import threading
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from gallery.archive.inspect import BadPicture, Facts, inspect
from tests.archive.pictures import (
    RED,
    encoded,
    huge_jpeg,
    huge_png,
    huge_webps,
    noise,
    picture,
    riff,
)


def looked_at(folder: Path, data: bytes, name: str = "file.bin") -> Facts:
    path = folder / name
    path.write_bytes(data)
    return inspect(path)


def reason(folder: Path, data: bytes, name: str = "file.webp") -> str:
    with pytest.raises(BadPicture) as caught:
        looked_at(folder, data, name)
    return caught.value.reason


@pytest.mark.parametrize(
    ("kind", "mime", "extension"),
    [("webp", "image/webp", "webp"), ("png", "image/png", "png"), ("jpeg", "image/jpeg", "jpg")],
)
def test_facts(tmp_path: Path, kind: str, mime: str, extension: str) -> None:
    facts = looked_at(tmp_path, picture(kind), "a-misleading-name.gif")
    assert (facts.format, facts.mime, facts.extension) == (kind, mime, extension)
    assert (facts.width, facts.height) == (300, 200)
    channels = [int(facts.color[at : at + 2], 16) for at in (1, 3, 5)]
    assert all(abs(found - meant) < 6 for found, meant in zip(channels, RED, strict=True))


def test_a_jpeg_with_more_pictures_behind_its_first_is_a_jpeg(tmp_path: Path) -> None:
    """Pillow calls it MPO; cameras and editors call it jpg."""
    others = [Image.new("RGB", (300, 200), "blue")]
    facts = looked_at(tmp_path, encoded(Image.new("RGB", (300, 200), RED), "MPO", save_all=True,
                                        append_images=others))  # fmt: skip
    assert (facts.format, facts.mime, facts.extension) == ("jpeg", "image/jpeg", "jpg")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_mode_of_png_has_a_color(tmp_path: Path, mode: str) -> None:
    facts = looked_at(tmp_path, picture("png", mode="L" if mode == "I;16" else mode))
    assert len(facts.color) == 7


def test_sixteen_bits_of_gray_are_not_white(tmp_path: Path) -> None:
    gray = Image.new("I;16", (30, 20), 0x4000)
    assert looked_at(tmp_path, encoded(gray, "png")).color == "#404040"


@pytest.mark.parametrize("size", [(100, 100), (1024, 1024), (1, 20_000), (20_000, 1)])
def test_sixteen_bits_of_gray_in_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    gray = Image.new("I;16", size, 0x4000)
    assert looked_at(tmp_path, encoded(gray, "png")).color == "#404040"


def test_cmyk(tmp_path: Path) -> None:
    assert looked_at(tmp_path, picture("jpeg", mode="CMYK")).color.startswith("#c")


def test_what_cannot_be_seen_has_no_color(tmp_path: Path) -> None:
    image = Image.new("RGBA", (100, 100), (255, 255, 255, 0))
    image.paste((0, 0, 200, 255), (0, 0, 50, 100))
    assert looked_at(tmp_path, encoded(image, "png")).color in ("#0000c7", "#0000c8")


def test_one_pixel(tmp_path: Path) -> None:
    assert looked_at(tmp_path, picture("png", size=(1, 1))).color == "#c81e28"


@pytest.mark.parametrize(("value", "size"), [(1, (300, 200)), (6, (200, 300)), (3, (300, 200))])
def test_width_and_height_are_as_shown(tmp_path: Path, value: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    facts = looked_at(tmp_path, encoded(Image.new("RGB", (300, 200)), "jpeg", exif=exif))
    assert (facts.width, facts.height) == size


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("exif", [b"Exif\x00\x00garbage!", b"Exif\x00\x00II*\x00\xff\xff\xff\x7f"])
@pytest.mark.parametrize("kind", ["webp", "png", "jpeg"])
def test_broken_exif_breaks_no_picture(tmp_path: Path, kind: str, exif: bytes) -> None:
    data = encoded(Image.new("RGB", (300, 200)), kind, exif=exif)
    assert looked_at(tmp_path, data).width == 300


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_an_animation_counts_as_its_first_picture(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("RGB", (60, 40), color) for color in ("#ff0000", "#00ff00")]
    buffer = BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], lossless=True)
    facts = looked_at(tmp_path, buffer.getvalue())
    assert (facts.format, facts.width, facts.color) == (kind, 60, "#ff0000")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "not-a-picture"),
        (b"\x00" * 100, "not-a-picture"),
        (b"<!DOCTYPE html><html><svg></svg></html>", "not-a-picture"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "not-a-picture"),
        (b'{"code": 4}', "not-a-picture"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "not-a-picture"),
        (b"\xff\xd8", "not-a-picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "other-kind"),
        (b'\xef\xbb\xbf <?xml version="1.0"?>\n<!-- a --><!DOCTYPE svg>\n<SVG>', "other-kind"),
        (b"%PDF-1.7", "other-kind"),
        (b"II*\x00", "other-kind"),
        (b"PK\x03\x04", "other-kind"),
        (b"\x00\x00\x00\x1cftypavif", "other-kind"),
    ],
)
def test_what_is_no_picture(tmp_path: Path, data: bytes, expected: str) -> None:
    assert reason(tmp_path, data) == expected


@pytest.mark.parametrize("kind", ["gif", "bmp", "tiff", "avif"])
def test_pictures_of_another_kind(tmp_path: Path, kind: str) -> None:
    assert reason(tmp_path, picture(kind)) == "other-kind"


@pytest.mark.parametrize("kind", ["webp", "png", "jpeg"])
@pytest.mark.parametrize("cut", [1, 2, 12, 1000, -40])
def test_cut_files_are_damaged(tmp_path: Path, kind: str, cut: int) -> None:
    assert reason(tmp_path, noise(kind)[:-cut]) == "damaged"


def test_cut_in_the_middle_of_a_progressive_jpeg(tmp_path: Path) -> None:
    data = noise("jpeg", progressive=True)
    assert reason(tmp_path, data[: len(data) // 2]) == "damaged"


def test_a_broken_checksum_is_damage(tmp_path: Path) -> None:
    data = bytearray(noise("png"))
    # The last 12 bytes are the end mark; before them stands the checksum of the pixels.
    data[-13] ^= 1
    assert reason(tmp_path, bytes(data)) == "damaged"


def test_headers_alone_are_damaged(tmp_path: Path) -> None:
    for data in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", riff(b""), riff(b"VP8X")):
        assert reason(tmp_path, data) == "damaged"
    assert reason(tmp_path, huge_png(100, 100)) == "damaged"


@pytest.mark.parametrize(
    "data", [huge_png(10_001, 10_000), huge_png(60_000, 60_000), huge_jpeg(), *huge_webps()]
)
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, data: bytes) -> None:
    assert reason(tmp_path, data) == "too-many-pixels"


@pytest.mark.parametrize("data", huge_webps())
def test_a_bomb_takes_no_memory(tmp_path: Path, data: bytes) -> None:
    # libwebp takes a gigabyte for such a header, and Pillow asks about twice the limit only.
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    few = pages * resource.getpagesize() + 200_000_000
    resource.setrlimit(resource.RLIMIT_AS, (few, limits[1]))
    try:
        assert reason(tmp_path, data) == "too-many-pixels"
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def test_a_hundred_megapixels_are_not_too_many(tmp_path: Path) -> None:
    # One byte short of data, so that only the header is judged and nothing large is decoded.
    assert reason(tmp_path, huge_png(10_000, 10_000)) == "damaged"


def test_a_missing_file_is_not_a_bad_picture(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect(tmp_path / "nothing")


def test_many_threads_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(picture("webp"))
    found: list[Facts] = []
    threads = [threading.Thread(target=lambda: found.append(inspect(path))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
