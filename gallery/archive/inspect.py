"""Facts about a file, from its bytes alone: neither its name nor a header is believed."""

import re
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal, cast

from PIL import Image

MAX_PIXELS = 100_000_000
Format = Literal["webp", "png", "jpeg"]

# For the whole process: no picture anywhere in it may be larger.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

# One picture of 100 megapixels takes 400 MB while it is decoded.
_decoding = threading.Lock()

_PICTURES: dict[Format, re.Pattern[bytes]] = {
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
}
_OTHER_KINDS = {
    "gif": re.compile(rb"GIF8[79]a"),
    "pdf": re.compile(rb"%PDF-"),
    "tiff": re.compile(rb"II\*\x00|MM\x00\*"),
    "bmp": re.compile(rb"BM.{4}\x00\x00\x00\x00", re.DOTALL),
    "avif or video": re.compile(rb".{4}ftyp", re.DOTALL),
    "zip": re.compile(rb"PK\x03\x04"),
    "svg": re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[?!][^>]*>\s*)*<svg[\s>/]", re.IGNORECASE),
}
# Pillow has a name of its own for a jpeg that holds more pictures behind its first.
_FORMATS: dict[str, Format] = {"WEBP": "webp", "PNG": "png", "JPEG": "jpeg", "MPO": "jpeg"}
_MIMES: dict[Format, str] = {"webp": "image/webp", "png": "image/png", "jpeg": "image/jpeg"}
_EXTENSIONS: dict[Format, str] = {"webp": "webp", "png": "png", "jpeg": "jpg"}
_PNG_END = b"IEND\xae\x42\x60\x82"
_ORIENTATION = 0x0112
_LYING = (5, 6, 7, 8)
# What Pillow raises for damaged files; a full memory is not the file's fault.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a picture is, as it is shown: width and height after its EXIF orientation.

    ``extension`` is without the dot, ``color`` the average as ``#rrggbb``.
    """

    format: Format
    mime: str
    extension: str
    width: int
    height: int
    color: str


class BadPicture(Exception):
    """Reasons: ``not-a-picture``, ``other-kind``, ``too-many-pixels``, ``damaged``."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


def inspect(path: Path) -> Facts:
    """Facts of the picture at ``path``, which was decoded whole; raises BadPicture.

    An animation counts as its first picture.
    """
    with opened(path) as image:
        return facts(image)


def facts(image: Image.Image) -> Facts:
    """Facts of a picture from opened(), while it is open."""
    kind = _FORMATS[str(image.format)]
    width, height = image.size
    if orientation(image) in _LYING:
        width, height = height, width
    return Facts(kind, _MIMES[kind], _EXTENSIONS[kind], width, height, _average(image))


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """The picture at ``path``, checked and decoded whole; raises BadPicture.

    One at a time in a process.
    """
    with _decoding:
        data = path.read_bytes()
        with _decoded(data, _kind(data)) as image:
            yield image


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 when there is none or it cannot be read."""
    try:
        value = image.getexif().get(_ORIENTATION)
    except _DAMAGE:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def eight_bits(image: Image.Image) -> Image.Image:
    """A gray picture of 16 bits scaled to 8, where Pillow's conversion would cut; others as is."""
    if not image.mode.startswith("I"):
        return image
    return image.point(lambda value: value * (1 / 256)).convert("L")


def gap(image: Image.Image, wanted: float) -> float | None:
    """Pillow's quick first step of shrinking; it refuses gray pictures of 16 bits."""
    return None if image.mode.startswith("I") else wanted


def _decoded(data: bytes, kind: Format) -> Image.Image:
    try:
        _check_announced(data, kind)
        with Image.open(BytesIO(data), formats=(kind,)) as image:
            _check_pixels(*image.size)
            image.verify()
        image = Image.open(BytesIO(data), formats=(kind,))
        image.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise BadPicture("too-many-pixels", str(error)) from None
    except _DAMAGE as error:
        raise BadPicture("damaged", str(error)[:200]) from error
    return image


def _kind(data: bytes) -> Format:
    for kind, shape in _PICTURES.items():
        if shape.match(data):
            return kind
    for name, shape in _OTHER_KINDS.items():
        if shape.match(data[:4096]):
            raise BadPicture("other-kind", name)
    raise BadPicture("not-a-picture", "empty" if not data else data[:16].hex())


def _check_announced(data: bytes, kind: Format) -> None:
    """What Pillow does not look at, or only after it has taken the memory."""
    if kind == "webp":
        is_whole = len(data) >= int.from_bytes(data[4:8], "little") + 8
        _check_pixels(*_webp_size(data))
    elif kind == "png":
        is_whole = _PNG_END in data
    else:
        is_whole = data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    if not is_whole:
        raise BadPicture("damaged", "the file ends too early")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height as the first chunk of a webp file gives them (RFC 9649, section 2)."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        width, height = data[24:27], data[27:30]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    bits = int.from_bytes(data[26:30], "little")
    return bits & 0x3FFF, bits >> 16 & 0x3FFF


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise BadPicture("too-many-pixels", f"{width} x {height}")


def _average(image: Image.Image) -> str:
    # Pillow weighs colours by their opacity when it shrinks RGBA.
    small = image.resize((16, 16), Image.Resampling.BOX, reducing_gap=gap(image, 2.0))
    pixel = eight_bits(small).convert("RGBA").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    red, green, blue, _ = cast(tuple[int, int, int, int], pixel)
    return f"#{red:02x}{green:02x}{blue:02x}"
