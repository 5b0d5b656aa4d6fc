"""The log is told of what is committed, and undoes nothing of it."""

from __future__ import annotations

import logging

import pytest
import structlog
from django.db import transaction

from gallery.models import Studio
from gallery.models.on_commit import log_on_commit

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Unsayable:
    """What no line of the log can be made of."""

    def __repr__(self) -> str:
        raise OSError("no words")

    __str__ = __repr__


@pytest.mark.django_db(transaction=True)
def test_a_log_that_fails_is_no_failure_of_what_is_committed() -> None:
    with pytest.raises(OSError, match="no words"):
        log.warning("model-off", model=Unsayable())
    with transaction.atomic():
        studio = Studio.objects.current()
        log_on_commit(log, logging.WARNING, "model-off", model=Unsayable())
    assert Studio.objects.get() == studio


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def tell(word: str) -> None:
        log_on_commit(log, logging.WARNING, word)

    with transaction.atomic():
        tell("kept")
        with pytest.raises(LookupError), transaction.atomic():
            tell("undone")
            raise LookupError
    told = caplog.text
    assert "kept" in told
    assert "undone" not in told
