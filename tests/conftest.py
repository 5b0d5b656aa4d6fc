"""People, prices and a provider for the tests. The provider is the demo server, steered."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone, translation

from gallery.models import Batch, ImageModel, Order, Studio, Task, User
from tests import queue
from tests.demo.server import DemoServer

LONGEST = (
    "browser/test_whole.py",
    "chaos/test_nemesis.py",
    "views/test_policy.py",
    "chaos/test_kills.py",
    "management/test_serve.py",
    "jobs/test_supervisor.py",
    "chaos/test_results.py",
    "chaos/test_downloads.py",
    "chaos/test_creates.py",
    "chaos/test_fence.py",
    "views/test_canary.py",
)
"""Files that take a minute or more, the longest first."""


def _place(item: pytest.Item) -> int:
    path = item.path.as_posix()
    places = (place for place, name in enumerate(LONGEST) if path.endswith(name))
    return next(places, len(LONGEST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, so that no process waits at the end for one of them alone.

    What is about SQLite alone is told apart where the database is another one.
    """
    items.sort(key=_place)
    if connection.vendor == "sqlite":
        return
    for item in items:
        if item.get_closest_marker("sqlite_only"):
            item.add_marker(pytest.mark.skip(reason="is about SQLite alone"))


first_rows_migration = import_module("gallery.migrations.0002_first_rows")


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """Every test has an installation's folder of its own."""
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    folder: Path = settings.DATA_DIR
    return folder


@pytest.fixture(autouse=True)
def own_language() -> None:
    """A request leaves its language and its time zone behind in the thread: not for the next."""
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """What one test measured or woke is nothing to the next, nor left behind."""
    queue.forget()
    yield
    queue.forget()


@pytest.fixture(autouse=True)
def first_rows(request: pytest.FixtureRequest) -> None:
    """The models that the first migration adds, also after a test whose end empties all tables."""
    for kind in ("transactional_db", "db"):
        if kind in request.fixturenames:
            request.getfixturevalue(kind)
            break
    else:
        if request.node.get_closest_marker("django_db") is None:
            return
    if not ImageModel.objects.exists():
        first_rows_migration.add(apps, None)


@pytest.fixture
def alice(db: None) -> User:
    # Here already: else her first request would write that down, and the next ones not.
    return User.objects.create_user("alice", password="wonderland-1865", seen_at=timezone.now())


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password="builder-1998", seen_at=timezone.now())


@pytest.fixture
def admin(db: None) -> User:
    now = timezone.now()
    return User.objects.create_superuser("carol", password="keeper-of-keys-7", seen_at=now)


@pytest.fixture
def image_model(db: None) -> ImageModel:
    """gpt-image-1-low at 4 roubles, switched on by the first migration."""
    return ImageModel.objects.get(remote_id="gpt-image-1-low")


@pytest.fixture
def no_undo(db: None) -> None:
    """Sends leave at once."""
    Studio.objects.current()
    Studio.objects.filter(pk=1).update(undo_send_seconds=0)


class Submit(Protocol):
    """Accept a batch for somebody; everything has a default."""

    def __call__(self, owner: User, text: str = ..., count: int = ..., **order: Any) -> Batch: ...


@pytest.fixture
def submit(no_undo: None, image_model: ImageModel) -> Submit:
    def _submit(
        owner: User, text: str = "a cat on a red roof", count: int = 1, **order: Any
    ) -> Batch:
        model = order.pop("model", image_model)
        return Batch.objects.submit(
            owner,
            Order(
                token=order.pop("token", None) or uuid.uuid4(),
                count=count,
                price_kopecks=order.pop("price_kopecks", model.price_kopecks),
                model=model,
                text=text,
                ratio=order.pop("ratio", "1:1"),
                **order,
            ),
        )

    return _submit


@pytest.fixture
def task(alice: User, submit: Submit) -> Task:
    """A queued task of alice's, due now."""
    return submit(alice).tasks.get()


@pytest.fixture(scope="session")
def provider_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    with DemoServer(tmp_path_factory.mktemp("provider")).start(key=KEY) as server:
        yield server


KEY = "shds-TestKeyThatMustNeverBeSeenAnywhere"


@pytest.fixture
def provider(provider_process: DemoServer, settings: Any) -> DemoServer:
    """A provider as real as any: an API URL, a key, and a host that results may come from."""
    provider_process.no_faults()
    # Nothing is ready until a test says so: provider.ready().
    provider_process.settings(seconds=[60, 60], balance=1_000_000, latency=0, scale=0.25)
    settings.IS_DEMO = False
    settings.PROVIDER = settings.PROVIDER_URL = provider_process.url
    settings.PROVIDER_KEY = KEY
    settings.RESULT_HOSTS = [provider_process.host]
    return provider_process
