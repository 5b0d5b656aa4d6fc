"""Files: the picture in every form in which it is one, and what is none."""

from __future__ import annotations

import io
import struct
import zlib
from functools import lru_cache

from PIL import Image

from tests.archive.pictures import png_chunk

from .house import pixels

PNG = b"\x89PNG\r\n\x1a\n"


def file(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def in_kind(identity: str, kind: str, mode: str = "RGB", **options: object) -> bytes:
    """The task's picture as another kind of file, in another mode."""
    return file(pixels(identity).convert(mode), kind, **options)


def moving(identity: str, kind: str) -> bytes:
    """An animation, or several pictures in one file, of which the task's is the first."""
    image = pixels(identity)
    other = image.transpose(Image.Transpose.ROTATE_180)
    return file(image, kind, save_all=True, append_images=[other])


def turned(identity: str) -> bytes:
    """A jpeg that is to be turned by its EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return file(pixels(identity), "JPEG", exif=exif.tobytes())


def deep_gray(identity: str) -> bytes:
    """A gray png of 16 bits."""
    first = int(identity[:4], 16)
    rows = b"".join(struct.pack("<96H", *range(first, first + 96)) for _ in range(64))
    return file(Image.frombytes("I;16", (96, 64), rows), "PNG")


def png(identity: str, *, depth: int = 8, before: bytes = b"", data: bytes | None = None) -> bytes:
    """A png of 8 x 8 pixels made by hand, with more chunks `before` its pixels."""
    row = (identity.encode() * 2)[: 3 * depth]
    pixels = zlib.compress((b"\0" + row) * 8) if data is None else data
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, depth, 2, 0, 0, 0))
    return (
        PNG
        + header
        + before
        + (png_chunk(b"IDAT", pixels) if pixels else b"")
        + png_chunk(b"IEND", b"")
    )


@lru_cache
def unpacking(name: bytes) -> bytes:
    """A small chunk of a png that unpacks to 80 megabytes."""
    return png_chunk(name, b"k\0\0" + zlib.compress(bytes(80_000_000)))


def wide_png(width: int, height: int) -> bytes:
    """A png of black pixels, whole and small, whose size alone is too much."""
    row = bytes(1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return PNG + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")


def with_wrong_sum(identity: str) -> bytes:
    """A png of which one bit has fallen over."""
    data = bytearray(png(identity))
    data[data.index(b"IDAT") + 12] ^= 1
    return bytes(data)


OTHERS: tuple[tuple[str, str, bytes, str], ...] = (
    ("html", "a page", b"<!doctype html><title>No</title><h1>Not found</h1>", "not-a-picture"),
    ("json", "an error in JSON", b'{"error": {"message": "expired"}}', "not-a-picture"),
    ("xml", "the storage's error, with status 200",
     b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "not-a-picture"),
    ("text", "a sentence", b"Please wait for your picture.", "not-a-picture"),
    ("zeros", "zeros", bytes(5000), "not-a-picture"),
    ("one-byte", "one byte", b"R", "not-a-picture"),
    ("signature", "a signature with nothing behind it", PNG, "damaged"),
    ("svg", "a vector picture with a script",
     b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "other-kind"),
    ("svg-after-a-prolog", "a vector picture behind its prolog",
     b'\xef\xbb\xbf<?xml version="1.0"?><!DOCTYPE svg><svg onload="alert(1)"/>', "other-kind"),
    ("gif", "a gif", file(Image.new("RGB", (8, 8), "red"), "GIF"), "other-kind"),
    ("ico", "an icon", file(Image.new("RGB", (16, 16), "red"), "ICO"), "not-a-picture"),
    ("avif", "an avif", file(Image.new("RGB", (8, 8), "red"), "AVIF"), "other-kind"),
    ("tiff", "a tiff", file(Image.new("RGB", (8, 8), "red"), "TIFF"), "other-kind"),
    ("bmp", "a bmp", file(Image.new("RGB", (8, 8), "red"), "BMP"), "other-kind"),
    ("jpeg-2000", "a jpeg of another standard",
     file(Image.new("RGB", (64, 64), "red"), "JPEG2000"), "not-a-picture"),
    ("pdf", "a document", file(Image.new("RGB", (8, 8), "red"), "PDF"), "other-kind"),
    ("zip", "an archive", b"PK\x03\x04" + bytes(60), "other-kind"),
    ("video", "a video", b"\x00\x00\x00\x18ftypmp42" + bytes(60), "other-kind"),
    ("program", "a program", b"\x7fELF" + bytes(60), "not-a-picture"),
    ("wave", "a sound in webp's container", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40),
     "not-a-picture"),
)  # fmt: skip
