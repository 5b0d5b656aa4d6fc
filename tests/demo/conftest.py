"""A demo provider for the tests of one module, and some short words to ask it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.server import DemoServer


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """A server whose tasks are ready at once."""
    with DemoServer(tmp_path_factory.mktemp("demo")).start(seconds=(0, 0)) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for a server of the test's own."""
    return tmp_path / "demo"
