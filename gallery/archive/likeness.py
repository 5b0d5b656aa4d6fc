"""What a picture looks like: two difference hashes of 64 bits, from its smallest thumbnail."""

from pathlib import Path

import dhash
from PIL import Image

from gallery.archive.inspect import BadPicture
from gallery.archive.thumbnails import SIZES, make, thumbnail_path

SIDE = 8


def likeness(root: Path, name: str) -> tuple[int, int] | None:
    """Whether it grows brighter along each row, and down each column; None for what is no picture.

    From the thumbnail, which is made when it is missing: the same way for a picture of today and
    for one of last year. OSError when the disk refuses, or the original is not there.
    """
    path = root / thumbnail_path(name, min(SIZES))
    if not path.exists():
        try:
            make(root / name, root, name)
        except BadPicture:
            return None
    with Image.open(path) as image:
        across, down = dhash.dhash_row_col(_grays(image), SIDE)
    return across, down


def _grays(image: Image.Image) -> list[int]:
    """Nine by nine gray values, what is transparent on white."""
    picture = image.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    gray = Image.alpha_composite(white, picture).convert("L")
    return list(gray.resize((SIDE + 1, SIDE + 1), Image.Resampling.LANCZOS).tobytes())
