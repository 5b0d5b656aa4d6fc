"""Kills (-9), stops and continues every part of a house at random, by a seed, while it works."""

from __future__ import annotations

import math
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import psutil

from tests.chaos.rig import Load, Rig, Sends
from tests.running import with_grace

# How often each is the victim; and how often it is only stopped, to be continued later.
WEIGHTS = {
    "worker": 44.0,
    "web worker": 8,
    "web": 4,
    "pusher": 5,
    "monitor": 5,
    "sentinel": 5,
    "parent": 6,
    "launcher": 6,
    "serve": 3,
    "provider": 9,
    "everything": 5,
}
STOPS = 0.2
STOPS_OF_EVERYTHING = 0.5
STOP_SECONDS = (0.3, 5.0)
LONGER_THAN_A_CLAIM = (0.2, 0.8)
A_SEND_SECONDS = 3.0
"""So long one is waited for, that everything is stopped in the middle of."""
CARRIERS = {
    # Who dies takes with it what it has forked. Because of a pusher or a monitor the cluster is
    # replaced too, but asked to stop first: what it sends has to come to its end.
    signal.SIGKILL: {
        "worker",
        "sentinel",
        "parent",
        "launcher",
        "serve",
        "everything",
        "provider",
    },
    # The others of a cluster may stand still, and the workers send on.
    signal.SIGSTOP: {"worker", "everything", "provider"},
}
"""What may cut off a send, by what is done to it."""
PAUSES_PER_SECOND = 1.4
STUCK_SECONDS = 6.0
"""Without an accepted task for so long, the house is left alone until there is one."""
THERE_SECONDS = 20.0
GONE_SECONDS = 10.0
"""By then who was killed is gone, with all that it has forked, and who was stopped stands still."""
LOOK_EVERY = 5


@dataclass
class Tally:
    """What was done, and what came of it."""

    kills: int = 0
    stops: int = 0
    looks: int = 0
    victims: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Stopped:
    """A process that stands still until its time; of the provider, what was sent before."""

    pid: int
    born: float
    before: Sends | None = None
    since: float = field(default_factory=time.time)
    until: float | None = None
    """When it was continued; None while it stands still."""

    def go_on(self) -> None:
        if self.until is None:
            if _born(self.pid) == self.born:
                _send(self.pid, signal.SIGCONT)
            self.until = time.time()


class Nemesis:
    def __init__(self, rig: Rig, chance: random.Random) -> None:
        self.rig = rig
        self.chance = chance
        self.load = Load(rig, chance)
        self.tally = Tally()
        self._stopped: list[Stopped] = []
        self._accepted = 0
        self._progress_at = time.monotonic()

    @property
    def refused(self) -> int:
        """How many presses were refused because they fitted no limit."""
        return sum(press.refused for press in self.rig.presses)

    def round(self, kills: int) -> None:
        """So many kills in a working house; then everything goes on, and comes to rest."""
        until = self.tally.kills + kills
        while self.tally.kills < until and not self.tally.wrong:
            self.work(self.chance.expovariate(PAUSES_PER_SECOND))
            kind = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            stops = STOPS_OF_EVERYTHING if kind == "everything" else STOPS
            self.strike(kind, is_stop=self.chance.random() < stops)
            if (self.tally.kills + self.tally.stops) % LOOK_EVERY == 0:
                self.look()
        self.continue_all()
        self.rig.revive()
        self.load.beyond()
        self.rig.settle()
        self.tally.wrong += self.rig.wrong_at_rest()

    def look(self) -> None:
        self.tally.looks += 1
        self.tally.wrong += self.rig.wrong()

    def work(self, seconds: float) -> None:
        """Let the house work for so long, and longer while nothing comes of it."""
        deadline = time.monotonic() + seconds
        patience = time.monotonic() + 90
        while True:
            self._note_continued()
            self.rig.revive()
            self.load.step()
            is_stuck = time.monotonic() - self._progress_at > STUCK_SECONDS
            self._note_progress()
            if time.monotonic() >= deadline and not is_stuck:
                return
            if time.monotonic() > patience:
                self.tally.wrong.append(f"nothing goes on any more: {self.rig.states()}")
                return
            time.sleep(0.05)

    def _note_progress(self) -> None:
        accepted = len(self.rig.provider.charges())
        if accepted != self._accepted:
            self._accepted = accepted
            self._progress_at = time.monotonic()

    def strike(self, kind: str, *, is_stop: bool) -> None:
        kinds = self.rig.processes()
        # The likely victims are those that take longest to be there again.
        patience = time.monotonic() + THERE_SECONDS
        while kind not in {*kinds, "provider", "everything"} and time.monotonic() < patience:
            self.work(0.1)
            kinds = self.rig.processes()
        victims = self._victims(kind, kinds)
        if not victims:
            return
        self.tally.victims[f"{kind} {'stopped' if is_stop else 'killed'}"] += 1
        self.tally.stops += is_stop
        self.tally.kills += not is_stop
        if not is_stop:
            self._kill(kind, victims)
        elif kind == "everything":
            self._stop_everything(victims)
        else:
            self._stop(kind, victims[0])

    def _kill(self, kind: str, victims: list[int]) -> None:
        if kind not in CARRIERS[signal.SIGKILL]:
            for pid in victims:
                _send(pid, signal.SIGKILL)
            return
        before = self.rig.sends() if kind == "provider" else None
        falling = [process for pid in victims for process in _with_descendants(pid)]
        for pid in victims:
            _send(pid, signal.SIGKILL)
        self._await(falling, _is_gone, f"{kind} was killed")
        self.rig.note_cut(before)
        for stopped in self._stopped:
            if stopped.pid in victims:
                stopped.go_on()

    def _stop(self, kind: str, pid: int) -> None:
        before = self.rig.sends() if kind == "provider" else None
        stopped = Stopped(pid, _born(pid), before)
        _send(pid, signal.SIGSTOP)
        if kind == "worker":
            self._await(_processes([pid]), _stands_still, "a worker was stopped")
            self.rig.note_cut()
        self._stopped.append(stopped)
        # Whoever waits for an answer of what stands still, as the load does, cannot continue it.
        timer = threading.Timer(self.chance.uniform(*STOP_SECONDS), stopped.go_on)
        timer.daemon = True
        timer.start()

    def _stop_everything(self, pids: Iterable[int]) -> None:
        """As a machine is that sleeps, and wakes when each claim has run out."""
        self._await_a_send()
        sleeping: dict[int, float] = {}
        # Who was not stopped yet may have forked others meanwhile.
        while pids:
            for pid in pids:
                sleeping[pid] = _born(pid)
                _send(pid, signal.SIGSTOP)
            found = self.rig.installation.processes()
            pids = [each.pid for each in found if sleeping.get(each.pid) != _born(each.pid)]
        self._await(_processes(sleeping), _stands_still, "everything was stopped")
        self.rig.note_cut()
        time.sleep(self.rig.claim_seconds + self.chance.uniform(*LONGER_THAN_A_CLAIM))
        for pid, born in sleeping.items():
            Stopped(pid, born).go_on()

    def _await_a_send(self) -> None:
        """Most of the time nothing is on the wire, and nothing would be cut off."""
        if self.rig.provider.process is None or self.rig.provider.process.poll() is not None:
            return
        self.rig.provider.rule("create", "accepts-late", times=1)
        before = len(self.rig.provider.creates())
        patience = time.monotonic() + A_SEND_SECONDS
        while time.monotonic() < patience:
            arrived = self.rig.provider.creates()[before:]
            if any(create.behaviour == "accepts-late" for create in arrived):
                return
            self.load.step()

    def _await(
        self,
        processes: Sequence[psutil.Process],
        is_so: Callable[[psutil.Process], bool],
        what: str,
    ) -> None:
        deadline = time.monotonic() + GONE_SECONDS
        while left := [process for process in processes if not is_so(process)]:
            if time.monotonic() > deadline:
                self.tally.wrong.append(f"{what}, and {GONE_SECONDS} s later there is {left}")
                return
            time.sleep(0.005)

    def _victims(self, kind: str, kinds: dict[str, list[psutil.Process]]) -> list[int]:
        if kind == "everything":
            return [process.pid for process in self.rig.installation.processes()]
        if kind == "provider":
            process = self.rig.provider.process
            return [process.pid] if process is not None and process.poll() is None else []
        return [self.chance.choice(kinds[kind]).pid] if kind in kinds else []

    def _note_continued(self) -> None:
        """Of a provider that stood still: no create of that time was answered in time."""
        for stopped in [stopped for stopped in self._stopped if stopped.until is not None]:
            self._stopped.remove(stopped)
            if stopped.before is not None and stopped.until is not None:
                seconds = stopped.until - stopped.since
                waves = 1 + math.ceil(seconds / self.rig.create_seconds)
                self.rig.note_cut(stopped.before, end=stopped.until, waves=waves)

    def continue_all(self) -> None:
        for stopped in self._stopped:
            stopped.go_on()
        self._note_continued()


def _send(pid: int, signum: int) -> None:
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return


def _born(pid: int) -> float:
    """When the process with this number began: another may have its number by now."""
    return with_grace(lambda: psutil.Process(pid).create_time()) or 0.0


def _processes(pids: Iterable[int]) -> list[psutil.Process]:
    found = [with_grace(lambda: psutil.Process(pid)) for pid in pids]  # noqa: B023
    return [process for process in found if process is not None]


def _with_descendants(pid: int) -> list[psutil.Process]:
    found = _processes([pid])
    for process in list(found):
        found += with_grace(lambda: process.children(recursive=True)) or []  # noqa: B023
    return found


def _is_gone(process: psutil.Process) -> bool:
    """Be it that nobody has taken it away yet."""
    status = with_grace(process.status)
    return status in {None, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD} or not process.is_running()


def _stands_still(process: psutil.Process) -> bool:
    return with_grace(process.status) == psutil.STATUS_STOPPED or _is_gone(process)
