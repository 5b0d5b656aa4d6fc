"""Many at once, on whatever database: each limit, claim and token holds."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from django.utils import timezone

from gallery.jobs import poll
from gallery.models import (
    AskFirst,
    Batch,
    BeyondBudget,
    Budget,
    ImageModel,
    Lease,
    Order,
    Prompt,
    Refusal,
    Task,
    TaskStatus,
    User,
)
from gallery.provider import answers
from tests.conftest import Submit
from tests.invariants import check_money

pytestmark = pytest.mark.django_db(transaction=True)

S = TaskStatus
MANY = 8
RACES = 3
"""One after the other, where a single one may happen to be run in turn."""
Found = TypeVar("Found")


@contextmanager
def own_connection() -> Iterator[None]:
    try:
        yield
    finally:
        connection.close()


def at_once(call: Callable[[int], Found]) -> list[Found | Exception]:
    """What `call` answers, or raises, when so many threads make it in the same moment."""
    start = threading.Barrier(MANY)
    found: list[Found | Exception] = []

    def run(number: int) -> None:
        with own_connection():
            connection.ensure_connection()
            start.wait(10)
            try:
                found.append(call(number))
            except Exception as error:  # whatever it is, the test is to see it
                found.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == MANY
    return found


def order(model: ImageModel, token: uuid.UUID | None = None) -> Order:
    token = token or uuid.uuid4()
    return Order(token, 1, model.price_kopecks, model, text="a race", ratio="1:1")


def test_a_look_before_the_leap_is_no_guard(task: Task) -> None:
    """The guard off: whoever looks first and writes then is one of many who won."""
    looked = threading.Barrier(MANY)

    def claim(number: int) -> bool:
        is_free = Task.objects.filter(pk=task.pk, status=S.QUEUED).exists()
        looked.wait(10)
        if is_free:
            Task.objects.filter(pk=task.pk).update(status=S.SENDING)
        return is_free

    assert at_once(claim).count(True) == MANY


def test_one_send_is_claimed_once(task: Task) -> None:
    claims = at_once(lambda number: Task.objects.claim_send(task.pk))
    assert sum(isinstance(claim, uuid.UUID) for claim in claims) == 1, claims
    assert claims.count(None) == MANY - 1
    assert Task.objects.get(pk=task.pk).attempts == 1


@pytest.mark.parametrize("whose", ["purse", "user"])
def test_no_hold_passes_a_limit(
    alice: User, bob: User, image_model: ImageModel, no_undo: None, whose: str
) -> None:
    """First in a month that nobody has opened yet."""

    def allow(limit: int) -> None:
        if whose == "purse":
            Budget.objects.set_purse(limit)
        else:
            User.objects.set_limit(alice, limit)

    people = [alice, bob] if whose == "purse" else [alice]
    for race in range(1, RACES + 1):
        allow(race * 3 * image_model.price_kopecks)
        found = at_once(
            lambda number: Batch.objects.submit(people[number % len(people)], order(image_model))
        )
        assert sum(isinstance(one, Batch) for one in found) == 3, found
        assert sum(isinstance(one, BeyondBudget) for one in found) == MANY - 3, found
        assert Task.objects.count() == 3 * race
        check_money()


def test_no_hold_of_many_orders_passes_a_limit(
    alice: User, image_model: ImageModel, no_undo: None
) -> None:
    prompts = [Batch.objects.submit(alice, order(image_model)).prompt for _ in range(3)]
    User.objects.set_limit(alice, (3 + 2 * 6) * image_model.price_kopecks)
    price = image_model.price_kopecks

    def press(number: int) -> list[Batch]:
        orders = [
            Order.rerun(prompt, token=uuid.uuid4(), count=2, price_kopecks=price)
            for prompt in prompts[:: 1 if number % 2 else -1]
        ]
        return Batch.objects.submit_all(alice, orders)

    found = at_once(press)
    assert sum(isinstance(one, list) for one in found) == 2, found
    assert sum(isinstance(one, BeyondBudget) for one in found) == MANY - 2, found
    assert Task.objects.count() == 3 + 2 * 6
    check_money()


def test_all_that_wait_are_canceled_or_sent_and_never_both(
    alice: User, submit: Submit, no_undo: None
) -> None:
    for race in range(RACES):
        tasks = [
            task.pk for _ in range(2) for task in submit(alice, f"{race}", count=8).tasks.all()
        ]

        def work(number: int, tasks: list[int] = tasks) -> Counter[str]:
            if number < 2:
                return Counter(canceled=Task.objects.cancel_all(alice, by=alice))
            if number == 2:
                one_by_one = [Task.objects.cancel(pk, by=alice) for pk in tasks[:4]]
                return Counter(canceled=one_by_one.count(True))
            return Counter(sending=sum(bool(Task.objects.claim_send(pk)) for pk in tasks))

        found = at_once(work)
        moved = sum((one for one in found if isinstance(one, Counter)), Counter[str]())
        assert moved.total() == len(tasks), found
        assert moved == Counter(Task.objects.filter(pk__in=tasks).values_list("status", flat=True))
        check_money()


def test_a_form_token_works_once(alice: User, image_model: ImageModel, no_undo: None) -> None:
    token = uuid.uuid4()
    found = at_once(lambda number: Batch.objects.submit(alice, order(image_model, token)))
    assert len({one.pk for one in found if isinstance(one, Batch)}) == 1, found
    assert all(isinstance(one, Batch) for one in found), found
    assert (Batch.objects.count(), Task.objects.count(), Prompt.objects.count()) == (1, 1, 1)
    check_money()


def test_nothing_stays_queued_for_who_is_deactivated(
    alice: User, admin: User, image_model: ImageModel, no_undo: None
) -> None:
    """A press that was let in a moment before is refused, or canceled with the rest."""

    def press(number: int) -> None:
        if number == 3:
            User.objects.deactivate(alice, by=admin)
        else:
            Batch.objects.submit(alice, order(image_model))

    at_once(press)
    assert not Task.objects.filter(status=S.QUEUED).exists()
    with pytest.raises(Refusal):
        Batch.objects.submit(alice, order(image_model))
    check_money()


def test_what_is_unknown_is_sent_again_once(
    alice: User, task: Task, image_model: ImageModel, no_undo: None
) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim
    Task.objects.doubt(task.pk, claim, "timeout", "")
    Task.objects.filter(pk=task.pk).update(claimed_until=None)
    task.refresh_from_db()

    def again(number: int) -> Batch:
        price = image_model.price_kopecks
        order = Order.again(task, token=uuid.uuid4(), price_kopecks=price)
        return Batch.objects.submit(alice, order)

    found = at_once(again)
    assert sum(isinstance(one, Batch) for one in found) == 1, found
    assert Task.objects.get(pk=task.pk).status == S.WRITTEN_OFF
    check_money()


def test_a_task_is_canceled_or_sent(submit: Submit, alice: User) -> None:
    for task in submit(alice, count=6).tasks.all():
        found = at_once(
            lambda number, pk=task.pk: (  # type: ignore[misc]
                Task.objects.cancel(pk, by=alice) if number % 2 else Task.objects.claim_send(pk)
            )
        )
        assert sum(bool(one) for one in found) == 1, found
    check_money()


def test_several_refusals_at_once_hold_their_owner_once(submit: Submit, alice: User) -> None:
    """Each sees those before it: neither is the third one missed, nor is it two of them."""
    for count, is_held in ((2, False), (MANY, True)):
        User.objects.update(held_until=None)
        Task.objects.filter(status=S.FAILED).update(reason="request-refused")
        claims = {task.pk: Task.objects.claim_send(task.pk) for task in submit(
            alice, f"{count} at once", MANY
        ).tasks.all()}  # fmt: skip
        sent = list(claims.items())

        def refuse(number: int, sent: Any = sent, count: int = count) -> bool:
            pk, claim = sent[number]
            reason = "content-refused" if number < count else "request-refused"
            return Task.objects.refuse(pk, claim, reason, "")

        assert at_once(refuse) == [True] * MANY
        assert User.objects.held().exists() is is_held
        refused = Task.objects.content_refused().order_by("ended_at")
        assert refused.count() == count
        if is_held:
            alice.refresh_from_db()
            assert alice.held_until
            third = refused[2].ended_at
            assert third
            day = timedelta(hours=24)
            assert third <= alice.held_until - day <= third + timedelta(seconds=5)
    check_money()


def test_a_polls_refusals_and_presses_do_not_stand_crosswise(
    submit: Submit, alice: User, bob: User, image_model: ImageModel
) -> None:
    """One transaction gives money back for several and locks whom it may hold; a press does both
    the other way about unless somebody saw to the order."""
    refused = answers.Failed("refused", 1001, None)
    for _ in range(6):
        tasks = []
        for owner in (alice, bob, alice, bob):
            task = submit(owner).tasks.get()
            claim = Task.objects.claim_send(task.pk)
            assert claim
            assert Task.objects.accept(task.pk, claim, uuid.uuid4().hex)
            tasks.append(Task.objects.select_related("batch").get(pk=task.pk))
        failing = answers.Failed("failed", 9, None)
        answered = [(task, refused if n else failing) for n, task in enumerate(tasks)]

        def work(number: int, answered: Any = answered) -> object:
            if number == 0:
                poll.record(answered)
                return None
            return Batch.objects.submit((alice, bob)[number % 2], order(image_model))

        found = at_once(work)
        assert not [one for one in found if isinstance(one, Exception)], found
        assert {task.status for task in Task.objects.filter(pk__in=[t.pk for t in tasks])} == {
            S.FAILED
        }
        User.objects.update(held_until=None)
        Task.objects.filter(status=S.FAILED).update(reason="request-refused")
    check_money()


def test_a_recipe_is_asked_about_though_both_presses_come_at_once(
    alice: User, image_model: ImageModel, no_undo: None
) -> None:
    found = at_once(
        lambda number: Batch.objects.submit(alice, replace(order(image_model), insists=""))
    )
    assert sum(isinstance(one, Batch) for one in found) == 1, found
    assert sum(isinstance(one, AskFirst) for one in found) == MANY - 1, found
    check_money()


def test_what_is_unknown_is_found_or_cleared(submit: Submit, alice: User, admin: User) -> None:
    """Two administrators with different knowledge: no lock of others keeps them apart."""
    for task in submit(alice, count=6).tasks.all():
        claim = Task.objects.claim_send(task.pk)
        assert claim
        Task.objects.doubt(task.pk, claim, "timeout", "")
        Task.objects.filter(pk=task.pk).update(claimed_until=None)
        found = at_once(
            lambda number, pk=task.pk: (  # type: ignore[misc]
                Task.objects.identify(pk, f"found-it-{pk}", by=admin)
                if number % 2
                else Task.objects.clear(pk, "asked", by=admin)
            )
        )
        assert found.count(True) == 1, found
    check_money()


def test_a_lease_has_one_holder() -> None:
    found = at_once(lambda number: Lease.objects.acquire("race", 60))
    assert sum(isinstance(one, uuid.UUID) for one in found) == 1, found


@pytest.mark.skipif(connection.vendor == "sqlite", reason="locks rows: one writer at a time here")
@pytest.mark.parametrize("other", ["claim", "cancel"])
def test_closing_an_account_locks_in_the_order_of_everybody(
    submit: Submit, alice: User, admin: User, other: str
) -> None:
    """Closing holds its owner, then each task: who holds a task of theirs waits for neither.

    The other comes while closing waits in the middle of its tasks, and takes the last of them.
    """
    last, middle, _ = submit(alice, count=3).tasks.order_by("pk")
    failed: list[Exception] = []

    def run(call: Callable[[], object]) -> None:
        with own_connection():
            try:
                call()
            except Exception as error:  # a deadlock that the database resolved by aborting one
                failed.append(error)

    deeds: list[Callable[[], object]] = [
        lambda: User.objects.deactivate(alice, by=admin),
        lambda: (
            Task.objects.claim_send(last.pk)
            if other == "claim"
            else Task.objects.cancel(last.pk, by=alice)
        ),
    ]
    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    with transaction.atomic():
        Task.objects.select_for_update().get(pk=middle.pk)
        for number, thread in enumerate(threads, start=1):
            thread.start()
            wait_for_lock(number)
    for thread in threads:
        thread.join(20)
    assert failed == []
    assert {task.status for task in Task.objects.all()} == {S.CANCELED}
    check_money()


def wait_for_lock(waiting: int) -> None:
    """Until so many others wait for what somebody has locked in this database."""
    deadline = time.monotonic() + 10
    while (count := count_waiting()) < waiting:
        assert time.monotonic() < deadline, f"{count} of {waiting} wait"
        time.sleep(0.02)


def count_waiting() -> int:
    """How many wait for what somebody has locked in this PostgreSQL database."""
    with connection.cursor() as cursor:
        # What is seen of the others stays the same for a whole transaction, unless one asks.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        count: int = cursor.fetchone()[0]
    return count


def test_an_alarm_rings_once(task: Task) -> None:
    long_ago = timezone.now() - timedelta(hours=2)
    Task.objects.filter(pk=task.pk).update(status=S.SAVING, ready_at=long_ago)
    assert at_once(lambda number: Task.objects.ring(task.pk, 1)).count(True) == 1
