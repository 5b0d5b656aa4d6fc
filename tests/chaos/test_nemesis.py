"""A house is hurt at every moment that matters, and at random; then every task has ended rightly.

One installation with everything, and the hostile provider: what is charged stands in its book.
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Iterator

import pytest

from gallery.models.charge import ChargeKind
from gallery.models.event import WORDS
from tests.chaos.failpoints import names_in_the_source
from tests.chaos.nemesis import Nemesis
from tests.chaos.points import EXPANDED, GROUPS, NO_MOVES, POINTS, Group
from tests.chaos.rig import Rig

KILLS = 15


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


def test_fifteen_kills_at_random(rig: Rig) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or uuid.uuid4().int % 10**6)
    print(f"CHAOS_SEED={seed}")
    rig.provider.mix(seed, quick=True)
    nemesis = Nemesis(rig, random.Random(seed))
    began = time.monotonic()
    nemesis.round(KILLS)
    print(f"{nemesis.tally} in {time.monotonic() - began:.0f} s")
    assert nemesis.tally.wrong == []
