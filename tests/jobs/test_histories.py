"""Whatever happens in whatever order: no charge twice, no money lost sight of, no illegal move.

Orders, sends, answers, deaths, time, restores and people's deeds as Hypothesis finds them, through
the real jobs, the real client and real sockets. The provider's own log is the truth.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from hypothesis import HealthCheck, reject, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gallery.jobs import poll, restored, save, submit, sweep
from gallery.models import (
    MOVES,
    Batch,
    BeyondBudget,
    Budget,
    Charge,
    ChargeKind,
    Image,
    ImageModel,
    Order,
    Refusal,
    RemoteIdTaken,
    Studio,
    Task,
    TaskStatus,
    User,
)
from gallery.provider import answers
from gallery.provider.client import Client, clock
from tests.conftest import KEY
from tests.invariants import check_money
from tests.jobs.histories import CREATES, FILES, Key, Provider, pass_time
from tests.models.test_task import FILE
from tests.provider.servers import closed_port

S = TaskStatus
HISTORIES = int(os.environ.get("TEST_HISTORIES", "20" if connection.vendor == "sqlite" else "8"))
"""How many are tried, for half a minute; `make chaos` tries more."""
STEPS = 50
PICTURES = 6
"""What a member may order in a month, and two thirds of what the purse has room for."""

RESCUED = "originals/rescued-"
"""Rows alone: what an upload does with its file is tried elsewhere."""
AT_THE_PROVIDER = {S.SENDING, S.UNKNOWN, S.WRITTEN_OFF, S.RENDERING, S.SAVING, S.DONE, S.LOST}
USUAL = st.one_of(st.just("accepted"), st.sampled_from(CREATES))
SOME = st.integers(0, 7)
"""Which of the rows that fit."""


@dataclass
class Sender:
    """One process with one create to make. It may sleep at any point, and for any time."""

    key: Key
    task: Task
    claim: uuid.UUID
    deadline: float
    outcome: answers.CreateOutcome | None = None


@dataclass
class Backup:
    """The database as it was."""

    savepoint: str
    states: dict[int, TaskStatus]


@dataclass
class World:
    """What outlives one history."""

    people: list[User]
    admin: User
    provider: Provider
    client: Client
    deaf: Client
    """It knows an address at which nobody listens."""


@dataclass
class Told:
    """What people have said of tasks: only that excuses money from following the truth."""

    cleared: set[Key] = field(default_factory=set)
    identified: set[Key] = field(default_factory=set)


class Histories(RuleBasedStateMachine):
    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.provider = world.provider
        self.provider.forget()
        self.senders: list[Sender] = []
        self.backup: Backup | None = None
        self.told = Told()
        self.tokens = 0
        self.last: tuple[User, Order, int] | None = None
        self.around = transaction.atomic()
        self.around.__enter__()
        self.model = ImageModel.objects.get(remote_id="gpt-image-1-low")
        self.states: dict[int, TaskStatus] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)

    @initialize(counts=st.lists(st.integers(1, 2), min_size=1, max_size=3))
    def begin(self, counts: list[int]) -> None:
        price = self.model.price_kopecks
        Budget.objects.set_purse(PICTURES * price * 3 // 2)
        for number, user in enumerate(self.world.people):
            User.objects.set_limit(user, PICTURES * price)
            Studio.objects.filter(pk=1).update(undo_send_seconds=0)
            self.order(number, counts[number % len(counts)])

    # People

    @rule(who=SOME, count=st.integers(1, 3))
    def order(self, who: int, count: int) -> None:
        self.tokens += 1
        token = uuid.UUID(int=self.tokens)
        price = self.model.price_kopecks
        order = Order(token, count, price, self.model, text=token.hex, ratio="1:1")
        self._press(self.world.people[who % 2], order, price * count)

    @precondition(lambda self: self.last is not None)
    @rule()
    def press_the_same_form_again(self) -> None:
        assert self.last is not None
        owner, order, pk = self.last
        before = self._held()
        assert Batch.objects.submit(owner, order).pk == pk
        assert self._held() == before

    @precondition(lambda self: self.any(S.UNKNOWN))
    @rule(which=SOME)
    def send_again(self, which: int) -> None:
        task = self.pick(which, S.UNKNOWN)
        self.tokens += 1
        price = self.model.price_kopecks
        order = Order.again(task, token=uuid.UUID(int=self.tokens), price_kopecks=price)
        if task.may_still_be_answered:
            with pytest.raises(Refusal):
                Batch.objects.submit(task.owner, order)
        else:
            self._press(task.owner, order, price)

    @rule(which=SOME)
    def cancel(self, which: int) -> None:
        """Whatever it is: only what is queued can be taken back."""
        task = self.pick(which, *S)
        assert Task.objects.cancel(task.pk, by=task.owner) == (task.status == S.QUEUED)

    @precondition(lambda self: self.any(S.LOST))
    @rule(which=SOME)
    def ask_again(self, which: int) -> None:
        task = self.pick(which, S.LOST)
        assert poll.ask_again(task.pk, task.owner)

    # Administrators

    @precondition(lambda self: self.any(S.UNKNOWN, S.WRITTEN_OFF))
    @rule(which=SOME, finds_it=st.booleans())
    def identify(self, which: int, finds_it: bool) -> None:
        task = self.pick(which, S.UNKNOWN, S.WRITTEN_OFF)
        found = next(iter(self.provider.of(self.key(task))), None)
        name = found if finds_it and found else f"mistaken-{task.pk}"
        if Task.objects.filter(remote_id=name).exists():  # told of another, whose answer was lost
            with pytest.raises(RemoteIdTaken):
                Task.objects.identify(task.pk, name, by=self.world.admin)
            return
        assert Task.objects.identify(task.pk, name, by=self.world.admin)
        self.told.identified.add(self.key(task))

    @precondition(lambda self: self.any(S.UNKNOWN))
    @rule(which=SOME)
    def clear(self, which: int) -> None:
        task = self.pick(which, S.UNKNOWN)
        cleared = Task.objects.clear(task.pk, "not in their list", by=self.world.admin)
        assert cleared != task.may_still_be_answered
        if cleared:
            self.told.cleared.add(self.key(task))

    @precondition(lambda self: self.any(S.UNKNOWN))
    @rule(which=SOME)
    def write_off(self, which: int) -> None:
        task = self.pick(which, S.UNKNOWN)
        written = Task.objects.write_off(task.pk, "given-up", by=self.world.admin)
        assert written != task.may_still_be_answered

    @precondition(lambda self: self.any(S.LOST))
    @rule(which=SOME)
    def rescue(self, which: int) -> None:
        task = self.pick(which, S.LOST)
        file = replace(FILE, name=f"{RESCUED}{task.pk}.webp")
        place = django_settings.DATA_DIR / file.name
        place.parent.mkdir(exist_ok=True)
        place.touch()
        assert Task.objects.rescue(task.pk, file, by=self.world.admin)

    @rule(who=SOME, deed=st.sampled_from(["pause", "close", "resume", "resume", "resume"]))
    def administer(self, who: int, deed: str) -> None:
        """Two ways to stop work, and more to let it go on: else most histories stand still."""
        user, admin = self.world.people[who % 2], self.world.admin
        if deed == "pause":
            Studio.objects.pause("by-hand", by=admin)
        elif deed == "close":
            User.objects.deactivate(user, by=admin)
            assert not Task.objects.of(user).filter(status=S.QUEUED).exists()
        else:
            Studio.objects.resume(by=admin)
            ImageModel.objects.switch_on(self.model.pk)
            for user in self.world.people:
                User.objects.activate(user)

    # Sending

    @precondition(lambda self: self.any(S.QUEUED))
    @rule(which=SOME)
    def claim(self, which: int) -> None:
        self._claim(self.pick(which, S.QUEUED))

    @precondition(lambda self: self.waiting())
    @rule(which=SOME, behaviour=st.sampled_from(CREATES))
    def send(self, which: int, behaviour: str) -> None:
        sender = self.a_waiting(which)
        sender.outcome = self._create(self.world.client, sender, behaviour)

    @precondition(lambda self: self.any(S.QUEUED))
    @rule(behaviours=st.lists(USUAL, min_size=4, max_size=4), killed=st.booleans())
    def everything_queued_leaves(self, behaviours: list[str], killed: bool) -> None:
        """As the pump does it, one after the other; the last one may be killed in mid-call."""
        queued = [pk for pk, state in self.states.items() if state == S.QUEUED]
        tasks = Task.objects.select_related("batch__prompt", "model").filter(pk__in=queued[:4])
        for task, behaviour in zip(tasks, behaviours, strict=False):
            sender = self._claim(task)
            if sender is None:
                continue
            self.only_legal_moves()
            self.senders.remove(sender)
            outcome = self._create(self.world.client, sender, behaviour)
            if not (killed and task.pk == queued[0]):
                submit.settle_outcome(sender.task, sender.claim, outcome)
            self.only_legal_moves()

    @precondition(lambda self: self.waiting())
    @rule(which=SOME, seconds=st.sampled_from([1, 301]))
    def sleep_at_the_fence(self, which: int, seconds: int) -> None:
        """Asked, allowed, and stopped before the first byte: for longer than a create may take."""
        sender = self.a_waiting(which)
        sender.deadline = clock() + 0.3
        outcome = self._create(self.world.client, sender, "accepted", sleep=seconds)
        assert isinstance(outcome, answers.NotSent)
        sender.outcome = outcome

    @precondition(lambda self: self.waiting())
    @rule(which=SOME)
    def find_nobody_there(self, which: int) -> None:
        sender = self.a_waiting(which)
        sender.outcome = self._create(self.world.deaf, sender, "accepted")
        assert isinstance(sender.outcome, answers.NotSent)

    @precondition(lambda self: self.answered())
    @rule(which=SOME)
    def answer(self, which: int) -> None:
        """Write down what came back, be it long after."""
        ready = [sender for sender in self.senders if sender.outcome]
        sender = ready[which % len(ready)]
        self.senders.remove(sender)
        assert sender.outcome
        submit.settle_outcome(sender.task, sender.claim, sender.outcome)

    @precondition(lambda self: self.senders)
    @rule(which=SOME)
    def kill(self, which: int) -> None:
        del self.senders[which % len(self.senders)]

    # The provider, polling and saving

    @precondition(lambda self: self.open_remotely())
    @rule(which=SOME, end=st.sampled_from(["done", "done", "failed", "kept", "dear", "forgotten"]))
    def end_at_the_provider(self, which: int, end: str) -> None:
        idle = self.open_remotely()
        remote = idle[which % len(idle)]
        remote.is_known = end != "forgotten"
        remote.status = {"forgotten": "idle", "dear": "done", "kept": "failed"}.get(end, end)
        remote.is_refunded = end == "failed"
        remote.cost = {"kept": 3.5, "dear": 4.5}.get(end)

    @precondition(lambda self: self.any(S.RENDERING, S.SAVING))
    @rule(ready=st.booleans())
    def everything_open_is_asked_about_and_fetched(self, ready: bool) -> None:
        for remote in self.open_remotely() if ready else []:
            remote.status = "done"
        self.provider.file = "good"
        for work, state in ((self._ask, S.RENDERING), (save.save, S.SAVING)):
            for pk in [pk for pk, found in self.states.items() if found == state]:
                work(pk)
            self.only_legal_moves()

    @precondition(lambda self: self.any(S.RENDERING))
    @rule(which=SOME)
    def ask(self, which: int) -> None:
        self._ask(self.pick(which, S.RENDERING).pk)

    @precondition(lambda self: self.any(S.SAVING))
    @rule(which=SOME, file=st.sampled_from(FILES))
    def fetch(self, which: int, file: str) -> None:
        self.provider.file = file
        save.save(self.pick(which, S.SAVING).pk)

    @precondition(lambda self: self.any(S.SAVING))
    @rule(which=SOME)
    def die_while_saving(self, which: int) -> None:
        Task.objects.claim_save(self.pick(which, S.SAVING).pk)

    # Time and disasters

    @rule(
        seconds=st.sampled_from([1, 60, 301, 301, 1900, 73 * 3600]),
        jumps=st.booleans(),
        swept=st.booleans(),
    )
    def time_passes(self, seconds: int, jumps: bool, swept: bool) -> None:
        """Or the clock alone jumps: claims run out by it, and senders measure by another."""
        pass_time(seconds)
        for sender in self.senders if not jumps else []:
            sender.deadline -= seconds
        if swept:
            sweep.sweep()
            assert not Task.objects.overdue_sends().exists()

    @rule(back=st.sampled_from([False, False, True]))
    def back_up_or_restore(self, back: bool) -> None:
        """Everything is stopped, the database is what it was, and it is told so."""
        if not back or self.backup is None:
            self.backup = Backup(transaction.savepoint(), dict(self.states))
            return
        self.senders.clear()
        self.last = None
        transaction.savepoint_rollback(self.backup.savepoint)
        self.states = dict(self.backup.states)
        restored.note()
        assert Studio.objects.current().is_paused
        assert not Task.objects.filter(status=S.QUEUED).exists()
        self.only_legal_moves()
        Studio.objects.resume(by=self.world.admin)

    # What holds after each step

    @invariant()
    def only_legal_moves(self) -> None:
        now = {pk: S(status) for pk, status in Task.objects.values_list("pk", "status")}
        for pk, before in self.states.items():
            assert now[pk] == before or now[pk] in MOVES[before], (pk, before, now[pk])
        self.states = now

    @invariant()
    def money_fits(self) -> None:
        check_money()

    @invariant()
    def nothing_is_charged_twice(self) -> None:
        assert all(count == 1 for count in self.provider.charges.values())

    @invariant()
    def tasks_agree_with_the_truth(self) -> None:
        for task in Task.objects.select_related("batch"):
            key = self.key(task)
            if self.provider.keeps(key):
                cleared = task.status == S.FAILED and (key in self.told.cleared or self._paid(task))
                assert task.status in AT_THE_PROVIDER or cleared, (task.pk, task.status)
                given_back = Charge.objects.filter(task=task, kind=ChargeKind.RELEASE).exists()
                assert not given_back or key in self.told.cleared, task.pk
            elif not self.provider.charges[key] and key not in self.told.identified:
                assert task.status not in {S.RENDERING, S.SAVING, S.DONE, S.LOST}, task.pk

    @invariant()
    def pictures_are_there(self) -> None:
        done = set(Task.objects.filter(status=S.DONE).values_list("pk", flat=True))
        assert set(Image.objects.values_list("task", flat=True)) == done
        for image in Image.objects.exclude(file__startswith=RESCUED):
            content = (django_settings.DATA_DIR / image.file).read_bytes()
            assert hashlib.sha256(content).hexdigest() == image.sha256

    # Finding

    def any(self, *states: TaskStatus) -> bool:
        return not self.states or any(state in states for state in self.states.values())

    def pick(self, which: int, *states: TaskStatus) -> Task:
        fitting = [pk for pk, state in sorted(self.states.items()) if state in states]
        if not fitting:
            reject()
        tasks = Task.objects.select_related("batch__prompt", "model", "owner")
        return tasks.get(pk=fitting[which % len(fitting)])

    def key(self, task: Task) -> Key:
        return task.batch.form_token.hex, task.position

    def waiting(self) -> list[Sender]:
        return [sender for sender in self.senders if sender.outcome is None]

    def answered(self) -> list[Sender]:
        return [sender for sender in self.senders if sender.outcome]

    def a_waiting(self, which: int) -> Sender:
        return self.waiting()[which % len(self.waiting())]

    def open_remotely(self) -> list[Any]:
        return [remote for remote in self.provider.remote.values() if remote.status == "idle"]

    # Doing

    def _claim(self, task: Task) -> Sender | None:
        deadline = clock() + django_settings.CREATE_SECONDS
        claim = Task.objects.claim_send(task.pk)
        if claim is None:
            return None
        assert not Studio.objects.current().is_paused
        task.refresh_from_db()
        sender = Sender(self.key(task), task, claim, deadline)
        self.senders.append(sender)
        return sender

    def _ask(self, pk: int) -> None:
        poll.poll(pk, self.world.client)

    def _create(
        self, client: Client, sender: Sender, behaviour: str, sleep: int = 0
    ) -> answers.CreateOutcome:
        self.provider.sending = (sender.key, behaviour)

        def may_send() -> bool:
            allowed = Task.objects.may_send(sender.task.pk, sender.claim)
            if sleep:
                self.time_passes(sleep, jumps=False, swept=True)
                time.sleep(max(0.0, sender.deadline + sleep - clock() + 0.01))
            return allowed

        prompt = sender.task.batch.prompt
        charges = self.provider.charges[sender.key]
        own = Task.objects.filter(pk=sender.task.pk, status=S.SENDING, claim=sender.claim)
        may_leave = own.exists() and not Studio.objects.current().is_paused
        outcome = client.create(
            model=sender.task.model.remote_id,
            prompt=prompt.text,
            ar=prompt.ratio,
            images=prompt.reference_urls,
            deadline=sender.deadline,
            may_send=may_send,
        )
        assert may_leave or self.provider.charges[sender.key] == charges
        assert may_leave or isinstance(outcome, answers.NotSent)
        return outcome

    def _press(self, owner: User, order: Order, kopecks: int) -> None:
        """It is accepted exactly when it fits both limits, and the account and model are open."""
        owner = User.objects.get(pk=owner.pk)
        is_open = owner.is_active and ImageModel.objects.get(pk=self.model.pk).is_enabled
        limits = [limit for limit in self._left(owner) if limit is not None]
        fits = all(left >= kopecks for left in limits)
        try:
            batch = Batch.objects.submit(owner, order)
        except BeyondBudget:
            assert is_open
            assert not fits
        except Refusal:
            assert not is_open
        else:
            assert is_open
            assert fits or order.replaces is not None
            self.last = (owner, order, batch.pk)

    def _left(self, owner: User) -> list[int | None]:
        rows = Budget.objects.open_month(owner, demo=False)
        return [row.left_kopecks for row in rows]

    def _held(self) -> int:
        return sum(Budget.objects.filter(user=None).values_list("held_kopecks", flat=True))

    def _paid(self, task: Task) -> bool:
        """Failed, and the provider has kept what it says: that is in the ledger."""
        return bool(task.cost_kopecks) and Charge.objects.spent_on(task) == task.cost_kopecks


@pytest.fixture(scope="module")
def truthful() -> Iterator[Provider]:
    found = Provider()
    yield found
    found.server.close()


@pytest.fixture
def world(
    truthful: Provider, alice: User, bob: User, admin: User, settings: Any
) -> Iterator[World]:
    """With the timings of a real installation, for time passes only when it is told to."""
    settings.CLAIM_SECONDS, settings.CREATE_SECONDS, settings.DOWNLOAD_SECONDS = 300, 180, 120
    settings.TICK_SECONDS = settings.BACKOFF_BASE_SECONDS = 0
    settings.IS_DEMO = False
    settings.PROVIDER = settings.PROVIDER_URL = f"http://{truthful.host}/v1"
    settings.PROVIDER_KEY = KEY
    settings.RESULT_HOSTS = [truthful.host]
    Studio.objects.current()
    with closed_port() as port:
        client = Client(settings.PROVIDER_URL, KEY)
        deaf = Client(f"http://127.0.0.1:{port}/v1", KEY)
        yield World([alice, bob], admin, truthful, client, deaf)
        client.close()
        deaf.close()


def test_any_history(world: World) -> None:
    run_state_machine_as_test(
        lambda: Histories(world),  # type: ignore[arg-type]  # any factory will do
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def test_an_id_that_another_was_told_cannot_be_given(world: World) -> None:
    """Found by chance: the answer of the first is lost, and that to the second names its id."""
    history = Histories(world)
    history.begin(counts=[1])
    history.only_legal_moves()
    history.everything_queued_leaves(behaviours=["accepted", "known-id"], killed=True)
    history.time_passes(seconds=301, jumps=False, swept=True)
    history.only_legal_moves()
    assert list(history.states.values()) == [S.UNKNOWN, S.RENDERING]
    history.identify(which=0, finds_it=True)
    assert list(history.states.values()) == [S.UNKNOWN, S.RENDERING]
    history.nothing_is_charged_twice()
    history.tasks_agree_with_the_truth()
    history.teardown()
