"""A search line taken apart: its pieces, each with its place, and put together again.

Pieces stand between spaces: `word`, `"a phrase"`, `field:value`, `field:"a value"`, each with a `-`
before it to mean the contrary. A quotation mark within quotation marks is written twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PIECE = re.compile(r"\S")
NAME = re.compile(r"([^\W\d_]+):")


@dataclass(frozen=True)
class Piece:
    start: int
    end: int
    negated: bool
    name: str
    """What stands before the colon, as it is written; empty for a text."""
    value: str
    """Without its quotation marks."""
    quoted: bool
    closed: bool
    """Its quotation marks, if it has any, are two."""


def pieces(line: str) -> list[Piece]:
    """Every line has some, whatever is wrong with them: nothing is refused here."""
    found = []
    place = 0
    while match := PIECE.search(line, place):
        found.append(_piece(line, match.start()))
        place = found[-1].end
    return found


def _piece(line: str, start: int) -> Piece:
    place = start
    # A dash by itself, or before a space, says no to nothing: it is a text.
    negated = line[place] == "-" and bool(line[place + 1 : place + 2].strip())
    place += negated
    match = NAME.match(line, place)
    name = match[1] if match else ""
    place = match.end() if match else place
    if line[place : place + 1] == '"':
        value, end, closed = _quoted(line, place)
        return Piece(start, end, negated, name, value, quoted=True, closed=closed)
    end = place
    while end < len(line) and not line[end].isspace():
        end += 1
    return Piece(start, end, negated, name, line[place:end], quoted=False, closed=True)


def _quoted(line: str, opening: int) -> tuple[str, int, bool]:
    """The text, where it ends, and whether it does so by a quotation mark."""
    end = opening + 1
    while end < len(line):
        if line[end] == '"':
            if line[end + 1 : end + 2] != '"':
                return line[opening + 1 : end].replace('""', '"'), end + 1, True
            end += 1
        end += 1
    return line[opening + 1 :].replace('""', '"'), len(line), False


def quote(value: str) -> str:
    """The value as one piece: within quotation marks when it would else be read otherwise."""
    plain = value and not any(c.isspace() for c in value) and value[0] not in '"-'
    return value if plain else quoted(value)


def quoted(value: str) -> str:
    return '"{}"'.format(value.replace('"', '""'))
