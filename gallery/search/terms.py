"""What the pieces of a line mean: terms, and flaws where they mean nothing."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from gallery.models import MOST_STARS, RATIOS, fold

from . import spans
from .fields import NAMES, Field
from .line import Piece, pieces, quote, quoted

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Term:
    """One thing that is asked for. Two are the same that mean the same, wherever they stand."""

    field: Field | None
    """None for a text."""
    value: str
    """As it is written in a line, without quotation marks: a text, a name, or a span."""
    negated: bool = False
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)

    def __str__(self) -> str:
        return self.written(self.field.value if self.field else "")

    @property
    def written_here(self) -> str:
        """With the name that its filter has in the page's language."""
        return self.written(self.field.name_here if self.field else "")

    def written(self, name: str) -> str:
        no = "-" if self.negated else ""
        if self.field is None:
            return f"{no}{self._text}"
        return f"{no}{name}" if self.field is Field.FAV else f"{no}{name}:{quote(self.value)}"

    @property
    def _text(self) -> str:
        """Within quotation marks where it is no text without."""
        alone = pieces(self.value)
        is_text = len(alone) == 1 and alone[0] == _bare(self.value)
        return self.value if is_text and fold(self.value) not in FAVOURITE else quoted(self.value)


@dataclass(frozen=True)
class Flaw:
    """What in the line is not clear: where it stands, and a sentence about it."""

    start: int
    end: int
    words: str


FAVOURITE = {name for name, known in NAMES.items() if known is Field.FAV}


def _bare(value: str) -> Piece:
    return Piece(0, len(value), False, "", value, quoted=False, closed=True)


def terms(line: str) -> tuple[list[Term], list[Flaw]]:
    """What is asked for, and what is not clear. A line with a flaw asks for nothing."""
    found, flaws = [], []
    for piece in pieces(line):
        read = _read(piece)
        if isinstance(read, Term):
            found.append(read)
        else:
            flaws.append(Flaw(piece.start, piece.end, read))
    return found, flaws


def _read(piece: Piece) -> Term | str:
    if not piece.closed:
        return _("A quotation mark opens here, and none closes it.")
    if not piece.name:
        return _text(piece)
    known = NAMES.get(fold(piece.name))
    if known is None:
        return _(
            "There is no filter “%(name)s:”. Put the words into quotation marks to search for them."
        ) % {"name": piece.name}
    if not piece.value.strip():
        return _("Nothing stands after “%(name)s:”.") % {"name": piece.name}
    value, complaint = READERS[known](piece.value)
    if value is None:
        return complaint
    return Term(known, value, piece.negated, piece.start, piece.end)


def _text(piece: Piece) -> Term | str:
    word = fold(piece.value)
    if word in FAVOURITE and not piece.quoted:
        return Term(Field.FAV, "", piece.negated, piece.start, piece.end)
    if not word:
        return _("Nothing stands between the quotation marks.")
    if "\0" in word:
        return _("A prompt has no such letter.")
    return Term(None, " ".join(piece.value.split()), piece.negated, piece.start, piece.end)


# Values: as they are written best, or why they are none

Read = tuple[str | None, str]


def _name(value: str) -> Read:
    return (
        (None, _("A name has no such letter.")) if "\0" in value else (" ".join(value.split()), "")
    )


def _ratio(value: str) -> Read:
    ratio = fold(value).replace("x", ":").replace("х", ":").replace("/", ":")
    complaint = _("There is no ratio “%(value)s”, only: %(known)s.") % {
        "value": value,
        "known": ", ".join(RATIOS),
    }
    return (ratio if ratio in RATIOS else None), complaint


def _rating(value: str) -> Read:
    span = spans.rating(fold(value))
    low, high = (span.low or 0, MOST_STARS if span.high is None else span.high) if span else (1, 0)
    if span is None or span.is_empty or low > MOST_STARS or high < 0:
        return None, _("A rating is 0 to 5 stars: write 4, >=4 or 3..5.")
    return spans.written(span, str), ""


def _cost(value: str) -> Read:
    span = spans.kopecks(fold(value))
    if span is None or span.is_empty or (span.high is not None and span.high < 0):
        return None, _("A price is in roubles: write 10, >10, <=4.50 or 4..10.")
    return spans.written(span, spans.roubles), ""


def _date(value: str) -> Read:
    try:
        span = spans.days(fold(value))
    except OverflowError:
        span = None
    ends = [day.year for day in (span.low, span.high) if day] if span else []
    if (
        span is None
        or span.is_empty
        or not all(spans.EARLIEST <= year <= spans.LATEST for year in ends)
    ):
        return None, _(
            "A date is a year, a month or a day: write 2026, 2026-11, 2026-11-24 or 2025..2026."
        )
    return spans.written_days(span), ""


def _favourite(value: str) -> Read:
    return None, _("This filter takes no value: write it without the colon.")


READERS: dict[Field, Callable[[str], Read]] = {
    Field.MODEL: _name,
    Field.RATIO: _ratio,
    Field.RATING: _rating,
    Field.FAV: _favourite,
    Field.TAG: _name,
    Field.IN: _name,
    Field.DATE: _date,
    Field.COST: _cost,
}


def written(terms: list[Term]) -> str:
    """The line of these terms."""
    return " ".join(map(str, terms))


def day_span(term: Term) -> spans.Span[date]:
    found = spans.days(term.value)
    assert found
    return found
