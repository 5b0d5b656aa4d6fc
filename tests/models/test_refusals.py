"""Three refusals of content within a day hold whoever sent them; nothing fails by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from gallery.models import Studio, Task, TaskStatus, User
from tests.conftest import Submit
from tests.invariants import check_money
from tests.models.test_task import sending

S = TaskStatus
HOUR = timedelta(hours=1)


def refuse(submit: Submit, owner: User, text: str = "refused") -> Task:
    """A prompt of theirs that the provider refuses now."""
    task = submit(owner, text).tasks.get()
    assert Task.objects.refuse(task.pk, sending(task), "content-refused", "")
    return task


def held_until(user: User) -> object:
    return User.objects.values_list("held_until", flat=True).get(pk=user.pk)


def is_held(user: User) -> bool:
    return User.objects.held().filter(pk=user.pk).exists()


def backdate(task: Task, by: timedelta) -> None:
    Task.objects.filter(pk=task.pk).update(ended_at=timezone.now() - by)


def pass_time(user: User, by: timedelta) -> None:
    """As if their hold and refusals were so much longer ago."""
    user.refresh_from_db()
    assert user.held_until
    User.objects.filter(pk=user.pk).update(held_until=user.held_until - by)
    for task in Task.objects.of(user).content_refused():
        assert task.ended_at
        Task.objects.filter(pk=task.pk).update(ended_at=task.ended_at - by)


def test_the_third_within_a_day_holds_for_a_day(submit: Submit, alice: User, bob: User) -> None:
    before = timezone.now()
    for count in (1, 2):
        refuse(submit, alice)
        assert not is_held(alice), count
    refuse(submit, alice)
    until = held_until(alice)
    assert isinstance(until, type(before))
    assert before + 24 * HOUR <= until <= timezone.now() + 24 * HOUR
    assert not is_held(bob)
    check_money()


def test_what_is_queued_waits_and_says_why_and_others_go_on(
    submit: Submit, alice: User, bob: User
) -> None:
    waiting = submit(alice, "innocent").tasks.get()
    theirs = submit(bob, "bob's").tasks.get()
    for _ in range(3):
        refuse(submit, alice)
    waiting.refresh_from_db()
    waiting = Task.objects.for_cards().get(pk=waiting.pk)
    assert waiting.gate(Studio.objects.current()) == "held"
    assert Task.objects.claim_send(waiting.pk) is None
    later = submit(alice, "pressed while held").tasks.get()
    assert Task.objects.claim_send(later.pk) is None
    assert Task.objects.claim_send(theirs.pk)
    assert Task.objects.cancel(later.pk, by=alice)
    check_money()


def test_a_hold_between_claim_and_first_byte_keeps_the_send_back(
    submit: Submit, alice: User
) -> None:
    task = submit(alice, "about to leave").tasks.get()
    claim = sending(task)
    assert Task.objects.may_send(task.pk, claim)
    for _ in range(3):
        refuse(submit, alice)
    assert not Task.objects.may_send(task.pk, claim)
    assert Task.objects.send_back(task.pk, claim, "fence", "", 0)
    task.refresh_from_db()
    assert task.status == S.QUEUED


def test_refusals_of_more_than_a_day_do_not_count(submit: Submit, alice: User) -> None:
    for _ in range(2):
        backdate(refuse(submit, alice), 24 * HOUR + timedelta(seconds=1))
    refuse(submit, alice)
    refuse(submit, alice)
    assert not is_held(alice)
    refuse(submit, alice)
    assert is_held(alice)


def test_other_failures_do_not_count(submit: Submit, alice: User) -> None:
    for reason in ("request-refused", "never-left", "too-often-later"):
        task = submit(alice).tasks.get()
        assert Task.objects.refuse(task.pk, sending(task), reason, "")
    assert not is_held(alice)


def test_every_way_of_being_refused_counts(submit: Submit, alice: User) -> None:
    at_once, later, late = submit(alice, count=3).tasks.all()
    assert Task.objects.accept_failed(
        at_once.pk, sending(at_once), "a" * 24, "content-refused", "", None
    )
    assert Task.objects.accept(later.pk, sending(later), "b" * 24)
    assert Task.objects.fail(later.pk, "content-refused", "", None)
    assert not is_held(alice)
    claim = sending(late)
    assert Task.objects.doubt(late.pk, claim, "timeout", "")
    assert Task.objects.refuse(late.pk, claim, "content-refused", "")
    assert is_held(alice)


def test_a_hold_ends_by_itself_and_its_refusals_are_over_with_it(
    submit: Submit, alice: User
) -> None:
    sent_before = submit(alice, "on the wire when it tripped").tasks.get()
    claim = sending(sent_before)
    for _ in range(3):
        refuse(submit, alice)
    until = held_until(alice)
    assert Task.objects.refuse(sent_before.pk, claim, "content-refused", "")
    assert held_until(alice) == until, "24 hours from the third one"
    waiting = submit(alice, "innocent").tasks.get()
    pass_time(alice, 24 * HOUR)
    assert Task.objects.claim_send(waiting.pk)
    for _ in range(2):
        refuse(submit, alice)
        assert not is_held(alice)
    refuse(submit, alice)
    assert is_held(alice)


def test_an_administrator_lifts_it_once_and_refusals_are_counted_anew(
    submit: Submit, alice: User, admin: User
) -> None:
    assert not User.objects.lift_hold(alice, by=admin)
    for _ in range(3):
        refuse(submit, alice)
    waiting = submit(alice, "innocent").tasks.get()
    assert User.objects.lift_hold(alice, by=admin)
    assert not User.objects.lift_hold(alice, by=admin)
    assert Task.objects.claim_send(waiting.pk)
    for _ in range(2):
        refuse(submit, alice)
    assert not is_held(alice)
    refuse(submit, alice)
    assert is_held(alice)


@pytest.mark.parametrize("verb", ["activate", "set_limit"])
def test_nothing_else_lifts_it(submit: Submit, alice: User, admin: User, verb: str) -> None:
    for _ in range(3):
        refuse(submit, alice)
    if verb == "activate":
        User.objects.deactivate(alice, by=admin)
        User.objects.activate(alice)
    else:
        User.objects.set_limit(alice, 10_000)
    assert is_held(alice)
