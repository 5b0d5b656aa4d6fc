"""The hostile provider as the one that the tests' own process is set up for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from gallery.jobs import remote, save, submit
from gallery.jobs.poll import poll
from gallery.models import Image, Task, TaskStatus, User
from tests.chaos.hostile import HostileProvider
from tests.conftest import KEY, Submit
from tests.invariants import check_files, check_money

S = TaskStatus


@pytest.fixture(scope="session")
def hostile_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileProvider]:
    with HostileProvider(tmp_path_factory.mktemp("hostile"), KEY) as provider:
        yield provider


class Scene:
    """One installation's jobs, run by hand, against the hostile provider; and what must hold.

    The provider's book is the truth. Each prompt is one task's.
    """

    def __init__(
        self, provider: HostileProvider, data_dir: Path, log: pytest.LogCaptureFixture
    ) -> None:
        self.provider = provider
        self.data_dir = data_dir
        self.log = log
        self.before = len(provider.alarms())

    def send(self, task: Task) -> Task:
        """The real send, as the sender pump would do it now."""
        self._make_due(task)
        client = remote.client()
        try:
            submit.send(task.pk, client)
        finally:
            client.close()
        return self.fresh(task)

    def ask(self, task: Task) -> Task:
        """The real poll."""
        self._make_due(task)
        client = remote.client()
        try:
            poll(task.pk, client)
        finally:
            client.close()
        return self.fresh(task)

    def fetch(self, task: Task) -> Task:
        """The real save."""
        self._make_due(task)
        save.save(task.pk)
        return self.fresh(task)

    def finish(self, task: Task) -> Task:
        """All is well again: whatever has an id comes to its picture."""
        self.provider.no_rules()
        if task.status == S.RENDERING:
            task = self.ask(task)
        if task.status == S.SAVING:
            task = self.fetch(task)
        assert task.status == S.DONE, (task.status, task.reason, task.detail)
        image = Image.objects.get(task=task)
        assert image.sha256 in self.provider.served()[task.remote_id or ""]
        return task

    def charged(self, task: Task) -> int:
        """How often the provider has charged for this task, by its book."""
        return len(self.provider.charges(task.batch.prompt.text))

    def attempts(self, task: Task) -> int:
        """How often its create has arrived at the provider."""
        return len(self.provider.creates(task.batch.prompt.text))

    def check(self) -> None:
        """What must hold at any moment, whatever happened."""
        check_money()
        check_files(self.data_dir)
        for task in Task.objects.all():
            self._check_truth(task)
        assert not any((self.data_dir / "incoming").glob("*")), "a temporary file was left"
        assert self.provider.alarms()[self.before :] == []
        assert KEY not in self.log.text
        assert not list(_tables_with(KEY)), "the key is in a row"

    def _check_truth(self, task: Task) -> None:
        charges = self.provider.charges(task.batch.prompt.text)
        assert len(charges) <= 1, "charged twice"
        if charges and not charges[0].failed:
            assert task.status not in (S.QUEUED, S.FAILED, S.CANCELED), "charged, and forgotten"
        if task.remote_id:
            assert [charge.id for charge in charges] == [task.remote_id]

    def _make_due(self, task: Task) -> None:
        Task.objects.filter(pk=task.pk).update(due_at=timezone.now())

    @staticmethod
    def fresh(task: Task) -> Task:
        return Task.objects.get(pk=task.pk)


def _tables_with(text: str) -> Iterator[str]:
    for model in apps.get_app_config("gallery").get_models():
        for row in model._default_manager.values():
            if text in str(row):
                yield model.__name__


@pytest.fixture
def scene(
    hostile_process: HostileProvider,
    settings: Any,
    data_dir: Path,
    caplog: pytest.LogCaptureFixture,
) -> Scene:
    hostile_process.no_rules()
    settings.IS_DEMO = False
    settings.PROVIDER = settings.PROVIDER_URL = hostile_process.url
    settings.PROVIDER_KEY = KEY
    settings.RESULT_HOSTS = [hostile_process.host]
    # Each is told apart by its prompt; that two unknowns stop spending is tested elsewhere.
    settings.BREAKER_TIMES = 1000
    caplog.set_level(logging.DEBUG)
    return Scene(hostile_process, data_dir, caplog)


@pytest.fixture
def own_task(scene: Scene, submit: Submit, alice: User, request: pytest.FixtureRequest) -> Task:
    """A queued task whose prompt is its own in the whole run."""
    return submit(alice, f"prompt of {request.node.nodeid}").tasks.get()
