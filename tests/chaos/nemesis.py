"""Kills (-9), stops and continues every part of a house at random, by a seed, while it works."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

import psutil

from tests.chaos.rig import Load, Rig
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
STOP_SECONDS = (0.3, 5.0)
PAUSES_PER_SECOND = 1.4
STUCK_SECONDS = 6.0
"""Without an accepted task for so long, the house is left alone until there is one."""
THERE_SECONDS = 20.0
REPLACED_SECONDS = 20.0
"""By then a hurt cluster is another one, and what the old one was sending has been cut off."""
LOOK_EVERY = 5


@dataclass
class Tally:
    """What was done, and what came of it."""

    kills: int = 0
    stops: int = 0
    looks: int = 0
    victims: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Nemesis:
    def __init__(self, rig: Rig, chance: random.Random) -> None:
        self.rig = rig
        self.chance = chance
        self.load = Load(rig, chance)
        self.tally = Tally()
        self._stopped: list[tuple[float, int, float]] = []
        self._accepted = 0
        self._progress_at = time.monotonic()

    def round(self, kills: int) -> None:
        """So many kills in a working house; then everything goes on, and comes to rest."""
        until = self.tally.kills + kills
        while self.tally.kills < until and not self.tally.wrong:
            self._work(self.chance.expovariate(PAUSES_PER_SECOND))
            self._strike()
            if (self.tally.kills + self.tally.stops) % LOOK_EVERY == 0:
                self.look()
        self.continue_all()
        self.rig.revive()
        self.rig.settle()
        self.tally.wrong += self.rig.wrong_at_rest()

    def look(self) -> None:
        self.tally.looks += 1
        self.tally.wrong += self.rig.wrong()

    def _work(self, seconds: float) -> None:
        """Let the house work for so long, and longer while nothing comes of it."""
        deadline = time.monotonic() + seconds
        patience = time.monotonic() + 90
        while True:
            self._continue_due()
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

    def _strike(self) -> None:
        kind = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        kinds = self.rig.processes()
        # The likely victims are those that take longest to be there again.
        patience = time.monotonic() + THERE_SECONDS
        while kind not in {*kinds, "provider", "everything"} and time.monotonic() < patience:
            self._work(0.1)
            kinds = self.rig.processes()
        is_stop = kind != "everything" and self.chance.random() < STOPS
        victims = self._victims(kind, kinds)
        if not victims:
            return
        self.rig.hurt(REPLACED_SECONDS)
        self.tally.victims[f"{kind} {'stopped' if is_stop else 'killed'}"] += 1
        for pid in victims:
            _send(pid, signal.SIGSTOP if is_stop else signal.SIGKILL)
        if is_stop:
            seconds = self.chance.uniform(*STOP_SECONDS)
            self._stopped += [(time.monotonic() + seconds, pid, _born(pid)) for pid in victims]
            self.tally.stops += 1
            self.rig.hurt(REPLACED_SECONDS + seconds)
        else:
            self.tally.kills += 1

    def _victims(self, kind: str, kinds: dict[str, list[psutil.Process]]) -> list[int]:
        if kind == "everything":
            return [process.pid for process in self.rig.installation.processes()]
        if kind == "provider":
            process = self.rig.provider.process
            return [process.pid] if process is not None and process.poll() is None else []
        return [self.chance.choice(kinds[kind]).pid] if kind in kinds else []

    def _continue_due(self) -> None:
        now = time.monotonic()
        for due in [stopped for stopped in self._stopped if stopped[0] <= now]:
            self._stopped.remove(due)
            if _born(due[1]) == due[2]:
                _send(due[1], signal.SIGCONT)

    def continue_all(self) -> None:
        self._stopped = [(0.0, pid, born) for _, pid, born in self._stopped]
        self._continue_due()


def _send(pid: int, signum: int) -> None:
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return


def _born(pid: int) -> float:
    """When the process with this number began: another may have its number by now."""
    return with_grace(lambda: psutil.Process(pid).create_time()) or 0.0
