"""Which family and palette suit a prompt: words in Russian and English, else its hash."""

import re
from collections.abc import Callable
from hashlib import sha256

from gallery.demo.pictures.landscapes import dunes, forest, mountains, northern_lights, sea
from gallery.demo.pictures.painter import Canvas
from gallery.demo.pictures.palettes import PALETTES

Family = Callable[[Canvas], None]


def choose(prompt: str) -> tuple[Family, str]:
    """The family and the palette's name for a prompt."""
    number = int.from_bytes(sha256(prompt.encode("utf-8", "surrogatepass")).digest()[:8])
    families = (mountains, dunes, sea, forest, northern_lights)
    return families[number % 5], list(PALETTES)[number // 7 % len(PALETTES)]
