"""Thousands of pictures by one press: one sum, whole or not at all; and all of them taken back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from gallery.models import (
    Batch,
    BeyondBudget,
    Budget,
    Charge,
    Event,
    ImageModel,
    ModelOff,
    Order,
    PriceChanged,
    Prompt,
    PromptTrashed,
    Refusal,
    Task,
    TaskStatus,
    TokenReused,
    User,
    budget,
)
from gallery.models.batch import AccountClosed
from tests.conftest import Submit
from tests.invariants import check_money

Orders = Callable[..., list[Order]]


@pytest.fixture
def dear(image_model: ImageModel) -> ImageModel:
    return ImageModel.objects.create(
        remote_id="dear", label="Dear", price_kopecks=1000, is_enabled=True
    )


@pytest.fixture
def orders(alice: User, image_model: ImageModel, dear: ImageModel) -> Orders:
    """Re-runs of so many prompts, of one picture or two each, at 4 and 10 roubles in turn."""

    def make(count: int = 3) -> list[Order]:
        found = []
        for number in range(count):
            model = dear if number % 2 else image_model
            prompt = Prompt.objects.write(
                owner=alice, text=f"a bird {number}", model=model, ratio="1:1"
            )
            token, price = uuid.uuid4(), model.price_kopecks
            found.append(
                Order.rerun(prompt, token=token, count=1 + number % 2, price_kopecks=price)
            )
        return found

    return make


def test_they_are_accepted_together(alice: User, orders: Orders) -> None:
    pressed = orders()
    batches = Batch.objects.submit_all(alice, pressed)
    assert [batch.form_token for batch in batches] == [order.token for order in pressed]
    assert [batch.content_hash for batch in batches] == [order.content_hash for order in pressed]
    assert {(batch.kind, batch.owner_id) for batch in batches} == {("rerun", alice.pk)}
    assert [batch.tasks.count() for batch in batches] == [1, 2, 1]
    assert [task.position for task in batches[1].tasks.order_by("pk")] == [0, 1]
    assert {task.model_id for task in batches[1].tasks.all()} == {pressed[1].model.pk}
    held = list(Charge.objects.values_list("kind", "held_kopecks"))
    assert held == [("hold", 400), ("hold", 1000), ("hold", 1000), ("hold", 400)]
    assert [event.kind for event in Event.objects.all()] == ["held"] * 4
    assert [row.held_kopecks for row in Budget.objects.all()] == [2800, 2800]
    check_money()


def _nothing_is_ordered(alice: User, orders: list[Order], refusal: type[Refusal]) -> Refusal:
    before = [model.objects.count() for model in (Batch, Task, Charge, Event)]
    with pytest.raises(refusal) as found:
        Batch.objects.submit_all(alice, orders)
    assert before == [model.objects.count() for model in (Batch, Task, Charge, Event)]
    check_money()
    assert isinstance(found.value, Refusal)
    return found.value


@pytest.mark.parametrize(("limit", "fits"), [(2799, 3), (2399, 2), (1399, 1), (399, 0)])
@pytest.mark.parametrize("whose", ["purse", "user"])
def test_what_does_not_fit_a_limit_is_refused_whole_with_how_many_would(
    alice: User, orders: Orders, whose: str, limit: int, fits: int
) -> None:
    if whose == "purse":
        Budget.objects.set_purse(limit)
    else:
        User.objects.set_limit(alice, limit)
    pressed = orders()
    refusal = _nothing_is_ordered(alice, pressed, BeyondBudget)
    assert isinstance(refusal, BeyondBudget)
    assert (refusal.whose, refusal.fits) == (whose, fits)
    assert not Budget.objects.filter(held_kopecks__gt=0).exists()
    Budget.objects.set_purse(2800)
    User.objects.set_limit(alice, 2800)
    assert len(Batch.objects.submit_all(alice, pressed)) == 3
    check_money()


def test_one_that_cannot_be_is_none_of_them(alice: User, orders: Orders, dear: ImageModel) -> None:
    good = orders()
    last = good[-1]
    forged = [*good[:-1], replace(last, price_kopecks=1)]
    refusal = _nothing_is_ordered(alice, forged, PriceChanged)
    assert isinstance(refusal, PriceChanged)
    assert refusal.price_kopecks == 400
    assert last.prompt
    Prompt.objects.trash(last.prompt.pk)
    _nothing_is_ordered(alice, good, PromptTrashed)
    Prompt.objects.restore(last.prompt.pk)
    Batch.objects.submit(alice, replace(last, count=5))
    _nothing_is_ordered(alice, good, TokenReused)
    ImageModel.objects.switch_off(dear.pk, "switched-off", "")
    _nothing_is_ordered(alice, good, ModelOff)
    User.objects.deactivate(alice, by=alice)
    _nothing_is_ordered(alice, good, AccountClosed)


def test_thousands_ask_no_more(alice: User, orders: Orders) -> None:
    """But for the rows themselves, which go in by the hundred."""

    def queries(count: int) -> int:
        pressed = orders(count)
        with CaptureQueriesContext(connection) as seen:
            Batch.objects.submit_all(alice, pressed)
        with CaptureQueriesContext(connection) as more:
            assert Task.objects.cancel_all(alice, by=alice) == sum(one.count for one in pressed)
        said: list[str] = [query["sql"] for query in (*seen, *more)]
        written = sum(sql.startswith("INSERT") for sql in said)
        assert written < 8 + count / 5
        return len(said) - written

    queries(2)
    assert queries(4) == queries(400)


def test_what_costs_nothing_fits_every_limit(alice: User, orders: Orders) -> None:
    Batch.objects.submit_all(alice, orders())
    User.objects.set_limit(alice, 1)
    [order] = orders(1)
    with pytest.raises(BeyondBudget) as refusal:
        Batch.objects.submit_all(alice, [order])
    assert refusal.value.fits == 0
    ImageModel.objects.filter(pk=order.model.pk).update(price_kopecks=0)
    [batch] = Batch.objects.submit_all(alice, [replace(order, price_kopecks=0)])
    assert batch.tasks.count() == 1
    check_money()


def test_what_goes_wrong_else_is_no_used_token(alice: User, orders: Orders) -> None:
    with pytest.raises(IntegrityError):
        Batch.objects.submit_all(alice, [replace(order, count=9) for order in orders()])
    check_money()


def test_a_queued_task_without_its_hold_is_not_passed_over(alice: User, orders: Orders) -> None:
    [batch] = Batch.objects.submit_all(alice, orders(1))
    bare = Task.objects.create(
        batch=batch, owner=alice, model=batch.prompt.model, position=9, provider="demo",
        price_kopecks=400,
    )  # fmt: skip
    with pytest.raises(RuntimeError, match="without its hold"):
        Task.objects.cancel_all(alice, by=alice)
    assert set(Task.objects.values_list("status", flat=True)) == {TaskStatus.QUEUED}
    Task.objects.filter(pk=bare.pk).delete()
    check_money()


def test_all_that_wait_are_taken_back(
    alice: User, bob: User, orders: Orders, submit: Submit
) -> None:
    others = submit(bob, "another's")
    batches = Batch.objects.submit_all(alice, orders())
    sending = Task.objects.filter(batch=batches[0]).get()
    assert Task.objects.claim_send(sending.pk)
    [first, second] = batches[1].tasks.order_by("pk")
    Task.objects.cancel(first.pk, by=alice)
    assert Task.objects.cancel_all(alice, by=alice) == 2
    states = dict(Task.objects.values_list("pk", "status"))
    last = Task.objects.get(batch=batches[2])
    assert states == {
        others.tasks.get().pk: TaskStatus.QUEUED,
        sending.pk: TaskStatus.SENDING,
        first.pk: TaskStatus.CANCELED,
        second.pk: TaskStatus.CANCELED,
        last.pk: TaskStatus.CANCELED,
    }
    released = Charge.objects.filter(kind="release").order_by("task_id")
    assert [(one.task_id, one.held_kopecks, one.actor) for one in released] == [
        (first.pk, -1000, alice),
        (second.pk, -1000, alice),
        (last.pk, -400, alice),
    ]
    [event] = last.events.filter(kind="canceled")
    assert event.actor == alice
    last.refresh_from_db()
    second_now = Task.objects.get(pk=second.pk)
    assert last.ended_at
    assert second_now.version == second.version + 1
    assert Budget.objects.get(user=alice).held_kopecks == 400
    assert Task.objects.cancel_all(alice, by=alice) == 0
    check_money()


def test_what_was_held_last_month_goes_back_there(
    alice: User, orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        then.setattr(budget, "current_month", lambda: date(2020, 1, 1))
        Batch.objects.submit_all(alice, orders())
    Batch.objects.submit_all(alice, orders(1))
    assert Task.objects.cancel_all(alice, by=alice) == 5
    assert not Budget.objects.exclude(held_kopecks=0).exists()
    released = Charge.objects.filter(kind="release").order_by("pk")
    assert [charge.month.year == 2020 for charge in released] == [True, True, True, True, False]
    check_money()
