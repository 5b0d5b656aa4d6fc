"""How events are written: one line each, and never a key."""

import logging
import re

from django.conf import settings

KEY_SHAPE = re.compile(r"shds-\S+")
REDACTED = "[key]"


class OneLine(logging.Formatter):
    """One line an event, its traceback included, with the provider's keys left out."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record)).replace("\r", " ").replace("\n", " | ")


def redact(text: str) -> str:
    """The text without the configured key, and without whatever looks like one."""
    if not settings.IS_DEMO:
        text = text.replace(settings.PROVIDER_KEY, REDACTED)
    return KEY_SHAPE.sub(REDACTED, text)
