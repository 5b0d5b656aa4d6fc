"""Files that are not the picture that was asked for."""

import io
import struct
import zlib
from functools import cache

from PIL import Image

HTML = b"<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">'
    b"<script>alert(1)</script><circle cx='32' cy='32' r='30' fill='#c33'/></svg>"
)


def convert(picture: bytes, kind: str) -> bytes:
    """The same picture as "png", "jpeg" or "gif"."""
    target = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").save(target, kind.upper())
    return target.getvalue()


def damage(picture: bytes) -> bytes:
    """The first half of the picture, followed by zeros: whole in length, not in content."""
    half = len(picture) // 2
    return picture[:half] + bytes(len(picture) - half)


@cache
def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A small, valid png of black pixels that takes 900 MB to unpack."""
    compressor = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    pixels = b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
