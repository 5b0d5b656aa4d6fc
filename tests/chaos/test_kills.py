"""kill -9 of a part, or of everything, with a task in each state; then every task ends rightly.

The provider's own charge log is the truth about what was sent.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.demo.server import DemoServer
from tests.running import Installation, wait_for, with_grace

KEY = "shds-KillTestsKey"

ORDER = """
import uuid
from gallery.jobs.submit import accept
from gallery.models import ImageModel, Order, Studio, User
owner, _ = User.objects.get_or_create(username="alice")
model = ImageModel.objects.get(remote_id="gpt-image-1-low")
Studio.objects.current()
def order(text, undo):
    Studio.objects.filter(pk=1).update(undo_send_seconds=undo)
    accept(owner, Order(uuid.uuid4(), 1, model.price_kopecks, model, text=text, ratio="1:1"))
"""
HELD_QUEUED_SECONDS = 600
STATES = ("queued", "sending", "rendering", "saving")


class House:
    """An installation with its provider, and a task held in each state."""

    def __init__(self, installation: Installation, provider: DemoServer) -> None:
        self.installation = installation
        self.provider = provider

    def shell(self, script: str) -> str:
        done = self.installation.run("shell", "--no-imports", "--command", script)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def states(self) -> dict[str, str]:
        """State by prompt, read past Django."""
        rows = self.installation.ask(
            "SELECT p.text, t.status FROM gallery_task t"
            " JOIN gallery_batch b ON b.id = t.batch_id"
            " JOIN gallery_prompt p ON p.id = b.prompt_id"
        )
        return dict(rows)

    def hold_one_in_each_state(self) -> None:
        """The prompt of each task is the state that it is held in."""
        self.provider.fault("create", "charge-then-late", match="sending", seconds=2.5)
        self.provider.fault("download", "hang", match="saving", seconds=60, times=1)
        self.shell(
            ORDER
            + "order('rendering', 0)\norder('saving', 0)\n"
            + f"order('queued', {HELD_QUEUED_SECONDS})\norder('sending', 0)"
        )
        wait_for(lambda: "saving" in self.provider_saw(), 15, "the creates")
        self.provider.ready(match="saving")
        wait_for(
            lambda: all(self.states().get(state) == state for state in STATES),
            15,
            "a task in each state",
        )

    def provider_saw(self) -> list[str]:
        return [charge["prompt"] for charge in self.provider.charges()]

    def let_go(self) -> None:
        self.provider.no_faults()
        self.provider.settings(seconds=[0, 0.2])
        # As if its time to be taken back were over.
        self.shell(
            "from django.utils import timezone\n"
            "from gallery.jobs import cluster\n"
            "from gallery.models import Task\n"
            "Task.objects.filter(status='queued').update(due_at=timezone.now())\n"
            "cluster.wake('submit')"
        )
        wait_for(lambda: self.provider_saw().count("queued") == 1, 60, "the queued one sent")
        for prompt in STATES:
            self.provider.ready(match=prompt)

    def wait_for_the_end(self, expected: dict[str, str]) -> None:
        def ended() -> bool:
            # The minute's schedule would do it too; the test only does not wait for it.
            self.shell("from gallery.jobs import cluster; cluster.wake('sweep')")
            return self.states() == expected

        wait_for(ended, 60, f"{expected}, not {self.states()}")

    def check(self) -> None:
        self.shell(
            "from django.conf import settings\n"
            "from tests.invariants import check_files, check_money\n"
            "check_money()\ncheck_files(settings.DATA_DIR)"
        )
        saw = self.provider_saw()
        assert {prompt: saw.count(prompt) for prompt in saw} == dict.fromkeys(STATES, 1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with DemoServer(tmp_path / "provider").start(key=KEY, seconds=(60, 60)) as provider:
        env = {
            "GPTUNNEL_API_URL": provider.url,
            "GPTUNNEL_API_KEY": KEY,
            "RESULT_HOSTS": provider.host,
            "TEST_HEARTBEAT_SECONDS": "0.5",
            "TEST_HEARTBEAT_LATE_SECONDS": "5",
        }
        with Installation(tmp_path / "house", empty=False, **env) as installation:
            installation.start("serve")
            wait_for(installation.is_well, 40, "health")
            yield House(installation, provider)


def workers(installation: Installation) -> list[psutil.Process]:
    cluster = wait_for(installation.cluster, 20, "a cluster")
    return cluster.workers


def one(find: Callable[[], psutil.Process | None]) -> list[psutil.Process]:
    return [wait_for(find, 20, "a process")]


VICTIMS: dict[str, Callable[[Installation], list[psutil.Process]]] = {
    "workers": workers,
    "web": lambda installation: one(installation.web),
    "launcher": lambda installation: one(installation.launcher),
    "everything": lambda installation: installation.processes(),
}


@pytest.mark.parametrize("victim", VICTIMS)
def test_killed_in_every_state_every_task_ends_rightly(house: House, victim: str) -> None:
    killed = VICTIMS[victim](house.installation)  # before: what is held does not stay so for long
    house.hold_one_in_each_state()
    for process in killed:
        with_grace(process.kill)
    if victim == "everything":
        house.installation.started[-1].wait()
        wait_for(lambda: not house.installation.processes(), 3, "everything gone")
        house.installation.start("serve")
    wait_for(house.installation.is_well, 90, "health again")
    house.let_go()
    expected = dict.fromkeys(STATES, "done")
    if victim != "web":
        expected["sending"] = "unknown"  # its sender died in mid-call: nobody else may send it
    house.wait_for_the_end(expected)
    house.check()
    only_one_of_each(house.installation)
    stop(house.installation)


def test_told_to_stop_in_mid_send_it_waits_for_the_answer(house: House) -> None:
    house.hold_one_in_each_state()
    stop(house.installation)
    assert house.states()["sending"] == "rendering"
    assert house.states()["queued"] == "queued"
    house.installation.start("serve")
    house.let_go()
    house.wait_for_the_end(dict.fromkeys(STATES, "done"))
    house.check()


def only_one_of_each(installation: Installation) -> None:
    commands = [with_grace(process.cmdline) or [] for process in installation.processes()]
    tops = {tuple(command) for command in commands if "manage.py" in " ".join(command)}
    assert sum("serve" in command for command in tops) == 1, json.dumps(sorted(tops))
    launchers = [c for c in commands if "worker" in c and "--cluster" not in c]
    assert len(launchers) == 1
    parents = {
        process.ppid()
        for process in installation.processes()
        if "--cluster" in (with_grace(process.cmdline) or [])
    }
    launcher = installation.launcher()
    assert launcher is not None
    assert launcher.pid in parents


def stop(installation: Installation) -> None:
    began = time.monotonic()
    installation.started[-1].send_signal(signal.SIGINT)
    installation.started[-1].wait(timeout=15)
    wait_for(lambda: not installation.processes(), 1, "no process left")
    assert time.monotonic() - began < 10
