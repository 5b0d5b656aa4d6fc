"""Facts about a file, from its bytes alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Facts:
    """What a picture is. ``extension`` is without the dot, ``color`` the average as ``#rrggbb``."""

    format: Literal["webp", "png", "jpeg"]
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
    """Facts of the picture at ``path``; raises BadPicture."""
    raise NotImplementedError
