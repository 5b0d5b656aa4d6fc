"""Reasons are shown as sentences, never raw."""

from __future__ import annotations

import pytest

from gallery.models import Event, Task
from gallery.models.reasons import SENTENCES, sentence


@pytest.mark.parametrize("code", [*SENTENCES, "http-429", "code-1", "http-418", "never-heard"])
def test_every_code_has_words(code: str) -> None:
    words = sentence(code)
    assert words.endswith(".")
    assert words[0].isupper(), "a sentence, not a code"


@pytest.mark.parametrize("code", ["code-6", "http-425", "http-429", "http-503"])
def test_what_may_be_unknown_does_not_promise_that_nothing_was_paid(code: str) -> None:
    assert "paid" not in sentence(code)


def test_no_code_no_words() -> None:
    assert sentence("") == ""


def test_an_event_tells_its_reason(task: Task) -> None:
    event = Event.objects.record(task.pk, "unknown", reason="timeout", detail="<b>")
    assert (event.words, event.detail) == ("Sent, with no usable answer", "<b>")
    assert event.reason_sentence == "The provider did not answer in time."
    assert str(event) == f"Sent, with no usable answer · {task.pk}"
