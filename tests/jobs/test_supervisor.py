"""The launcher with a real cluster: every process of it dies or hangs, and work goes on."""

from __future__ import annotations

import signal
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from gallery.jobs.supervisor import Backoff
from tests import services
from tests.running import Cluster, Installation, wait_for, with_grace

# The same machinery notices sooner, and starts again with shorter pauses.
QUICK = {"DJANGO_SETTINGS_MODULE": "tests.chaos.settings", "TEST_HEARTBEAT_LATE_SECONDS": "5"}


def heartbeat(installation: Installation) -> str:
    """When the last heartbeat came through the queue, as the database writes it."""
    rows = installation.ask("SELECT seen_at FROM gallery_lease WHERE name = 'queue'")
    return str(rows[0][0]) if rows and rows[0][0] else ""


def works(installation: Installation) -> bool:
    """Two new heartbeats pass through."""
    for _ in range(2):
        before = heartbeat(installation)
        wait_for(lambda: heartbeat(installation) > before, 60, "a heartbeat")  # noqa: B023
    return True


def all_busy(installation: Installation) -> None:
    """Give every worker a job that takes a while."""
    enqueue = (
        "from django_q.tasks import async_task; [async_task('time.sleep', 4) for _ in '123456']"
    )
    assert installation.run("shell", "--command", enqueue).returncode == 0

    def fetched() -> bool:
        if services.REDIS_URL:  # where what is fetched is gone from the list
            return services.waiting(installation.mark) == 0
        rows = installation.ask("SELECT lock > CURRENT_TIMESTAMP FROM django_q_ormq")
        return sum(bool(row[0]) for row in rows) >= 6

    wait_for(fetched, 20, "the workers at work")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("launcher")
    with Installation(folder, empty=False, **QUICK) as installation:
        yield installation


@pytest.fixture(scope="module")
def working(prepared: Installation) -> Iterator[Installation]:
    prepared.start("worker")
    wait_for(prepared.cluster, 20, "a cluster")
    assert works(prepared)
    yield prepared


FAULTS: dict[str, tuple[Callable[[Cluster], psutil.Process], int]] = {
    "idle worker killed": (lambda cluster: cluster.workers[0], signal.SIGKILL),
    "busy worker killed": (lambda cluster: cluster.workers[0], signal.SIGKILL),
    "pusher killed": (lambda cluster: cluster.pusher, signal.SIGKILL),
    "monitor killed": (lambda cluster: cluster.monitor, signal.SIGKILL),
    "sentinel killed": (lambda cluster: cluster.sentinel, signal.SIGKILL),
    "parent killed": (lambda cluster: cluster.parent, signal.SIGKILL),
    "pusher stopped": (lambda cluster: cluster.pusher, signal.SIGSTOP),
    "monitor stopped": (lambda cluster: cluster.monitor, signal.SIGSTOP),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_hurt_cluster_is_replaced_and_nothing_of_it_is_left(
    working: Installation, fault: str
) -> None:
    choose, signum = FAULTS[fault]
    before = wait_for(working.cluster, 60, "a cluster")
    old = [before.parent, before.sentinel, before.monitor, before.pusher, *before.workers]
    if fault.startswith("busy"):
        all_busy(working)
    began = time.monotonic()
    choose(before).send_signal(signum)

    def replaced() -> bool:
        now = working.cluster()
        return now is not None and now.parent.pid != before.parent.pid

    wait_for(replaced, 60, "another cluster")
    assert works(working)
    print(f"{fault}: works again after {time.monotonic() - began:.1f} s")
    assert not [process for process in old if process.is_running()]
    clusters = [p for p in working.processes() if with_grace(p.parent) == working.launcher()]
    assert len(clusters) == 1


def test_what_a_killed_worker_held_is_taken_up_as_soon_as_its_lease_is_over(
    tmp_path: Path,
) -> None:
    """The next cluster is there before that; nobody looks at a page, and no minute goes by."""

    def hold(seconds: float) -> None:
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        lease = f"holder = '{uuid.uuid4().hex}', until = '{until}' WHERE name = 'sweep'"
        services.tell(installation.database, f"UPDATE gallery_lease SET {lease}")

    def swept() -> bool:
        return installation.ask("SELECT until FROM gallery_lease WHERE name = 'sweep'") == [(None,)]

    quick = {**QUICK, "TEST_LEASE_SECONDS": "8"}
    with Installation(tmp_path, empty=False, **quick) as installation:
        installation.start("worker")
        before = wait_for(installation.cluster, 20, "a cluster")
        assert works(installation)
        wait_for(swept, 10, "the first sweep")
        before.workers[0].kill()

        def replaced() -> bool:
            now = installation.cluster()
            return now is not None and now.parent.pid != before.parent.pid

        hold(60)
        wait_for(replaced, 20, "another cluster")
        assert works(installation)  # so that its first waking has passed through the queue
        hold(1)
        wait_for(swept, 12, "a sweep")


def test_a_second_launcher_on_the_same_folder_ends_with_a_sentence(working: Installation) -> None:
    done = working.run("worker")
    assert done.returncode == 2
    assert "already has a worker" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_launcher_killed_takes_the_cluster_along_and_another_starts_at_once(
    working: Installation,
) -> None:
    launcher = working.launcher()
    assert launcher
    launcher.kill()
    working.started[-1].wait()
    working.start("worker")
    assert works(working)
    found = working.processes()
    parents = {with_grace(p.ppid) for p in found if "--cluster" in (with_grace(p.cmdline) or [])}
    new = working.launcher()
    assert new
    assert new.pid in parents
    assert launcher.pid not in parents


def test_told_to_stop_it_ends_soon_and_leaves_nothing(working: Installation) -> None:
    launcher = working.launcher()
    assert launcher
    launcher.terminate()
    wait_for(lambda: not working.processes(), 10, "all processes gone")
    assert working.started[-1].wait() == 0


def test_pauses_grow_and_a_long_life_forgives() -> None:
    backoff = Backoff()
    pauses = list(settings.RESTART_PAUSES)
    assert [backoff.seconds(1.0) for _ in pauses] == pauses
    assert backoff.seconds(1.0) == pauses[-1]
    assert backoff.seconds(settings.STEADY_SECONDS + 1) == pauses[0]
