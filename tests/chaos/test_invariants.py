"""Each check of the chaos can fail: a house in order is broken in one place at a time."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from gallery.models import Budget, Image, StoredFile, Task, User
from tests.chaos import invariants
from tests.chaos.invariants import AT_REST, Charged, Snapshot, Window, World
from tests.conftest import Submit

KEY = "shds-NobodyMustSeeThis"
CONTENT = b"the bytes of a picture"


@dataclass
class House:
    """One task in each state at rest, as the models leave it, and the world that fits it."""

    tasks: dict[str, Task]
    world: World

    def wrong(self, **seen: Any) -> list[str]:
        """What the checks of a house at rest find."""
        return invariants.wrong(Snapshot.read(query), replace(self.world, **seen), AT_REST)

    @property
    def original(self) -> Path:
        return self.world.data_dir / Image.objects.get(task=self.tasks["done"]).file


def query(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def change(sql: str, *values: Any) -> None:
    """Past every verb and every guard."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def house(submit: Submit, alice: User, admin: User, data_dir: Path) -> House:
    tasks = {}
    for name in ("done", "failed", "refused", "unknown", "written-off", "lost", "canceled"):
        tasks[name] = submit(alice, f"a {name} one").tasks.get()
    verbs = Task.objects
    verbs.cancel(tasks["canceled"].pk, by=alice)
    claims = {name: verbs.claim_send(task.pk) for name, task in tasks.items()}
    for name in ("done", "failed", "lost"):
        claim = claims[name]
        assert claim is not None
        assert verbs.accept(tasks[name].pk, claim, _id(name))
    verbs.fail(tasks["failed"].pk, "provider-failed", "", None)
    verbs.lose(tasks["lost"].pk, "never-came")
    verbs.ready(tasks["done"].pk, "http://127.0.0.1:9/picture.webp", None)
    saving = verbs.claim_save(tasks["done"].pk)
    assert saving is not None
    assert verbs.keep(tasks["done"].pk, saving, _store(data_dir, tasks["done"]))
    assert claims["refused"] is not None
    verbs.refuse(tasks["refused"].pk, claims["refused"], "bad-request", "")
    for name in ("unknown", "written-off"):
        claim = claims[name]
        assert claim is not None
        assert verbs.doubt(tasks[name].pk, claim, "timeout", "")
    verbs.filter(pk=tasks["written-off"].pk).update(claimed_until=timezone.now())
    assert verbs.write_off(tasks["written-off"].pk, "given-up", by=admin)
    charged = ("done", "failed", "lost", "unknown", "written-off")
    world = World(
        data_dir=data_dir,
        charges=[Charged(_id(name), f"a {name} one") for name in charged],
        key=KEY,
        served={_id("done"): {hashlib.sha256(CONTENT).hexdigest()}},
        ambiguous=["a unknown one", "a written-off one"],
        temporary_seconds=5,
        sweep_seconds=5,
    )
    return House({name: Task.objects.get(pk=task.pk) for name, task in tasks.items()}, world)


def _id(name: str) -> str:
    return f"{name:0<24}"


def _store(data_dir: Path, task: Task) -> StoredFile:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    name = f"originals/2026/01/task-{task.pk}-{sha256[:16]}.webp"
    (data_dir / name).parent.mkdir(parents=True)
    (data_dir / name).write_bytes(CONTENT)
    return StoredFile(name, sha256, len(CONTENT), "image/webp", 8, 8, "#000000")


def test_a_house_in_order_is_found_to_be(house: House) -> None:
    assert house.wrong() == []


def _charge_again(house: House, name: str, remote_id: str) -> list[Charged]:
    return [*house.world.charges, Charged(remote_id, f"a {name} one")]


MONEY: dict[str, tuple[str, str]] = {
    "a hold is missing": ("ledger_is_whole", "DELETE FROM gallery_charge WHERE kind = 'hold'"),
    "a budget was read, then written": (
        "ledger_is_whole",
        "UPDATE gallery_budget SET held_kopecks = held_kopecks + 1",
    ),
    "less than its price": (
        "ledger_is_whole",
        "UPDATE gallery_task SET price_kopecks = price_kopecks + 1 WHERE status = 'lost'",
    ),
    "past a limit": ("holds_are_within_limits", "UPDATE gallery_budget SET limit_kopecks = 1"),
    "below nothing": ("holds_are_within_limits", "UPDATE gallery_budget SET held_kopecks = -1"),
    "half a batch": ("batches_are_whole", "UPDATE gallery_batch SET count = 2"),
}


@pytest.mark.parametrize("fault", MONEY)
def test_money(house: House, fault: str) -> None:
    check, sql = MONEY[fault]
    change(sql)
    assert any(what.startswith(check) for what in house.wrong())


def test_a_second_charge_of_a_task(house: House) -> None:
    twice = house.wrong(charges=_charge_again(house, "done", "another" + "0" * 17))
    assert any(what.startswith("one_charge_a_task") for what in twice)
    assert any(what.startswith("every_charge_has_its_task") for what in twice)
    logged = house.wrong(charges=_charge_again(house, "done", _id("done")))
    assert any(what.startswith("one_charge_a_task") for what in logged)


@pytest.mark.parametrize("name", ["refused", "canceled"])
def test_a_charge_of_a_task_that_says_it_never_was_sent(house: House, name: str) -> None:
    found = house.wrong(charges=_charge_again(house, name, "new" + "0" * 21))
    assert any(what.startswith("every_charge_has_its_task") for what in found)


def test_a_charge_under_an_id_of_a_task_that_denies_it(house: House) -> None:
    change("UPDATE gallery_task SET status = 'queued' WHERE id = %s", house.tasks["done"].pk)
    assert any("was charged and says queued" in what for what in house.wrong())
    change("UPDATE gallery_task SET status = 'done' WHERE id = %s", house.tasks["done"].pk)
    charges = [replace(charge, prompt="a lost one") for charge in house.world.charges]
    assert any("another prompt" in what for what in house.wrong(charges=charges))


def test_a_press_that_was_accepted_twice(house: House) -> None:
    seen = Snapshot.read(query)
    seen.batches.append(seen.batches[0])
    found = invariants.wrong(seen, house.world, [invariants.batches_are_whole])
    assert found


def test_a_press_that_was_refused_and_accepted(house: House) -> None:
    token = house.tasks["done"].batch.form_token.hex
    found = house.wrong(refused=[token, "0" * 32])
    assert [what.split(":")[0] for what in found] == ["refused_presses_left_nothing"]


FILES: dict[str, tuple[str, Callable[[House], object]]] = {
    "gone": ("done_has_its_file", lambda house: house.original.unlink()),
    "cut short": ("done_has_its_file", lambda house: house.original.write_bytes(CONTENT[:-1])),
    "torn": ("no_file_is_torn", lambda house: house.original.write_bytes(CONTENT[:-1])),
    "of nobody": (
        "no_file_is_orphaned",
        lambda house: house.original.with_name("task-9-0123456789abcdef.webp").touch(),
    ),
    "done without a picture": (
        "done_has_its_file",
        lambda house: change("DELETE FROM gallery_image"),
    ),
    "a picture of a lost one": (
        "done_has_its_file",
        lambda house: change("UPDATE gallery_task SET status = 'lost'"),
    ),
}


@pytest.mark.parametrize("fault", FILES)
def test_files(house: House, fault: str) -> None:
    check, spoil = FILES[fault]
    spoil(house)
    assert any(what.startswith(check) for what in house.wrong())


def test_a_picture_of_another_task(house: House) -> None:
    """Its hash is right, and was never handed out for it."""
    its_own = (house.world.served or {})[_id("done")]
    for served in ({}, {_id("done"): {"0" * 64}}, {_id("lost"): its_own}):
        found = house.wrong(served=served)
        assert [what.split(":")[0] for what in found] == ["pictures_are_the_providers"]


@pytest.mark.parametrize(
    "name", ["incoming/a.part", "removing/b.json", "journal/c.tmp", ".probe-1-2", ".secret-key-3-4"]
)
def test_an_old_temporary_file(house: House, name: str) -> None:
    path = house.world.data_dir / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert house.wrong() == []
    old = time.time() - 60
    os.utime(path, (old, old))
    assert [what.split(":")[0] for what in house.wrong()] == ["temporary_files_are_young"]


def test_left_in_sending(house: House) -> None:
    change(
        "UPDATE gallery_task SET status = 'sending', claimed_until = %s WHERE id = %s",
        timezone.now() - timedelta(seconds=60),
        house.tasks["unknown"].pk,
    )
    found = {what.split(":")[0] for what in house.wrong()}
    assert found == {"nothing_is_sent_past_its_claim", "nothing_is_open"}


def window(*tasks: Task, most: int = 8, end: float | None = None) -> Window:
    """Just now something was hurt that carried the sends of these."""
    end = time.time() if end is None else end
    return Window(end, frozenset(task.pk for task in tasks), most)


def test_an_unknown_that_nobody_brought_about(house: House) -> None:
    found = house.wrong(ambiguous=[])
    assert [what.split(":")[0] for what in found] == ["every_doubt_has_its_cause"] * 2
    # A kill of what was sending it explains it; one before it was sent or of another send does not.
    unknown = house.tasks["unknown"]
    answered = ["a written-off one"]
    assert not house.wrong(ambiguous=answered, windows=[window(unknown)])
    for blind in (
        window(unknown, end=time.time() - 600),
        window(house.tasks["done"], house.tasks["written-off"]),
        window(),
    ):
        assert len(house.wrong(ambiguous=answered, windows=[blind])) == 1


def test_no_more_are_excused_than_were_on_the_wire(house: House) -> None:
    both = house.tasks["unknown"], house.tasks["written-off"]
    for windows, left in (
        ([window(*both, most=2)], 0),
        ([window(*both, most=1)], 1),
        ([window(*both, most=1), window(*both, most=1)], 0),
        ([window(both[0], most=1), window(both[0], most=1)], 1),
        ([], 2),
    ):
        found = house.wrong(ambiguous=[], windows=windows)
        assert [what.split(":")[0] for what in found] == ["every_doubt_has_its_cause"] * left


def test_a_killed_sender_takes_no_answer_from_the_next_send(house: House) -> None:
    """Seed 6300 on PostgreSQL: its sender killed, sent again, and then answered with nonsense."""
    killed, doubted = house.tasks["unknown"], house.tasks["written-off"]
    if killed.pk > doubted.pk:
        killed, doubted = doubted, killed
    prompt = doubted.batch.prompt
    change("UPDATE gallery_batch SET prompt_id = %s WHERE id = %s", prompt.pk, killed.batch_id)

    def doubts(*ambiguous: str) -> list[str]:
        found = house.wrong(ambiguous=ambiguous, windows=[window(killed)])
        return [what for what in found if what.startswith("every_doubt_has_its_cause")]

    assert not doubts(prompt.text)
    assert len(doubts()) == 1


def test_the_key_in_a_file_a_log_or_a_table(house: House, tmp_path: Path, alice: User) -> None:
    log = tmp_path / "log"
    log.write_text(f"Authorization: {KEY}")
    assert any(what.startswith("the_key_is_nowhere") for what in house.wrong(logs=[log]))
    (house.world.data_dir / "note").write_text(KEY)
    assert any(what.startswith("the_key_is_nowhere") for what in house.wrong())
    tables = ["gallery_task", "gallery_studio"]
    assert invariants.key_in_rows(query, tables, KEY) == []
    change("UPDATE gallery_task SET detail = %s", f"it said {KEY}")
    assert invariants.key_in_rows(query, tables, KEY) == ["the key stands in gallery_task"]


def test_facts_may_stand_above_a_limit(house: House) -> None:
    """A proven charge is never refused: only a hold may not pass the limit."""
    total = Budget.objects.get(user=None)
    change(
        "UPDATE gallery_budget SET limit_kopecks = %s",
        total.held_kopecks + total.spent_kopecks,
    )
    assert house.wrong() == []
    lost = house.tasks["lost"]
    verbs = Task.objects
    verbs.filter(pk=lost.pk).update(cost_kopecks=lost.price_kopecks + 100)
    verbs.ask_again(lost.pk, by=lost.owner)
    verbs.lose(lost.pk, "never-came")
    assert house.wrong() == []
