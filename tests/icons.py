"""Draws the icons that cannot be SVG, from the same strokes: `python -m tests.icons`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).resolve().parent.parent / "static"
PAPER, INK = "#171717", "#fafafa"
STROKES = (((9, 23), (16, 9), (23, 23)), ((12, 18), (20, 18)))
"""Of static/icon.svg, on its field of 32."""
WIDTH = 2.5
FINE = 8
"""Drawn so many times larger, for smooth edges."""


def draw(size: int, *, corners: float) -> Image.Image:
    """The icon, `size` pixels wide; `corners` of its field of 32 are round."""
    scale = size * FINE / 32
    icon = Image.new("RGBA", (size * FINE, size * FINE))
    pen = ImageDraw.Draw(icon)
    edge = size * FINE - 1
    pen.rounded_rectangle((0, 0, edge, edge), corners * scale, fill=PAPER)
    half = WIDTH * scale / 2
    for stroke in STROKES:
        points = [(x * scale, y * scale) for x, y in stroke]
        pen.line(points, fill=INK, width=round(2 * half))
        for x, y in points:
            pen.ellipse((x - half, y - half, x + half, y + half), fill=INK)
    return icon.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    sizes = (16, 32, 48)
    icons = [draw(size, corners=8) for size in sizes]
    icons[-1].save(STATIC / "favicon.ico", sizes=[(n, n) for n in sizes], append_images=icons[:-1])
    # Telephones cut the corners themselves, and some paint what is transparent black.
    touch = draw(180, corners=0).convert("RGB").quantize(16)
    touch.save(STATIC / "apple-touch-icon.png", optimize=True)
    draw(512, corners=0).convert("RGB").quantize(16).save(STATIC / "icon-512.png", optimize=True)


if __name__ == "__main__":
    main()
