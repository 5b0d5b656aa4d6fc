"""The long campaigns of the chaos: one house for each, hurt for as long as was asked for.

Each campaign ends with a line for the results, which add up over pieces: `python -m tests.chaos`.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests import services
from tests.chaos.nemesis import Nemesis
from tests.chaos.points import ASKING, SAVING, SENDING
from tests.chaos.rig import FREE_THE_WAY, NAMES, SWEEP, Rig
from tests.running import wait_for, with_grace

KILLS_A_ROUND = 25
WAYS: dict[str, tuple[str, signal.Signals]] = {
    "idle worker killed": ("worker", signal.SIGKILL),
    "busy worker killed": ("worker", signal.SIGKILL),
    "pusher killed": ("pusher", signal.SIGKILL),
    "monitor killed": ("monitor", signal.SIGKILL),
    "sentinel killed": ("sentinel", signal.SIGKILL),
    "parent killed": ("parent", signal.SIGKILL),
    "pusher stopped": ("pusher", signal.SIGSTOP),
    "monitor stopped": ("monitor", signal.SIGSTOP),
}
CLASSES: dict[str, tuple[str, str]] = {
    # One behaviour stands for its class here; each by itself is tried by the hostile provider's
    # own tests.
    "accepted": ("create", "accepts"),
    "accepted late": ("create", "accepts-late"),
    "done at once": ("create", "accepts-done-at-once"),
    "failed at once": ("create", "fails-at-once"),
    "failed and paid": ("create", "fails-at-once-and-keeps-the-money"),
    "unknown": ("create", "page-on-200"),
    "dropped": ("create", "drops-before-any-byte"),
    "later": ("create", "code-6"),
    "operator": ("create", "code-2"),
    "model": ("create", "code-7"),
    "refused": ("create", "code-3"),
    "result garbled": ("result", "garbage"),
    "result dropped": ("result", "drops"),
    "file truncated": ("download", "truncated"),
    "file gone": ("download", "gone"),
    "file png": ("download", "png"),
}
POINTS = (*SENDING, *ASKING, *SAVING)
"""Those that a provider's answer has to do with; the others have their tests."""
PAIR_SECONDS = 12.0
BUSY = """
from django_q.tasks import async_task
for _ in range(6):
    async_task("time.sleep", 3)
"""


@dataclass
class Result:
    """What a piece of a campaign did, and what came of it."""

    campaign: str
    database: str
    seed: int
    seconds: float = 0.0
    kills: int = 0
    stops: int = 0
    tasks: int = 0
    charges: int = 0
    states: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    looks: int = 0
    extra_charges: int = 0
    lost: int = 0
    torn: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def close(self, rig: Rig, began: float) -> Result:
        self.seconds = round(time.monotonic() - began, 1)
        states = Counter(rig.states().values())
        self.states = dict(states)
        self.tasks = sum(states.values())
        self.charges = len(rig.provider.charges())
        named = [what.split(":")[0] for what in self.wrong]
        self.extra_charges = named.count("one_charge_a_task")
        self.extra_charges += named.count("every_charge_has_its_task")
        self.lost = states["lost"] + named.count("done_has_its_file")
        self.torn = named.count("no_file_is_torn")
        return self


def database() -> str:
    if services.POSTGRESQL:
        return "postgresql+redis" if services.REDIS_URL else "postgresql"
    return "sqlite"


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


def kills(folder: Path, seed: int, count: int) -> Iterator[Result]:
    """So many kills at random, in rounds, each of which ends at rest."""
    chance = random.Random(seed)
    with Rig(folder) as rig:
        rig.provider.mix(seed, quick=True)
        nemesis = Nemesis(rig, chance)
        for number in range((count + KILLS_A_ROUND - 1) // KILLS_A_ROUND):
            began, before = time.monotonic(), deepcopy(nemesis.tally)
            tasks, charges = len(rig.states()), len(rig.provider.charges())
            refused = nemesis.refused
            result = Result("kills", database(), seed)
            try:
                nemesis.round(min(KILLS_A_ROUND, count - number * KILLS_A_ROUND))
            except AssertionError as error:
                nemesis.tally.wrong.append(f"not at rest: {error}")
            now = nemesis.tally
            result.wrong = list(now.wrong)
            result.close(rig, began)
            result.tasks -= tasks
            result.charges -= charges
            result.kills, result.stops = now.kills - before.kills, now.stops - before.stops
            result.looks = now.looks - before.looks
            result.counts = dict(now.victims - before.victims)
            result.counts["refused"] = nemesis.refused - refused
            yield result
            if result.wrong:
                return


def ways(folder: Path, seed: int, rounds: int) -> Iterator[Result]:
    """The supervisor's eight ways, so many times each; work goes on after each."""
    with Rig(folder, TEST_HEARTBEAT_LATE_SECONDS="6") as rig:
        for number in range(rounds):
            for way in WAYS:
                result = Result("supervisor", database(), seed, counts={way: 1})
                began = time.monotonic()
                try:
                    result.slowest = round(_way(rig, way, f"{way} {number}"), 1)
                except AssertionError as error:
                    result.wrong.append(f"{way}: {error}")
                result.wrong += rig.wrong()
                result.kills = int("killed" in way)
                result.stops = 1 - result.kills
                yield result.close(rig, began)
                if result.wrong:
                    return
        began = time.monotonic()
        result = Result("supervisor", database(), seed)
        rig.settle()
        result.wrong = rig.wrong_at_rest()
        yield result.close(rig, began)


def _way(rig: Rig, way: str, text: str) -> float:
    """Hurt the cluster so; the seconds until a task that was ordered then is done."""
    kind, signum = WAYS[way]
    before = wait_for(lambda: _whole(rig), 90, "a cluster")
    if way.startswith("busy"):
        rig.tell(BUSY)
        wait_for(lambda: _all_fetched(rig), 30, "the workers at work")
    old = [process for found in before.values() for process in found]
    sends = rig.sends()
    began = time.monotonic()
    with_grace(lambda: before[kind][0].send_signal(signum))
    rig.note_cut(sends)
    rig.order(NAMES[0], text)
    parent = before["parent"][0].pid

    def replaced() -> bool:
        now = rig.processes().get("parent")
        return bool(now) and now is not None and now[0].pid != parent

    wait_for(replaced, 90, "another cluster")
    # Seed 6200: a monitor that was stopped in the middle of a write held SQLite's lock, and the
    # press was answered that nothing was taken. Whoever wants their picture presses once more.
    rig.press_on(90)
    wait_for(lambda: rig.tell(SWEEP) or rig.status_of(text) == ["done"], 90, f"done, after {way}")
    took = time.monotonic() - began
    left = [process for process in old if process.is_running()]
    assert not left, f"of the old cluster there is still {left}"
    return took


def _whole(rig: Rig) -> dict[str, list[psutil.Process]] | None:
    found = rig.processes()
    kinds = ("parent", "sentinel", "worker", "monitor", "pusher")
    return {kind: found[kind] for kind in kinds} if "pusher" in found else None


def _all_fetched(rig: Rig) -> bool:
    if services.REDIS_URL:
        return services.waiting(rig.installation.mark) == 0
    rows = rig.installation.ask("SELECT lock > CURRENT_TIMESTAMP FROM django_q_ormq")
    return sum(bool(row[0]) for row in rows) >= 6


def pairs(folder: Path, seed: int, part: int, parts: int) -> Iterator[Result]:
    """Each failpoint of a task's way with each class of answers; every part-th of them."""
    every = [(point, kind) for kind in CLASSES for point in POINTS]
    with Rig(folder) as rig:
        for number, (point, kind) in enumerate(every):
            if number % parts != part:
                continue
            result = Result("pairs", database(), seed)
            began = time.monotonic()
            text = f"{point} and {kind}"
            hit = _pair(rig, point, kind, text)
            result.kills = int(hit)
            result.counts = {"pairs": 1, "reached": int(hit)}
            result.wrong = rig.wrong()
            yield result.close(rig, began)
            if result.wrong:
                return
        began = time.monotonic()
        result = Result("pairs", database(), seed)
        try:
            rig.settle(180)
            result.wrong = rig.wrong_at_rest()
        except AssertionError as error:
            result.wrong.append(str(error))
        yield result.close(rig, began)


def _pair(rig: Rig, point: str, kind: str, text: str) -> bool:
    """Whether the failpoint was come to; a class of answers may end a task before it."""
    on, behaviour = CLASSES[kind]
    rig.tell(FREE_THE_WAY + SWEEP)
    rig.provider.no_rules()
    rig.provider.rule(on, behaviour, match=text, times=2)
    before = len(rig.armoury.hits())
    rig.armoury.arm(point)
    rig.order(NAMES[1], text)
    deadline = time.monotonic() + PAIR_SECONDS
    while len(rig.armoury.hits()) == before and time.monotonic() < deadline:
        if rig.status_of(text) not in ([], ["queued"], ["sending"], ["rendering"], ["saving"]):
            time.sleep(0.5)
            break
        time.sleep(0.05)
    rig.armoury.disarm()
    is_hit = len(rig.armoury.hits()) > before
    if is_hit:
        rig.note_cut()
    return is_hit
