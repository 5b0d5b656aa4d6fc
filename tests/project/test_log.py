"""Log lines: one an event, in key=value, and no secret in any of them."""

from __future__ import annotations

import logging
from io import StringIO
from typing import Any

import pytest
import structlog

from project.log import LONGEST, Line

KEY = "another kind of key"
AWKWARD_KEY = 'it\'s "a\\b" kéy'

log: structlog.stdlib.BoundLogger = structlog.get_logger("gallery.tests")


@pytest.fixture
def real(settings: Any) -> None:
    settings.IS_DEMO = False
    settings.PROVIDER_KEY = KEY


def line(message: str, *arguments: object, error: BaseException | None = None) -> str:
    """A library's event, without the time in front."""
    trace = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("library", logging.ERROR, __file__, 1, message, arguments, trace)
    return Line().format(record).split(" ", 1)[1]


def raised(message: str) -> BaseException:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int(message)
    return caught.value


def test_when_how_grave_from_where_and_what(written: StringIO) -> None:
    log.info("kept", task=7, seconds=1.5, nothing=None, empty="")
    time, rest = written.getvalue().split(" ", 1)
    assert time.startswith("time=20")
    assert time.endswith("Z")
    assert rest == "level=info logger=gallery.tests event=kept task=7 seconds=1.5\n"


def test_an_event_is_one_line() -> None:
    told = line("first\nsecond %s", "third\r\nfourth")
    assert told == r'level=error logger=library event="first\nsecond third\r\nfourth"'


@pytest.mark.parametrize(
    "typed",
    [
        "a cat\ntime=2026-01-01T00:00:00Z level=error event=forged",
        "a cat\r2026 ERROR forged",
        "a cat\u2028forged\u2029forged\x85forged\x0b\x0cforged",
        '" event=forged task="9',
        "\x1b[2K\x1b[1Aforged\x00\u202e",
    ],
)
def test_what_is_typed_can_forge_neither_a_line_nor_a_field(written: StringIO, typed: str) -> None:
    log.info("typed", text=typed)
    log.info(typed)
    logging.getLogger("library").error("typed %s", typed)
    found = written.getvalue()
    assert len(found.splitlines()) == 3
    assert found.replace("\n", "").isprintable()
    for told in found.splitlines():
        # What is left when quoted values are taken out are the fields.
        outside = "".join(told.replace(r"\"", "").split('"')[::2])
        assert "forged" not in outside


def test_a_name_can_forge_no_field(written: StringIO) -> None:
    log.info("odd", **{"a b\nevent=forged": 1})
    assert "a_b_event_forged=1" in written.getvalue()


def test_a_traceback_is_on_the_same_line() -> None:
    told = line("it failed", error=raised("no such thing"))
    assert "ValueError: invalid literal" in told
    assert "\n" not in told


@pytest.mark.parametrize("key", [KEY, AWKWARD_KEY])
def test_no_key_wherever_it_hides(written: StringIO, settings: Any, key: str) -> None:
    settings.IS_DEMO = False
    settings.PROVIDER_KEY = key
    log.info(f"in the event {key}", text=key, pieces=[key, {"deep": key}], raw=key.encode())
    log.info("in the name of a field", **{key: 1})
    log.warning("in arguments %s", key)
    try:
        int(f"{key} shds-two")
    except ValueError:
        log.exception("in a traceback")
        logging.getLogger("library").exception("in a library's: %r", {"Authorization": key})
    found = written.getvalue()
    assert len(found.splitlines()) == 5
    assert "[key]" in found
    for form in (key, repr(key)[1:-1], repr([key])[2:-2], "shds-two"):
        assert form not in found, found


def test_no_key_in_message_argument_or_traceback(real: None) -> None:
    told = line(f"{KEY} shds-one", error=raised(f"{KEY} and shds-two"))
    assert KEY not in told
    assert "shds-" not in told


def test_the_word_demo_is_no_secret(settings: Any) -> None:
    settings.IS_DEMO = True
    settings.PROVIDER_KEY = "demo"
    assert line("demo mode") == 'level=error logger=library event="demo mode"'


def test_the_secret_key_is_one(settings: Any) -> None:
    assert settings.SECRET_KEY not in line(f"signed with {settings.SECRET_KEY}")


def test_a_value_has_an_end(written: StringIO) -> None:
    log.info("long", text="x" * (LONGEST + 1))
    assert len(written.getvalue()) < LONGEST + 200
