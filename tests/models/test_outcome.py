"""Prompts by what became of them: any one task decides, and the ledger says what cost nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from gallery.models import Outcome, Prompt, Task, User
from tests.conftest import Submit
from tests.views.conftest import accept, doubt, refuse

FREE, OPEN, FAILED, DOUBTFUL = Outcome.FREE, Outcome.OPEN, Outcome.FAILED, Outcome.DOUBTFUL


def cancel(task: Task) -> None:
    assert Task.objects.cancel(task.pk, by=task.owner)


def lose(task: Task) -> None:
    accept(task)
    assert Task.objects.lose(task.pk, "never-came")


def write_off(task: Task) -> None:
    doubt(task)
    assert Task.objects.write_off(task.pk, "given-up", by=task.owner)


def fail_charged(task: Task) -> None:
    """The provider made no picture, and says that it kept the money."""
    accept(task)
    assert Task.objects.fail(task.pk, "provider-failed", "", 400)


def deliver(task: Task) -> None:
    """Done, as far as states and money go."""
    accept(task)
    assert Task.objects.ready(task.pk, "https://pictures.example/one.webp", None)


@pytest.mark.parametrize(
    ("happens", "outcomes"),
    [
        (lambda task: None, {OPEN}),
        (accept, {OPEN}),
        (deliver, {OPEN}),
        (cancel, {FREE}),
        (refuse, {FAILED, FREE}),
        (fail_charged, {FAILED}),
        (doubt, {DOUBTFUL}),
        (lose, {DOUBTFUL}),
        (write_off, {DOUBTFUL}),
    ],
)
def test_outcomes(
    submit: Submit, alice: User, happens: Callable[[Task], None], outcomes: set[Outcome]
) -> None:
    task = submit(alice).tasks.get()
    happens(task)
    assert {one for one in Outcome if Prompt.objects.with_outcome(one).exists()} == outcomes


def test_any_one_task_decides(submit: Submit, alice: User) -> None:
    open_task, refused, doubted = submit(alice, count=3).tasks.order_by("pk")
    refuse(refused)
    doubt(doubted)
    found = {one for one in Outcome if Prompt.objects.with_outcome(one).count() == 1}
    assert found == {OPEN, FAILED, DOUBTFUL}
    cancel(open_task)
    assert not Prompt.objects.with_outcome(OPEN).exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by its statistics")
@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_is_looked_for_among_a_persons_own(
    submit: Submit, alice: User, outcome: Outcome
) -> None:
    """By the state's index, each prompt would be compared with every task that is done."""
    submit(alice)
    plan = Prompt.objects.of(alice).kept().with_outcome(outcome).order_by("-pk")[:21].explain()
    assert "prompt_of_owner" in plan or "prompt_in_history" in plan
    assert "batch_id=?" in plan
    assert "task_due" not in plan
    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan
