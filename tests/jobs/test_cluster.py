"""Waking jobs, their schedules, the heartbeat, and the rows of the queue."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import pydoc
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Task
from django_q.signals import post_execute

from gallery.jobs import cluster
from gallery.models import Lease
from tests.queue import queued


@pytest.mark.django_db(transaction=True)
def test_a_job_is_woken_when_the_transaction_is_committed() -> None:
    with transaction.atomic():
        cluster.wake("submit")
        assert queued() == []
    assert queued() == ["gallery.jobs.submit.run"]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_wakes_nothing() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        cluster.wake("submit")
        raise RuntimeError
    assert queued() == []


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_cannot_be_reached_is_logged_not_raised(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as context:
        context.setattr("django_q.conf.Conf.ORM", None)
        context.setattr("django_q.conf.Conf.REDIS", "redis://127.0.0.1:9/0")
        cluster.wake("poll")
    assert "on_commit" in caplog.text


@pytest.mark.parametrize("job", cluster.JOBS)
def test_each_job_can_be_found_by_its_name(job: str) -> None:
    assert callable(pydoc.locate(f"gallery.jobs.{job}.run"))


@pytest.mark.parametrize("name", [cluster.HEARTBEAT, cluster.PRUNE])
def test_own_jobs_can_be_found_by_their_names(name: str) -> None:
    assert callable(pydoc.locate(name))


@pytest.mark.django_db
def test_schedules_are_made_once_and_put_right() -> None:
    cluster.ensure_schedules()
    Schedule.objects.filter(name="sweep").update(func="os.system", repeats=0)
    cluster.ensure_schedules()
    found = {s.name: (s.func, s.schedule_type, s.repeats) for s in Schedule.objects.all()}
    wanted: dict[str, tuple[str, str, int]] = {"prune": (cluster.PRUNE, Schedule.HOURLY, -1)}
    for job in cluster.JOBS:
        wanted[job] = (f"gallery.jobs.{job}.run", Schedule.MINUTES, -1)
    assert found == wanted


@pytest.mark.django_db
def test_only_old_rows_of_failed_jobs_are_pruned() -> None:
    now = timezone.now()
    for age in (1, 13, 15, 400):
        Task.objects.create(
            id=f"{age:032}",
            name=str(age),
            func="f",
            started=now,
            stopped=now - timedelta(days=age),
            success=False,
        )
    cluster.prune()
    assert sorted(Task.objects.values_list("name", flat=True)) == ["1", "13"]


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_start_unlocks_what_was_fetched_keeps_one_of_each_and_wakes_all() -> None:
    for _ in range(3):
        cluster.send_heartbeat()
    cluster.wake("save")
    OrmQ.objects.update(lock=timezone.now() + timedelta(hours=2))
    token = Lease.objects.acquire("poll", 600)
    assert token
    cluster._prepare_rows()
    assert queued().count(cluster.HEARTBEAT) == 1
    assert {f"gallery.jobs.{job}.run" for job in cluster.JOBS} <= set(queued())
    assert not OrmQ.objects.filter(lock__gt=timezone.now()).exists()
    assert not Lease.objects.is_held("poll")


@pytest.mark.django_db
def test_a_heartbeat_counts_when_it_comes_out_of_the_far_end() -> None:
    cluster.heartbeat()
    assert cluster.last_heartbeat() is None
    cluster._note_heartbeat({"func": "another.job"})
    assert cluster.last_heartbeat() is None
    cluster._note_heartbeat({"func": cluster.HEARTBEAT})
    seen = cluster.last_heartbeat()
    assert seen
    assert timezone.now() - seen < timedelta(seconds=5)


def test_outside_a_cluster_nothing_stops() -> None:
    assert cluster.stopping() is False


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Any:
    memory = cluster._Shared()
    monkeypatch.setattr(cluster, "_shared", memory)
    return memory


def test_all_processes_see_that_it_stops(shared: Any) -> None:
    shared.stopping.value = 1
    assert cluster.stopping()


def test_busy_workers_are_known_each_for_itself_and_dead_ones_do_not_count(shared: Any) -> None:
    assert not shared.has_busy_worker()
    with _worker(shared) as first, _worker(shared) as second:
        _tell(first, "busy")
        assert shared.has_busy_worker()
        _tell(second, "busy")
        _tell(first, "idle")
        assert shared.has_busy_worker()
        _tell(second, "idle")
        assert not shared.has_busy_worker()
        _tell(first, "busy")
        _tell(second, "busy")
        for worker, others in ((first, True), (second, False)):
            worker.process.kill()
            worker.process.join()
            assert shared.has_busy_worker() is others


class _Worker(NamedTuple):
    process: Any
    ear: Any


@contextlib.contextmanager
def _worker(shared: Any) -> Iterator[_Worker]:
    """A fork, as the cluster's own are, that marks itself as it is told."""
    forks = multiprocessing.get_context("fork")
    ear, mouth = forks.Pipe()
    process = forks.Process(target=_obey, args=(shared, mouth), daemon=True)
    process.start()
    yield _Worker(process, ear)
    process.kill()
    process.join()


def _obey(shared: Any, mouth: Any) -> None:
    while True:
        getattr(shared, f"mark_{mouth.recv()}")()
        mouth.send(True)


def _tell(worker: _Worker, word: str) -> None:
    worker.ear.send(word)
    assert worker.ear.recv()


def test_the_sentinels_alarm_is_heard(shared: Any) -> None:
    logger = logging.getLogger("django-q")
    alarm = cluster._Alarm(shared)
    logger.addHandler(alarm)
    try:
        logger.error("Failed a job")
        assert not shared.broken.value
        logger.critical("reincarnated worker after death")
        assert shared.broken.value
    finally:
        logger.removeHandler(alarm)


@pytest.mark.django_db
def test_it_listens_to_the_far_end_of_the_queue(shared: Any) -> None:
    logger = logging.getLogger("django-q")
    before = list(logger.handlers)
    cluster._listen(shared)
    try:
        post_execute.send(sender="django_q", task={"func": cluster.HEARTBEAT})
        assert cluster.last_heartbeat()
    finally:
        for handler in [h for h in logger.handlers if h not in before]:
            logger.removeHandler(handler)
        post_execute.disconnect(cluster._note_heartbeat)
