"""How the panel draws its figures and names its cells."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import template
from django.template.defaultfilters import yesno
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models import drawn

from .artel import rub

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.contrib.admin.models import LogEntry

    from gallery.models import Account
    from gallery.models.account import Point
    from gallery.models.report import Line, Month

register = template.Library()

WIDE, HIGH, DAY = 1000, 200, 8
"""The charts' own units: whole numbers, which every language writes alike."""


@register.filter
def age(since: datetime | None) -> str:
    """How long ago, in its largest unit."""
    return timesince(since, depth=1) if since else ""


@register.filter
def to(low: int, high: int) -> str:
    """Two amounts as a range of money, or as one when they are the same."""
    return rub(low) if low == high else f"{rub(low)} – {rub(high)}"


@register.filter
def share(amount: int, lines: Sequence[Line]) -> int:
    """How much of the longest line this one is, in thousandths."""
    most = max((line.amount for line in lines), default=0)
    return round(WIDE * max(0, amount) / most) if most > 0 else 0


@register.simple_tag
def day_bars(month: Month) -> SafeString:
    """A bar for each day of the month so far."""
    most = max([1, *month.days])
    bars = (
        (day * (DAY + 2), HIGH - height, DAY, height)
        for day, kopecks in enumerate(month.days)
        if (height := round(HIGH * max(0, kopecks) / most))
    )
    rect = '<rect x="{}" y="{}" width="{}" height="{}"/>'
    return format_html_join("", rect, bars)


@register.simple_tag
def sum_path(month: Month) -> SafeString:
    """What was spent up to each day's end, as a stair, to the scale of the purse."""
    top = _top(month)
    steps = [f"M0 {HIGH}"]
    for day, kopecks in enumerate(month.sums):
        steps.append(f"V{HIGH - round(HIGH * max(0, kopecks) / top)}H{(day + 1) * (DAY + 2)}")
    return format_html('<path d="{}V{}Z"/>', "".join(steps), HIGH)


@register.simple_tag
def purse_line(month: Month) -> SafeString:
    """The purse, across the whole month."""
    if month.purse is None:
        return SafeString()
    height = HIGH - round(HIGH * month.purse / _top(month))
    across = month.length * (DAY + 2)
    return format_html('<line x1="0" x2="{}" y1="{}" y2="{}"/>', across, height, height)


@register.simple_tag
def days_box(month: Month) -> str:
    """The charts' view box: every day of the month has its place."""
    return f"0 -4 {month.length * (DAY + 2)} {HIGH + 4}"


@register.simple_tag
def account_paths(account: Account) -> SafeString:
    """The balance as a stair, our ledger as another, and a line where the two part."""
    points = drawn(account.points)
    if not points:
        return SafeString()
    scale = _Scale(account.points)
    marks = format_html_join(
        "",
        '<path class="flag" d="M{} 0V{}"/>',
        ((scale.across(one.at), HIGH) for one in account.points if one.unexplained),
    )
    return format_html(
        '<path class="balance" d="{}V{}H0Z"/><path class="ledger" d="{}"/>{}',
        scale.stair((one.at, one.balance) for one in points),
        HIGH,
        scale.stair((one.at, one.ledger) for one in points),
        marks,
    )


@register.simple_tag
def account_edges(account: Account) -> tuple[int, int]:
    """The least and the most kopecks that the chart shows."""
    scale = _Scale(account.points)
    return scale.low, scale.high


class _Scale:
    """From the first point's time to the last's, from the least amount to the most."""

    def __init__(self, points: Sequence[Point]) -> None:
        amounts = [amount for one in points for amount in (one.balance, one.ledger)] or [0]
        self.low, self.high = min(amounts), max(amounts)
        self.since = points[0].at.timestamp() if points else 0.0
        self.span = (points[-1].at.timestamp() - self.since if points else 0.0) or 1.0

    def across(self, at: datetime) -> int:
        return round(WIDE * (at.timestamp() - self.since) / self.span)

    def up(self, kopecks: int) -> int:
        # What never moved is drawn across the middle.
        span = self.high - self.low
        return HIGH - round(HIGH * (kopecks - self.low) / span) if span else HIGH // 2

    def stair(self, points: Iterable[tuple[datetime, int]]) -> str:
        """Flat until the next reading, for nobody knows when in between it moved."""
        steps = [f"H{self.across(at)}V{self.up(kopecks)}" for at, kopecks in points]
        return f"M0 {steps[0].partition('V')[2]}{''.join(steps)}H{WIDE}"


def _top(month: Month) -> int:
    return max(1, month.purse or 0, *month.sums)


DEEDS: dict[str, str | Promise] = {
    "explain": _("Explained a difference by hand"),
    "cancel": _("Canceled it"),
    "ask-now": _("Had the provider asked at once"),
    "ask-again": _("Had the provider asked again"),
    "compare": _("Had the balance compared"),
    "identify": _("Gave the provider's task id"),
    "confirm-id": _("Confirmed the provider's task id"),
    "withdraw-id": _("Withdrew the provider's task id"),
    "not-charged": _("Recorded it as not charged"),
    "write-off": _("Gave it up"),
    "rescue": _("Uploaded its file"),
    "link": _("Made a one-time link"),
    "end-sessions": _("Ended all sessions"),
    "deactivate": _("Deactivated the account"),
    "activate": _("Activated the account"),
    "lift-hold": _("Lifted the hold of sending"),
    "switch-on": _("Switched it on"),
    "switch-off": _("Switched it off"),
    "pause": _("Paused real spending"),
    "resume": _("Resumed real spending"),
}
"""What was done, by the code that the log keeps: shown in the language of whoever reads it."""


@register.filter
def deed_words(entry: LogEntry) -> str:
    """A line of the administrators' log in words."""
    try:
        told = json.loads(entry.change_message)[0]
        if "changed" in told:
            return _changes(told["changed"])
        words = str(DEEDS[told["deed"]])
    except (ValueError, LookupError, TypeError):
        return str(entry.get_change_message())
    return f"{words}: {told['note']}" if told.get("note") else words


def _changes(changed: dict[str, list[Any]]) -> str:
    """Each field with what it was and what it became: `Monthly limit: 500 → 600`."""
    pairs = zip(changed["fields"], changed["values"], strict=True)
    return "; ".join(
        f"{gettext(name)}: {_value(before)} → {_value(after)}" for name, (before, after) in pairs
    )


def _value(value: bool | str) -> str:
    return str(yesno(value)) if isinstance(value, bool) else value or "–"


@register.filter
def chosen(choices: Sequence[dict[str, Any]]) -> str:
    """What a filter is set to; empty while it lets everything through."""
    if not choices or choices[0]["selected"]:
        return ""
    return next((str(one["display"]) for one in choices if one["selected"]), "")


@register.filter
def labelled(results: Iterable[Iterable[str]], headers: Sequence[dict[str, Any]]) -> Iterator[Any]:
    """The cells of a list, each with its column's name: on a phone there is no head to look at."""
    words = [capfirst(header["text"]) for header in headers]
    for row in results:
        yield [_label(cell, text) for cell, text in zip(row, words, strict=False)]


def _label(cell: str, text: str) -> SafeString:
    # Escaped already: a cell begins with its own tag, <td or <th, made by Django.
    label = format_html(' data-label="{}"', "" if text.startswith("<") else text)
    return mark_safe(f"{cell[:3]}{label}{cell[3:]}")  # noqa: S308
