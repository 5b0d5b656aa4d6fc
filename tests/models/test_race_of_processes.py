"""Eight processes, two hundred tries each, at the same time: each limit, token and claim holds.

Every race is run once more with the guard off, by look-then-write, and there it is lost: else
nothing would be known of the guard.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from gallery.models import MAX_COUNT, Batch, Budget, Prompt, Task, TaskStatus, User
from tests.conftest import Submit
from tests.invariants import check_money
from tests.racer import PRICE
from tests.running import BASE

pytestmark = pytest.mark.django_db(transaction=True)

S = TaskStatus
PROCESSES = 8
TRIES = 200
RACES = 20
"""For a limit, one after the other: each has but one last hold, which may happen to go in turn."""
HOLDS = 10
ROOM = HOLDS * PROCESSES // 2
"""In each of those: half of the processes fill it, so that several race for the last hold."""


class Racers:
    """The processes, each with a connection of its own to the tests' database."""

    def __init__(self) -> None:
        name = str(connection.settings_dict["NAME"])
        told = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATA_DIR": str(django_settings.DATA_DIR),
        }
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.racer", name],
                cwd=BASE,
                env=told,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for _ in range(PROCESSES)
        ]

    def race(self, deed: str, tries: Sequence[Any]) -> list[list[bool]]:
        """How each try of each process went."""
        line = json.dumps({"deed": deed, "tries": list(tries)}) + "\n"
        with ThreadPoolExecutor(PROCESSES) as threads:
            return list(threads.map(lambda one: self._ask(one, line), self.processes))

    def _ask(self, process: subprocess.Popen[str], line: str) -> list[bool]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        process.stdin.flush()
        found: list[bool] = json.loads(process.stdout.readline())
        return found

    def end(self) -> None:
        for process in self.processes:
            process.communicate(timeout=20)


@pytest.fixture(scope="module")
def racers(django_db_setup: None, django_db_blocker: Any) -> Iterator[Racers]:
    found = Racers()
    # A race of nothing: the first one begins when all of them have started.
    found.race("claim_send", [])
    yield found
    found.end()


def wins(found: list[list[bool]]) -> list[int]:
    """How many processes won each try."""
    return [sum(tries) for tries in zip(*found, strict=True)]


# The limits


@pytest.fixture(params=["purse", "user"])
def whose(request: pytest.FixtureRequest, alice: User) -> str:
    """Whose limit alone binds; somebody has opened the month."""
    Budget.objects.set_purse(None)
    Budget.objects.open_month(alice, demo=True)
    return str(request.param)


def held(alice: User, whose: str) -> int:
    row = Budget.objects.get(user=None if whose == "purse" else alice, demo=True)
    return row.held_kopecks // PRICE


def holds(racers: Racers, alice: User, whose: str, deed: str) -> list[int]:
    """How many more were held in each race, all of which were told that they were."""
    found = []
    for _ in range(RACES):
        before = held(alice, whose)
        limit = (before + ROOM) * PRICE
        if whose == "purse":
            Budget.objects.set_purse(limit)
        else:
            User.objects.set_limit(alice, limit)
        won = sum(wins(racers.race(deed, [whose] * HOLDS)))
        found.append(held(alice, whose) - before)
        assert won == found[-1]
    return found


def test_no_hold_passes_a_limit(racers: Racers, alice: User, whose: str) -> None:
    assert holds(racers, alice, whose, "hold") == [ROOM] * RACES


def test_a_limit_that_is_only_looked_at_is_passed(racers: Racers, alice: User, whose: str) -> None:
    assert max(holds(racers, alice, whose, "hold_naively")) > ROOM


# Form tokens


def tokens() -> list[str]:
    return [uuid.uuid4().hex for _ in range(TRIES)]


def test_each_form_token_works_once(racers: Racers, alice: User, no_undo: None) -> None:
    won = wins(racers.race("press", tokens()))
    assert won == [PROCESSES] * TRIES, "everybody is told of the one batch"
    assert (Batch.objects.count(), Task.objects.count()) == (TRIES, TRIES)
    assert Prompt.objects.count() == TRIES
    check_money()


def test_a_token_that_is_only_looked_for_works_twice(
    racers: Racers, alice: User, submit: Submit
) -> None:
    submit(alice)
    won = wins(racers.race("press_naively", tokens()))
    assert max(won) > 1
    assert Batch.objects.count() > TRIES + 1


# Claims


@pytest.fixture
def tasks(alice: User, submit: Submit) -> list[int]:
    for _ in range(TRIES // MAX_COUNT):
        submit(alice, count=MAX_COUNT)
    return list(Task.objects.order_by("pk").values_list("pk", flat=True))


def test_each_send_is_claimed_once(racers: Racers, tasks: list[int]) -> None:
    assert wins(racers.race("claim_send", tasks)) == [1] * TRIES
    assert Task.objects.filter(status=S.SENDING, attempts=1).count() == TRIES


def test_each_save_is_claimed_once(racers: Racers, tasks: list[int]) -> None:
    Task.objects.update(status=S.SAVING, due_at=timezone.now())
    assert wins(racers.race("claim_save", tasks)) == [1] * TRIES
    assert Task.objects.filter(saves=1).count() == TRIES


def test_a_claim_that_is_only_looked_for_is_taken_twice(racers: Racers, tasks: list[int]) -> None:
    assert max(wins(racers.race("claim_naively", tasks))) > 1
