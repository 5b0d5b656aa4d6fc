"""Values that may be a range: ratings, roubles and days, each with both of its ends.

A bound is written `>=4`, `>4`, `<4`, `<=4` or `=4`, a range `3..5`, `3..` or `..5`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

BOUND = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)

T = TypeVar("T", int, date)


@dataclass(frozen=True)
class Span(Generic[T]):
    """From one to the other, both included; None: as far as there is."""

    low: T | None
    high: T | None

    @property
    def is_empty(self) -> bool:
        return self.low is not None and self.high is not None and self.low > self.high


Read = Callable[[str], Span[T] | None]
"""What one value covers: a number itself, a month all of its days. None when it is none."""


def read(
    text: str, one: Read[T], before: Callable[[T], T], after: Callable[[T], T]
) -> Span[T] | None:
    """The range that is written there; None when it is none."""
    if ".." in text:
        return _from_to(text, one)
    match = BOUND.fullmatch(text)
    found = one(match[2]) if match else None
    if match is None or found is None or found.low is None or found.high is None:
        return None
    spans = {
        ">=": Span(found.low, None),
        "<=": Span(None, found.high),
        ">": Span(after(found.high), None),
        "<": Span(None, before(found.low)),
    }
    return spans.get(match[1] or "=", found)


def _from_to(text: str, one: Read[T]) -> Span[T] | None:
    first, _, last = text.partition("..")
    low, high = (one(part) if part else Span[T](None, None) for part in (first, last))
    if low is None or high is None or not (first or last):
        return None
    return Span(low.low, high.high)


def common(spans: Sequence[Span[T]]) -> Span[T]:
    """What all of them cover."""
    lows = [span.low for span in spans if span.low is not None]
    highs = [span.high for span in spans if span.high is not None]
    return Span(max(lows, default=None), min(highs, default=None))


def written(span: Span[T], write: Callable[[T], str]) -> str:
    """As `read` understands it."""
    if span.low == span.high and span.low is not None:
        return write(span.low)
    if span.high is None and span.low is not None:
        return f">={write(span.low)}"
    if span.low is None and span.high is not None:
        return f"<={write(span.high)}"
    assert span.low is not None
    assert span.high is not None
    return f"{write(span.low)}..{write(span.high)}"


# Numbers

RATING = re.compile(r"[0-9]{1,4}")
ROUBLES = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?")


def rating(text: str) -> Span[int] | None:
    return read(text, _stars, lambda n: n - 1, lambda n: n + 1)


def _stars(text: str) -> Span[int] | None:
    return Span(int(text), int(text)) if RATING.fullmatch(text) else None


def kopecks(text: str) -> Span[int] | None:
    """Written in roubles: `10`, `10.5` or `10,50`."""
    return read(text, _kopecks, lambda n: n - 1, lambda n: n + 1)


def _kopecks(text: str) -> Span[int] | None:
    match = ROUBLES.fullmatch(text)
    if match is None:
        return None
    sum_ = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    return Span(sum_, sum_)


def roubles(sum_: int) -> str:
    """As `kopecks` reads it. Below nothing there is only `<=`, of what no picture costs."""
    whole, rest = divmod(max(sum_, 0), 100)
    return f"{whole}.{rest:02}" if rest else f"{whole}"


# Days

DAY = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
EARLIEST, LATEST = 2000, 2999
"""Years. Beyond, a day in one's own time zone may have no moment that Python can name."""
ONE_DAY = timedelta(days=1)


def days(text: str) -> Span[date] | None:
    """Of a year, a month or a day: `2026`, `2026-11`, `2026-11-24`."""
    return read(text, _days, lambda day: day - ONE_DAY, lambda day: day + ONE_DAY)


def _days(text: str) -> Span[date] | None:
    match = DAY.fullmatch(text)
    if match is None or not EARLIEST <= int(match[1]) <= LATEST:
        return None
    year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    try:
        first = date(year, month if match[2] else 1, day if match[3] else 1)
    except ValueError:
        return None
    if match[3]:
        return Span(first, first)
    last = date(year, month or 12, calendar.monthrange(year, month or 12)[1])
    return Span(first, last)


def written_days(span: Span[date]) -> str:
    """A year and a month by their own names, else by their days."""
    low, high = span.low, span.high
    if low is None or high is None or low == high:
        return written(span, date.isoformat)
    for name in (f"{low:%Y}", f"{low:%Y-%m}"):
        if _days(name) == span:
            return name
    return written(span, date.isoformat)
