"""A house is hurt at every moment that matters, and at random; then every task has ended rightly.

One installation with everything, and the hostile provider: what is charged stands in its book.
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gallery.models.charge import ChargeKind
from gallery.models.event import WORDS
from tests.chaos.failpoints import names_in_the_source
from tests.chaos.invariants import Window, every_doubt_has_its_cause
from tests.chaos.nemesis import Nemesis
from tests.chaos.points import EXPANDED, GROUPS, NO_MOVES, POINTS, Group, hits
from tests.chaos.rig import SWEEP, Rig
from tests.running import wait_for

KILLS = 15


CLAIMS_ARE_OVER = """
from django.utils import timezone
from gallery.models import Task
Task.objects.filter(status="sending").update(claimed_until=timezone.now())
"""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("chaos")) as rig:
        yield rig


def test_every_failpoint_of_the_source_has_its_group() -> None:
    written = {EXPANDED.get(name, (name,)) for name in names_in_the_source()}
    assert {name for names in written for name in names} == set(POINTS)
    assert set(EXPANDED["moved-*"]) == {f"moved-{kind}" for kind in WORDS.keys() - NO_MOVES}
    kinds = {f"booked-{kind.value}" for kind in ChargeKind}
    assert kinds == {*EXPANDED["booked-*"], "booked-hold"}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_killed_at_each_failpoint_every_task_ends_rightly(rig: Rig, group: Group) -> None:
    group.run(rig)


def test_an_accepted_answer_that_is_lost_though_nobody_was_hurt_is_found(rig: Rig) -> None:
    """Its id was written down nowhere, and no kill is to blame."""
    rig.provider.no_mix()
    rig.provider.no_rules()
    wait_for(rig.installation.is_well, 60, "health")
    rig.armoury.arm("moved-accepted", "no-database")
    rig.armoury.arm("id-not-written", "no-database")
    before = hits(rig, "id-not-written")
    rig.order("bob", "lost")
    wait_for(lambda: hits(rig, "id-not-written") > before, 30, "an id written nowhere")
    rig.tell(CLAIMS_ARE_OVER)
    wait_for(lambda: rig.tell(SWEEP) or rig.status_of("lost") == ["unknown"], 30, "a doubt")
    [found] = rig.wrong([every_doubt_has_its_cause])
    assert "nothing that was done explains it" in found
    # Whoever is judged after this has not brought it about.
    [(task,)] = rig.installation.ask("SELECT max(id) FROM gallery_task WHERE status = 'unknown'")
    rig.windows.append(Window(time.time(), frozenset({task}), most=1))
    assert rig.wrong([every_doubt_has_its_cause]) == []


def test_fifteen_kills_at_random(rig: Rig) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or uuid.uuid4().int % 10**6)
    print(f"CHAOS_SEED={seed}")
    rig.provider.mix(seed, quick=True)
    nemesis = Nemesis(rig, random.Random(seed))
    began = time.monotonic()
    nemesis.work(0.5)
    nemesis.strike("everything", is_stop=True)
    nemesis.round(KILLS)
    refused = nemesis.refused
    print(f"{nemesis.tally}, {refused} presses refused, in {time.monotonic() - began:.0f} s")
    assert nemesis.tally.wrong == []
    assert refused
    quiet, unseen = lost_unseen(rig)
    print(f"{quiet} pictures came while nobody was hurt; lost unseen would be {unseen} of them")
    assert quiet
    assert not unseen


def lost_unseen(rig: Rig) -> tuple[int, int]:
    """How many pictures of the campaign came of a send that no kill and no stop can have cut off,
    and that was answered; of how many it would not be noticed had that answer been taken for none.
    """
    seen, world = rig.snapshot(), rig.world()
    hurt = {task for window in world.windows for task in window.sends}
    quiet = [
        task
        for task in seen.tasks
        if task.status == "done" and "picture" in task.prompt
        if task.pk not in hurt and task.prompt not in world.ambiguous
    ]
    unseen = 0
    for task in quiet:
        others = [other for other in seen.tasks if other is not task]
        lost = replace(seen, tasks=[*others, replace(task, status="unknown")])
        unseen += not list(every_doubt_has_its_cause(lost, world))
    return len(quiet), unseen
