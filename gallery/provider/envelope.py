"""Reading the API's JSON. Nothing in it is trusted, and nothing in it makes this code raise."""

import json
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from gallery.provider.answers import Echo
from gallery.provider.redaction import Redactor

REMOTE_ID = re.compile(r"[A-Za-z0-9_-]{8,128}")
_NAMED_ID = re.compile(rf'"id"\s*:\s*"({REMOTE_ID.pattern})"')
_LARGEST_CODE = 2**31 - 1
_LARGEST_ROUBLES = Decimal(1_000_000_000)
_LARGEST_COST_KOPECKS = 100_000_000
_LONGEST_URL = 4_000
_LONGEST_WORD = 40
_LATEST_SECOND = 2**32
"""Of the year 2106: no later one is a time, and some that are cannot be shown in every zone."""
_MOST_ISSUES = 5
# Printable ASCII without space, quotes, angle brackets and backslash, or any non-ASCII letter.
_URL = re.compile(r"https?://[^\x00-\x20\x7f-\xa0\"<>\\\ud800-\udfff]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An object with an integer ``code``, or with an ``error``: the API itself has spoken."""

    fields: dict[str, Any]
    code: int | None


def read_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object that ``body`` is, or None.

    Broken UTF-8 is read as far as it goes: an id is worth more than the text beside it. A name
    given twice with different values makes the whole ambiguous, so it is no answer.
    """
    try:
        value = json.loads(
            body.decode("utf-8-sig", "replace"),
            strict=False,
            parse_float=_decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_unambiguous,
        )
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_envelope(fields: dict[str, Any] | None) -> Envelope | None:
    """The envelope that ``fields`` are, or None when a proxy might have written them."""
    if fields is None:
        return None
    code = fields.get("code")
    if isinstance(code, int) and not isinstance(code, bool):
        return Envelope(fields, code)
    error = fields.get("error")
    if isinstance(error, str | dict) and error:
        return Envelope(fields, None)
    return None


def code_reason(code: int) -> str:
    """``code-<n>``, short enough to be stored."""
    return f"code-{code}" if abs(code) <= _LARGEST_CODE else "code-absurd"


def storable_code(code: int | None) -> int | None:
    """A failure's code: not zero, and small enough for a database."""
    return code if code and abs(code) <= _LARGEST_CODE else None


def message(fields: dict[str, Any], redact: Redactor) -> str:
    """``message``, else ``error`` or its ``message``; then what is wrong in which field."""
    error = fields.get("error")
    inner = error.get("message") if isinstance(error, dict) else error
    texts = [redact.text(fields.get("message")) or redact.text(inner)]
    issues = fields.get("issues")
    if isinstance(issues, list):
        texts += [_issue(issue, redact) for issue in issues[:_MOST_ISSUES]]
    return redact.text("; ".join(text for text in texts if text))


def _issue(issue: object, redact: Redactor) -> str:
    if not isinstance(issue, dict):
        return ""
    path = issue.get("path")
    steps = path if isinstance(path, list) else [path]
    where = ".".join(str(step) for step in steps[:8] if isinstance(step, str | int))
    return ": ".join(
        text for text in (redact.text(where), redact.text(issue.get("message"))) if text
    )


def remote_id(fields: dict[str, Any], redact: Redactor) -> str | None:
    """The task's id: 8 to 128 letters, digits, ``-``, ``_``, and not our key; else None."""
    value = fields.get("id")
    if not isinstance(value, str) or not REMOTE_ID.fullmatch(value):
        return None
    return None if redact.holds_key(value) else value


def id_in(fragment: str) -> str:
    """The id that the text of an answer names, be it only its beginning; empty when there is none.

    For a person to look at: what an answer says that cannot be read as a whole proves nothing.
    """
    found = _NAMED_ID.search(fragment)
    return found[1] if found else ""


def status_word(fields: dict[str, Any]) -> str:
    """The status in small letters, or an empty text when there is none."""
    value = fields.get("status")
    return value.strip().lower()[:_LONGEST_WORD] if isinstance(value, str) else ""


def link(fields: dict[str, Any], redact: Redactor) -> str | None:
    """The result's http(s) link, or None. A link that bears our key would give it away."""
    value = fields.get("url")
    if not isinstance(value, str) or len(value) > _LONGEST_URL or not _URL.fullmatch(value):
        return None
    return None if redact.holds_key(value) else value


def echo(fields: dict[str, Any], redact: Redactor) -> Echo:
    """The prompt and the time of the create, as far as the answer repeats them."""
    prompt, created_at = fields.get("prompt"), fields.get("created_at")
    return Echo(
        prompt if isinstance(prompt, str) else None, redact.text(prompt), _second(created_at)
    )


def _second(value: object) -> float | None:
    """A time in seconds since 1970; None when it is none, or too far away to be a date."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    return float(value) if 0 < value < _LATEST_SECOND else None


def cost_kopecks(fields: dict[str, Any]) -> int | None:
    """The ``cost``, given in roubles; None when it is missing, negative or absurd."""
    kopecks = to_kopecks(fields.get("cost"))
    return kopecks if kopecks is not None and 0 <= kopecks <= _LARGEST_COST_KOPECKS else None


def to_kopecks(roubles: object) -> int | None:
    """A JSON number of roubles as whole kopecks, half a kopeck rounded away from zero."""
    if isinstance(roubles, bool) or not isinstance(roubles, int | Decimal):
        return None
    if isinstance(roubles, Decimal) and not roubles.is_finite():
        return None
    if not -_LARGEST_ROUBLES <= roubles <= _LARGEST_ROUBLES:
        return None
    return int((Decimal(roubles) * 100).to_integral_value(ROUND_HALF_UP))


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of twenty digits
        return None


def _no_constant(text: str) -> object:
    raise ValueError("NaN and Infinity are not JSON")


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields and fields[name] != value:
            raise ValueError("a name was given twice")
        fields[name] = value
    return fields
