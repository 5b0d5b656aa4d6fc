"""What reaches the log, as it is written there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from project.log import Line


@pytest.fixture
def written() -> Iterator[StringIO]:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Line())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
