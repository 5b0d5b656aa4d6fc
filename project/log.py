"""How events are written: one line each, as key=value, and never a secret.

logfmt and not JSON lines: the log of `make run` is read in a terminal, and grep, journald and
every collector take it as it is. Values that hold spaces, quotes or controls are JSON strings, so
that nothing a person typed can begin a line of its own or pass for another key.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

KEY_SHAPE = re.compile(r"shds-[^\s\"'\\]+")
REDACTED = "[key]"
LONGEST = 16_000
"""Characters of one value; a deep traceback takes half of that."""

PLAIN = re.compile(r"[^\s\"=\\]+")


def configure() -> None:
    """Let structlog's loggers write through the standard library's, and so through `Line`."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class Line(structlog.stdlib.ProcessorFormatter):
    """One line an event, its traceback included, whether it comes from us or from a library."""

    def __init__(self) -> None:
        processors: list[Processor] = [
            _name_context,
            structlog.processors.format_exc_info,
            _frame,
            _render,
        ]
        super().__init__(processors=processors)

    def format(self, record: logging.LogRecord) -> str:
        # Django names the path of a request that failed, and a path may be a one-time link.
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            record = logging.makeLogRecord(record.__dict__)
            assert isinstance(record.args, tuple)
            record.args = tuple(
                place(request) if argument == request.path else argument for argument in record.args
            )
        return super().format(record)


def place(request: HttpRequest) -> str:
    """Where a request went: the name of its URL. Never its path, and never its query string."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or match.route
    return "static" if request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/") else "nowhere"


def redact(text: str) -> str:
    """The text without our secrets, however they are quoted, or whatever looks like a key."""
    secrets = [settings.SECRET_KEY]
    if not settings.IS_DEMO:
        secrets.append(settings.PROVIDER_KEY)
    for secret in secrets:
        for form in (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")):
            text = text.replace(form, REDACTED)
    return KEY_SHAPE.sub(REDACTED, text)


def _name_context(logger: Any, method: str, event: EventDict) -> EventDict:
    """The request or the job that this belongs to, and the user once somebody asked for them."""
    context = structlog.contextvars.get_contextvars()
    request = context.pop("_http", None)
    user = getattr(request, "user", None)
    if type(user) is SimpleLazyObject:
        # Looking at it would ask session and database, which may be what the line is about.
        user = getattr(request, "_cached_user", None)
    return {**context, "user": getattr(user, "pk", None), **event}


def _frame(logger: Any, method: str, event: EventDict) -> EventDict:
    """What stands first in every line: when, how grave, from where, what."""
    record: logging.LogRecord = event.pop("_record")
    event.pop("_from_structlog", None)
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return {
        "time": moment.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": event.pop("event", ""),
        **event,
    }


def _render(logger: Any, method: str, event: EventDict) -> str:
    """The last processor: every value is text by now, and is written without secrets."""
    words = (
        f"{_bare(key)}={_quoted(redact(str(value)))}"
        for key, value in event.items()
        if value is not None and (value != "" or key == "event")
    )
    return redact(" ".join(words))


def _bare(key: object) -> str:
    return re.sub(r"[^\w.-]", "_", redact(str(key))) or "_"


def _quoted(text: str) -> str:
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    if text.isprintable():
        return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
    # json.dumps escapes ASCII's controls alone: not the other line ends, nor what turns text round.
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1]
        for character in json.dumps(text, ensure_ascii=False)
    )
