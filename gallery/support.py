"""A claim to the provider's support: a text that is ready to be sent, from what the rows know.

It names the task by every fact that support can look it up by. The key is in none of them, and of
the prompt there are its beginning and its hash.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from gallery.models import Event, TaskStatus, reasons
from gallery.provider.envelope import id_in
from gallery.templatetags.artel import rub

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gallery.models import Image, Task

PROVIDERS_LANGUAGE = "ru"
BEGINNING = 100
"""Characters of the prompt that leave the house."""
DETAIL = 300
"""Characters of the provider's own words."""

S = TaskStatus

DEMO_PATH = "/v1"

ADDRESSED = {
    "try-later": _("You were busy and asked to try later."),
    "dns": _("Your address could not be found."),
    "refused": _("Your server refused the connection."),
    "unreachable": _("Your server could not be reached."),
    "connect-timeout": _("Your server did not take the connection in time."),
    "tls": _("No secure connection to your server could be made."),
    "key-refused": _("You refuse our API key."),
    "content-refused": _("You refused the content of this prompt."),
    "request-refused": _("You refused this request."),
    "too-often-later": _("You were too busy eight times in a day."),
    "provider-failed": _("You could not make this picture."),
    "timeout": _("No answer came from you in time."),
    "cut-short": _("Your answer broke off in the middle."),
    "redirect": _("You answered with a redirect, which we do not follow."),
    "no-id": _("Your answer named no task."),
    "known-id": _("Your answer named a task that we know already."),
    "not-json": _("Your answer could not be read."),
    "provider-error": _("You reported an internal error."),
    "slow": _("It takes longer than usual."),
    "other-kind": _("You sent a file of another kind than a picture."),
    "not-a-picture": _("You sent something that is no picture."),
    "no-such-task": _("You no longer know this task."),
}
"""Reasons that speak of the provider, in words to it."""


def claim(task: Task, events: Sequence[Event]) -> str:
    """In the provider's language, and beneath in the reader's; empty for what was never sent."""
    may_have_left = task.sent_at is not None or doubt_of(events) is not None
    if not may_have_left or task.status == S.SENDING or task.reason == "never-left":
        return ""
    with override(PROVIDERS_LANGUAGE):
        theirs = _written(task, events)
    if (get_language() or "").startswith(PROVIDERS_LANGUAGE):
        return theirs
    return f"{theirs}\n\n---\n\n{_written(task, events)}"


def doubt_of(events: Sequence[Event]) -> Event | None:
    """The line with which a task came into doubt; the last, when there are more."""
    return next((event for event in reversed(events) if event.is_doubt), None)


def received_id(doubt: Event | None) -> str:
    """The id that an answer names which could not be used; empty when there is none, or when it is
    another task's."""
    if doubt is None or doubt.facts.get("reason") == "known-id":
        return ""
    return id_in(doubt.detail)


def _written(task: Task, events: Sequence[Event]) -> str:
    facts = [
        (gettext("Your task's id"), task.remote_id or _unsure_id(events)),
        (gettext("Call"), f"POST {_path(task)}/media/create"),
        (gettext("Model"), task.model.remote_id),
        (gettext("Ratio"), task.batch.prompt.ratio),
        (gettext("Sent"), _moment(task.sent_at)),
        (gettext("Accepted"), _moment(task.accepted_at)),
        *_what_came(task, events),
        (gettext("Price"), rub(task.price_kopecks)),
        *_prompt(task.batch.prompt.text),
    ]
    lines = [f"{name}: {value}" for name, value in facts if value]
    opening = gettext("Hello! We ask you to look at a request to your Media API.")
    return "\n".join([opening, "", *lines, "", _asked(task)])


def _unsure_id(events: Sequence[Event]) -> str:
    found = received_id(doubt_of(events))
    if not found:
        return gettext("no id was received")
    return gettext("%s, read from an answer that could not be used") % found


def _path(task: Task) -> str:
    """Where the API lies on the provider's host."""
    return urlsplit(task.provider).path if "://" in task.provider else DEMO_PATH


def to_them(code: str) -> str:
    """A reason in words that speak to the provider, who reads them, and not of it."""
    if not code:
        return ""
    if addressed := ADDRESSED.get(reasons.family(code)):
        return str(addressed)
    return str(reasons.SENTENCES.get(code) or gettext("No usable answer came from you."))


def _moment(when: datetime | None) -> str:
    """To the second, with the zone's name and its distance from UTC: no reader has to guess."""
    if when is None:
        return ""
    local = timezone.localtime(when)
    away = f"{local:%z}"
    zone = "UTC" if local.tzname() == "UTC" else f"{local:%Z} (UTC{away[:3]}:{away[3:]})"
    return f"{local:%Y-%m-%d %H:%M:%S} {zone}"


def _what_came(task: Task, events: Sequence[Event]) -> list[tuple[str, str]]:
    """How long was waited, and what there was of an answer."""
    doubt = doubt_of(events)
    if doubt is not None and not task.remote_id:
        return [
            (gettext("Waited for the answer"), _waited(doubt)),
            (gettext("What came"), _answer(doubt)),
            (gettext("The answer begins"), _one_line(doubt.detail, DETAIL)),
        ]
    image: Image | None = getattr(task, "image", None)
    facts = [
        (gettext("Ready"), _moment(task.ready_at)),
        (gettext("What came"), _one_line(task.detail, DETAIL) or to_them(task.reason)),
        (gettext("SHA-256 of the picture"), image.sha256 if image else ""),
    ]
    if not task.remote_id:
        return facts
    return [(gettext("Asked for its result"), str(task.polls)), *facts]


def _waited(doubt: Event) -> str:
    if doubt.waited is None:
        return ""
    if doubt.waited < 1:
        return gettext("less than a second")
    return gettext("%d s") % round(doubt.waited)


def _one_line(text: str, length: int) -> str:
    """Its beginning; whoever wrote it cannot make it look like a line of ours, or hide a part."""
    shown = (sign if sign.isprintable() else " " for sign in text[:length])
    return " ".join("".join(shown).split())


def _answer(doubt: Event) -> str:
    came = [f"HTTP {doubt.http_status}"] if doubt.http_status else []
    if doubt.received is not None:
        came.append(ngettext("%d byte", "%d bytes", doubt.received) % doubt.received)
    sentences = [f"{', '.join(came)}."] if came else []
    return " ".join([*sentences, to_them(str(doubt.facts.get("reason", "")))])


def _prompt(text: str) -> list[tuple[str, str]]:
    if not text:  # purged, and its hash with it
        return []
    hashed = hashlib.sha256(text.encode()).hexdigest()
    beginning = _one_line(text, BEGINNING)
    return [(gettext("The prompt begins"), beginning), (gettext("SHA-256 of the prompt"), hashed)]


def _asked(task: Task) -> str:
    """What support is asked for, by how it stands."""
    if task.reason == "not-charged" or task.status in {S.UNKNOWN, S.WRITTEN_OFF}:
        return gettext(
            "Please tell us whether you accepted this request and what was charged for it. If you "
            "did, please give us the task's id and the link to the picture, or return the money."
        )
    match task.status:
        case S.FAILED if not task.remote_id:
            return gettext(
                "Your service refused it. Please confirm that nothing was charged for it."
            )
        case S.FAILED:
            return gettext(
                "Your service accepted it and made no picture. Please confirm that nothing was "
                "charged for it, or return the money."
            )
        case S.DONE:
            return gettext("Please confirm what was charged for this task.")
        case _:
            return gettext(
                "We have not received the picture. Please give us a link to it that works, or "
                "return the money."
            )
