"""Pictures drawn from words: a prompt, a ratio and a seed always give the same one."""

import hashlib
import io
from random import Random

from PIL import Image

from gallery.demo.catalogue import SIZES
from gallery.demo.pictures.hints import choose
from gallery.demo.pictures.painter import Canvas
from gallery.demo.pictures.palettes import PALETTES

QUALITY = 90
EFFORT = 1  # of the encoder, of 0 to 6: more takes thrice the time for some per cent of size
DESCRIPTION_TAG, SOFTWARE_TAG = 0x010E, 0x0131  # of EXIF


def paint(prompt: str, ar: str, *, seed: str, scale: float = 1.0) -> Image.Image:
    """Draw the picture; what it shows depends on the prompt, how it turns out also on the seed."""
    family, palette = choose(prompt)
    width, height = SIZES[ar]
    size = max(16, round(width * scale)), max(16, round(height * scale))
    canvas = Canvas(size, PALETTES[palette], luck(prompt, ar, seed))
    family(canvas)
    canvas.grain()
    return canvas.image


def luck(*texts: str) -> Random:
    """Random numbers that are the same for the same texts, whatever characters they hold."""
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).digest()
    return Random(digest)  # noqa: S311 - for drawing


def to_webp(image: Image.Image, *, references: int = 0) -> bytes:
    """The picture as a file, which says in its metadata where it is from."""
    exif = Image.Exif()
    exif[SOFTWARE_TAG] = "Artel demo provider"
    exif[DESCRIPTION_TAG] = f"A drawing, not from GPTunnel; references given: {references}"
    target = io.BytesIO()
    image.save(target, "WEBP", quality=QUALITY, method=EFFORT, exif=exif)
    return target.getvalue()
