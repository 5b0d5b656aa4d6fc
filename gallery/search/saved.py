"""Saved searches that name a tag or a collection, when that gets another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from gallery.models import MAX_LINE, SavedSearch, fold, line_up

from .fields import NAMES
from .line import pieces, quote, quoted

if TYPE_CHECKING:
    from gallery.models import User

    from .fields import Field


@transaction.atomic
def follow(owner: User, field: Field, was: str, now: str) -> int:
    """Let this person's saved searches ask for the new name; how many did for the old one.

    One whose line would be too long keeps the old name.
    """
    line_up([owner.pk])
    changed = []
    for saved in SavedSearch.objects.of(owner):
        line = renamed(saved.line, field, was, now)
        if line != saved.line and len(line) <= MAX_LINE:
            saved.line = line
            changed.append(saved)
    return SavedSearch.objects.bulk_update(changed, ["line"]) if changed else 0


def renamed(line: str, field: Field, was: str, now: str) -> str:
    """The line with the other value; whatever else stands in it stays as it was typed."""
    for piece in reversed(pieces(line)):
        if NAMES.get(fold(piece.name)) is field and fold(piece.value) == fold(was):
            no = "-" if piece.negated else ""
            rest = line[piece.end :]
            # What follows at once would be taken for a part of it.
            value = quoted(now) if rest[:1].strip() else quote(now)
            line = f"{line[: piece.start]}{no}{piece.name}:{value}{rest}"
    return line
