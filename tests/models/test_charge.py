"""The ledger is final, in code and in the database; months keep what was held in them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from gallery.models import Budget, Charge, ChargeKind, LedgerIsFinal, OverLimit, Task, User
from tests.conftest import Submit
from tests.invariants import check_money


@pytest.mark.parametrize(
    "edit",
    [
        lambda line: line.save(),
        lambda line: line.delete(),
        lambda line: Charge.objects.filter(pk=line.pk).update(held_kopecks=0),
        lambda line: Charge.objects.filter(pk=line.pk).delete(),
        lambda line: Charge.objects.bulk_update([line], ["held_kopecks"]),
    ],
)
def test_a_line_cannot_be_edited_or_deleted(task: Task, edit: Any) -> None:
    with pytest.raises(LedgerIsFinal):
        edit(Charge.objects.get(task=task))


def test_the_database_refuses_an_update_too(task: Task) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE gallery_charge SET held_kopecks = 0")


def test_a_charge_stays_in_the_month_of_its_hold(task: Task, alice: User) -> None:
    then = date(2025, 1, 1)
    Budget.objects.bulk_create(
        Budget(month=then, user=user, demo=True, held_kopecks=400) for user in (None, alice)
    )
    older = Task.objects.create(
        batch=task.batch,
        owner=alice,
        model=task.model,
        position=1,
        provider=task.provider,
        price_kopecks=400,
    )
    Charge.objects.hold([older], then)
    Charge.objects.settle(older)
    assert set(Charge.objects.filter(task=older).values_list("month", flat=True)) == {then}
    sums = Budget.objects.filter(month=then).values_list("held_kopecks", "spent_kopecks")
    assert list(sums) == [(0, 400), (0, 400)]
    assert not Budget.objects.exclude(month=then).exclude(spent_kopecks=0).exists()


def test_release_after_settle_is_an_adjust(task: Task) -> None:
    with transaction.atomic():
        Charge.objects.settle(task)
        Charge.objects.release(task, unconfirmed=True)
        Charge.objects.release(task)
    last = Charge.objects.filter(task=task).last()
    assert last is not None
    assert (last.kind, last.spent_kopecks, last.unconfirmed) == (ChargeKind.ADJUST, -400, True)
    assert Charge.objects.spent_on(task) == 0


def test_settle_after_release_spends_without_a_hold(task: Task) -> None:
    with transaction.atomic():
        Charge.objects.release(task, unconfirmed=True)
        Charge.objects.settle(task, 400)
        Charge.objects.settle(task, 400)
    own = Budget.objects.get(user=task.owner)
    assert (own.held_kopecks, own.spent_kopecks) == (0, 400)


def test_facts_may_stand_above_a_limit_and_then_nothing_new_is_held(
    submit: Submit, task: Task, alice: User
) -> None:
    User.objects.set_limit(alice, 450)
    with transaction.atomic():
        Charge.objects.settle(task, 2000)
    own = Budget.objects.get(user=alice)
    assert (own.spent_kopecks, own.left_kopecks) == (2000, 0)
    with pytest.raises(OverLimit), transaction.atomic():
        Budget.objects.hold(alice, 1, demo=True)


def test_demo_money_and_real_money_are_apart(submit: Submit, alice: User, settings: Any) -> None:
    submit(alice)
    settings.IS_DEMO, settings.PROVIDER = False, "https://real.example/v1"
    submit(alice, count=2)
    held = dict(Budget.objects.filter(user=alice).values_list("demo", "held_kopecks"))
    assert held == {True: 400, False: 800}
    check_money()


def test_a_missing_budget_row_is_noticed(task: Task) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        Budget.objects.book(task.owner_id, date(2001, 1, 1), demo=True, held=0, spent=1)
