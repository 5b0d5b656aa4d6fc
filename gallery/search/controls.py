"""The filters as controls: what a line says in each, and the line that each change makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import spans
from .fields import Field
from .terms import Term, day_span, terms

if TYPE_CHECKING:
    from collections.abc import Mapping

Values = dict[str, str]

ALONE = {
    "model": Field.MODEL,
    "ratio": Field.RATIO,
    "rating": Field.RATING,
    "tag": Field.TAG,
    "collection": Field.IN,
}
"""Controls of one value."""
BETWEEN: dict[Field, tuple[str, ...]] = {
    Field.DATE: ("since", "until"),
    Field.COST: ("cost_from", "cost_to"),
}
NAMES = (*ALONE, "favourite", *(name for pair in BETWEEN.values() for name in pair))


def values(line: str) -> Values:
    """What each control shows of the line; nothing where the line says more than it can show."""
    found = dict.fromkeys(NAMES, "")
    known, _ = terms(line)
    for name, field in ALONE.items():
        if term := _only(known, field):
            found[name] = term.value
    if _only(known, Field.FAV):
        found["favourite"] = "on"
    if term := _only(known, Field.DATE):
        days = day_span(term)
        found["since"] = days.low.isoformat() if days.low else ""
        found["until"] = days.high.isoformat() if days.high else ""
    if term := _only(known, Field.COST):
        cost = spans.kopecks(term.value)
        assert cost
        found["cost_from"] = "" if cost.low is None else spans.roubles(cost.low)
        found["cost_to"] = "" if cost.high is None else spans.roubles(cost.high)
    return found


def _only(known: list[Term], field: Field) -> Term | None:
    wanted = [term for term in known if term.field is field and not term.negated]
    return wanted[0] if len(wanted) == 1 else None


def fold_in(line: str, was: str, chosen: Mapping[str, str]) -> str:
    """The line with what was changed in the controls, which showed the line that `was`.

    Everything else in it stays as it is typed, be it clear or not.
    """
    shown = values(was)
    for field in Field:
        names = [name for name, one in ALONE.items() if one is field] or BETWEEN.get(
            field, ("favourite",)
        )
        now = [" ".join(chosen.get(name, "").split()) for name in names]
        if now != [shown[name] for name in names]:
            line = _with(line, field, _value(field, now))
    return line


def _value(field: Field, now: list[str]) -> str | None:
    """As the line has it; None for no filter."""
    if not any(now):
        return None
    if field not in BETWEEN:
        return now[0]
    low, high = now
    if low == high:
        return low
    return f"{low}..{high}" if low and high else f">={low}" if low else f"<={high}"


def _with(line: str, field: Field, value: str | None) -> str:
    for term in reversed(terms(line)[0]):
        if term.field is field and not term.negated:
            line = f"{line[: term.start].rstrip()} {line[term.end :].lstrip()}"
    if value is not None:
        line = f"{line.rstrip()} {Term(field, value).written_here}"
    return line.strip()
