"""Thumbnails: small webp copies, rebuildable from the originals."""

from pathlib import Path

SIZES = (384, 768)


def thumbnail_path(name: str, size: int) -> str:
    """Path, relative to the root, of the thumbnail whose longest edge is ``size``."""
    raise NotImplementedError


def make(original: Path, root: Path, name: str) -> None:
    """Write every thumbnail of ``original`` under ``root``; raises BadPicture."""
    raise NotImplementedError
