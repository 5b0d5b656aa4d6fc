"""Log lines: one an event, and no key in any of them."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from project.log import OneLine

KEY = "another kind of key"


@pytest.fixture
def real(settings: Any) -> None:
    settings.IS_DEMO = False
    settings.PROVIDER_KEY = KEY


def line(message: str, *arguments: object, error: BaseException | None = None) -> str:
    trace = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("artel", logging.ERROR, __file__, 1, message, arguments, trace)
    return OneLine("%(levelname)s %(message)s").format(record)


def raised(message: str) -> BaseException:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int(message)
    return caught.value


def test_an_event_is_one_line(real: None) -> None:
    assert line("first\nsecond %s", "third\r\nfourth") == "ERROR first | second third  | fourth"


def test_a_traceback_is_on_the_same_line(real: None) -> None:
    written = line("it failed", error=raised("no such thing"))
    assert "ValueError: invalid literal" in written
    assert "\n" not in written


def test_no_key_in_message_argument_or_traceback(real: None) -> None:
    written = line(f"{KEY} shds-one", error=raised(f"{KEY} and shds-two"))
    assert KEY not in written
    assert "shds-" not in written


def test_the_word_demo_is_no_secret(settings: Any) -> None:
    settings.IS_DEMO = True
    settings.PROVIDER_KEY = "demo"
    assert line("demo mode") == "ERROR demo mode"
