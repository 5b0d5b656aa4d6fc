"""Whatever verbs come in whatever order: only legal moves happen, and the money always fits."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gallery.models import MOVES, Task, TaskStatus, User
from tests.conftest import Submit
from tests.invariants import check_money
from tests.models.test_task import FILE

S = TaskStatus
Verb = Callable[[int, uuid.UUID, User], object]

COSTS = (None, 0, 350, 400)


def _tick(pk: int) -> None:
    """Time passes: claims run out and everything is due."""
    past = timezone.now() - timedelta(seconds=1)
    Task.objects.filter(pk=pk).update(due_at=past)
    Task.objects.filter(pk=pk, claimed_until__isnull=False).update(claimed_until=past)


VERBS: dict[str, Verb] = {
    "time passes": lambda pk, claim, by: _tick(pk),
    "cancel": lambda pk, claim, by: Task.objects.cancel(pk, by=by),
    "claim send": lambda pk, claim, by: Task.objects.claim_send(pk),
    "send back": lambda pk, claim, by: Task.objects.send_back(pk, claim, "dns", "", 0),
    "send later": lambda pk, claim, by: Task.objects.send_later(pk, claim, "code-6", "", 0),
    "refuse": lambda pk, claim, by: Task.objects.refuse(pk, claim, "request-refused", ""),
    "accept": lambda pk, claim, by: Task.objects.accept(pk, claim, "a" * 24),
    "doubt": lambda pk, claim, by: Task.objects.doubt(pk, claim, "timeout", ""),
    "doubt overdue": lambda pk, claim, by: Task.objects.doubt_overdue(pk),
    "doubt restored": lambda pk, claim, by: Task.objects.doubt_restored(pk),
    "identify": lambda pk, claim, by: Task.objects.identify(pk, "b" * 24, by=by),
    "clear": lambda pk, claim, by: Task.objects.clear(pk, "asked", by=by),
    "write off": lambda pk, claim, by: Task.objects.write_off(pk, "given-up", by=by),
    "lose": lambda pk, claim, by: Task.objects.lose(pk, "never-came"),
    "ask again": lambda pk, claim, by: Task.objects.ask_again(pk, by=by),
    "claim save": lambda pk, claim, by: Task.objects.claim_save(pk),
    "relink": lambda pk, claim, by: Task.objects.relink(pk, claim, "gone", "", 0),
    "keep": lambda pk, claim, by: Task.objects.keep(pk, claim, FILE),
    "rescue": lambda pk, claim, by: Task.objects.rescue(pk, FILE, by=by),
    "dismiss": lambda pk, claim, by: Task.objects.dismiss(pk),
    "poll again": lambda pk, claim, by: Task.objects.poll_again(pk, 0),
}


def _with_cost(cost: int | None) -> dict[str, Verb]:
    tasks = Task.objects
    link, why = "https://x/y", "provider-failed"
    return {
        f"accept ready {cost}": lambda pk, claim, by: tasks.accept_ready(
            pk, claim, "a" * 24, link, cost
        ),
        f"accept failed {cost}": lambda pk, claim, by: tasks.accept_failed(
            pk, claim, "a" * 24, why, "", cost
        ),
        f"ready {cost}": lambda pk, claim, by: tasks.ready(pk, link, cost),
        f"fail {cost}": lambda pk, claim, by: tasks.fail(pk, why, "", cost),
    }


for cost in COSTS:
    VERBS |= _with_cost(cost)

LOST_THEN_FAILED = ["claim send", "accept", "lose", "ask again", "fail 0", "dismiss"]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.sampled_from(sorted(VERBS)), max_size=30))
@example(LOST_THEN_FAILED)
@example(
    ["claim send", "accept", "ready 350", "lose", "ask again", "ready 400", "claim save", "keep"]
)
def test_any_verbs_in_any_order(submit: Submit, alice: User, verbs: list[str]) -> None:
    with transaction.atomic():
        task = submit(alice, uuid.uuid4().hex).tasks.get()
        for name in verbs:
            before = Task.objects.get(pk=task.pk)
            claim = before.claim or uuid.uuid4()
            VERBS[name](task.pk, claim, alice)
            after = Task.objects.get(pk=task.pk)
            assert after.status == before.status or after.status in MOVES[S(before.status)]
            assert after.version >= before.version
            assert after.dismissed_at is None or not after.is_open
            check_money()
        transaction.set_rollback(True)
