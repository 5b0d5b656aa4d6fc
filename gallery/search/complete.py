"""What a line may go on with, where its writer is just now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from gallery.models import MOST_STARS, RATIOS, Collection, ImageModel, Tag, fold

from .fields import NAMES, Field
from .line import Piece, pieces
from .terms import Term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gallery.models import User

MOST = 8
"""Of a kind: more than these one types a letter for."""
ENOUGH = 2
"""Letters from which on a word brings up names too."""


@dataclass(frozen=True)
class Completion:
    word: str
    """What it puts into the line."""
    hint: str
    line: str
    """The whole line with it."""
    at: int
    """Where one writes on."""


def completions(line: str, at: int, user: User) -> list[Completion]:
    """For the piece that ends or is written at this place of the line; for none, every filter."""
    at = max(0, min(at, len(line)))
    piece = _piece(line, at)
    if piece is None:
        return [_completion(line, at, at, word, "") for word in _names("")]
    head = line[piece.start : at]
    asked = pieces(head)[0] if head.strip() else piece
    found = []
    for word, hint in _words(asked, user):
        negated = f"-{word}" if asked.negated else word
        if fold(negated) != fold(line[piece.start : piece.end]):
            found.append(_completion(line, piece.start, piece.end, negated, hint))
    return found


def _piece(line: str, at: int) -> Piece | None:
    return next((piece for piece in pieces(line) if piece.start < at <= piece.end), None)


def _completion(line: str, start: int, end: int, word: str, hint: str) -> Completion:
    """After a whole word comes a space; after a filter's name, its value."""
    rest = line[end:]
    if not word.endswith(":"):
        word, rest = f"{word} ", rest.lstrip()
    return Completion(word.strip(), hint, f"{line[:start]}{word}{rest}", start + len(word))


def _words(asked: Piece, user: User) -> Iterator[tuple[str, str]]:
    text = fold(asked.value)
    if asked.name:
        field = NAMES.get(fold(asked.name))
        if field in VALUES:
            yield from VALUES[field](text, user)
        return
    if asked.quoted or not text:
        return
    yield from ((name, "") for name in _names(text))
    if len(text) >= ENOUGH:
        for values in (_tags, _collections, _models):
            yield from values(text, user)


def _names(text: str) -> list[str]:
    """Filters whose name in either language begins so, as the page's language calls them."""
    fields = dict.fromkeys(
        field for name, field in NAMES.items() if not text or name.startswith(text)
    )
    return [field.name_here if field is Field.FAV else f"{field.name_here}:" for field in fields]


# Values


def _written(field: Field, value: str) -> str:
    return Term(field, value).written_here


def _models(text: str, user: User) -> list[tuple[str, str]]:
    rows = ImageModel.objects.order_by("-is_enabled", "position").values_list("remote_id", "label")
    found = [row for row in rows if any(text in fold(name) for name in row)]
    return [(_written(Field.MODEL, remote_id), label) for remote_id, label in found[:MOST]]


def _tags(text: str, user: User) -> list[tuple[str, str]]:
    found = Tag.objects.of(user).filter(key__contains=text)
    return [(_written(Field.TAG, name), "") for name in found.values_list("name", flat=True)[:MOST]]


def _collections(text: str, user: User) -> list[tuple[str, str]]:
    found = Collection.objects.of(user).filter(key__contains=text)
    return [(_written(Field.IN, name), "") for name in found.values_list("name", flat=True)[:MOST]]


def _fixed(
    field: Field, values: Callable[[], list[str]]
) -> Callable[[str, User], list[tuple[str, str]]]:
    def found(text: str, user: User) -> list[tuple[str, str]]:
        return [(_written(field, value), "") for value in values() if value.startswith(text)]

    return found


def _ratings() -> list[str]:
    stars = range(1, MOST_STARS + 1)
    return [*(f">={n}" for n in stars if n < MOST_STARS), *(str(n) for n in stars), "0"]


def _dates() -> list[str]:
    """Today, this month and the last ones, this year and the last."""
    today = timezone.localdate()
    months = [divmod(today.year * 12 + today.month - 1 - back, 12) for back in range(3)]
    return [
        *(f"{year}-{month + 1:02}" for year, month in months),
        f"{today.year}",
        f"{today.year - 1}",
        today.isoformat(),
    ]


VALUES: dict[Field | None, Callable[[str, User], list[tuple[str, str]]]] = {
    Field.MODEL: _models,
    Field.RATIO: _fixed(Field.RATIO, lambda: list(RATIOS)),
    Field.RATING: _fixed(Field.RATING, _ratings),
    Field.TAG: _tags,
    Field.IN: _collections,
    Field.DATE: _fixed(Field.DATE, _dates),
    Field.COST: _fixed(Field.COST, lambda: [">10", "<10", "5..20"]),
}
