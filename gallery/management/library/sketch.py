"""Small drawings for a library's newest pictures: a sky, a sun, some hills."""

from __future__ import annotations

import io
from random import Random

from PIL import Image, ImageDraw

SHORT_EDGE = 320
PALETTES = (
    ("#24344f", "#d98a5b", "#f4d9a8", "#3c4a3b"),
    ("#7fa8b8", "#e8e2cf", "#f2b134", "#3f6148"),
    ("#40244a", "#b3567a", "#ffd9a0", "#1d1a33"),
    ("#d9dde0", "#f4f1ea", "#c8553d", "#6b7a7d"),
    ("#12343b", "#2d6a6a", "#e1b382", "#0c1b1f"),
)


def draw(words: str, number: int, size: tuple[int, int]) -> bytes:
    """A webp file: pictures of the same words look alike, and no two are the same."""
    dice, luck = Random(words), Random(number)  # noqa: S311 - for drawing
    high, low, sun, hill = dice.choice(PALETTES)
    width, height = size
    sky = Image.linear_gradient("L").resize(size)
    picture = Image.composite(Image.new("RGB", size, low), Image.new("RGB", size, high), sky)
    pen = ImageDraw.Draw(picture)
    across, up, radius = (dice.random() + luck.uniform(-0.05, 0.05) for _ in range(3))
    reach = min(size) * (0.08 + 0.1 * abs(radius))
    centre = width * across, height * 0.6 * up
    pen.ellipse([*(c - reach for c in centre), *(c + reach for c in centre)], fill=sun)
    for depth in range(3):
        level = height * (0.55 + 0.13 * depth)
        ridge = [
            (width * n / 6, level - height * 0.2 * dice.random() + luck.uniform(-4, 4))
            for n in range(7)
        ]
        shade = Image.blend(
            Image.new("RGB", (1, 1), hill), Image.new("RGB", (1, 1), low), 0.5 - 0.2 * depth
        )
        pen.polygon([(0, height), *ridge, (width, height)], fill=shade.getpixel((0, 0)))
    target = io.BytesIO()
    picture.save(target, "WEBP", quality=80, method=1)
    return target.getvalue()


def pixels(ratio: str) -> tuple[int, int]:
    """Width and height of a drawing of that ratio."""
    across, up = (int(part) for part in ratio.split(":"))
    unit = SHORT_EDGE / min(across, up)
    return round(across * unit), round(up * unit)
