"""Pictures, and what only looks like one."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

RED = (200, 30, 40)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def picture(kind: str, *, size: tuple[int, int] = (300, 200), mode: str = "RGB") -> bytes:
    return encoded(Image.new("RGB", size, RED).convert(mode), kind)


def noise(kind: str, **options: Any) -> bytes:
    return encoded(Image.effect_noise((300, 200), 90).convert("RGB"), kind, **options)


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def huge_png(width: int, height: int) -> bytes:
    """A few bytes that claim to be an enormous picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            png_chunk(b"IHDR", header),
            png_chunk(b"IDAT", zlib.compress(b"\x00" * 1000)),
            png_chunk(b"IEND", b""),
        )
    )


def huge_jpeg() -> bytes:
    """A real picture whose header was changed to claim 65,500 x 65,500 pixels."""
    data = bytearray(picture("jpeg"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 65_500, 65_500)
    return bytes(data)


def riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def huge_webps() -> list[bytes]:
    """Headers of the three kinds of webp that claim 144 megapixels."""
    width, height = 11_999, 11_999
    extended = b"\x00" * 4 + struct.pack("<I", width)[:3] + struct.pack("<I", height)[:3]
    lossless = b"\x2f" + struct.pack("<I", width | height << 14)
    lossy = b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return [
        riff(name + struct.pack("<I", len(data)) + data + b"\x00" * 10)
        for name, data in ((b"VP8X", extended), (b"VP8L", lossless), (b"VP8 ", lossy))
    ]
