"""The verbs of tasks: legal moves only, once only, with their money and their story."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from gallery.models import (
    MOVES,
    Budget,
    Charge,
    Event,
    IllegalMove,
    Image,
    ImageModel,
    RemoteIdTaken,
    StoredFile,
    Studio,
    Task,
    TaskStatus,
    User,
    report,
)
from tests.conftest import Submit
from tests.invariants import check_money

S = TaskStatus
FILE = StoredFile(
    name="originals/2026/11/task-1-aa.webp",
    sha256="a" * 64,
    size=10,
    mime="image/webp",
    width=3,
    height=2,
    color="#aabbcc",
)


def state(task: Task) -> str:
    return str(Task.objects.values_list("status", flat=True).get(pk=task.pk))


def money(task: Task) -> tuple[int, int]:
    lines = Charge.objects.filter(task=task)
    return sum(c.held_kopecks for c in lines), sum(c.spent_kopecks for c in lines)


def sending(task: Task) -> uuid.UUID:
    claim = Task.objects.claim_send(task.pk)
    assert claim is not None
    return claim


def rendering(task: Task, remote_id: str = "a" * 24) -> None:
    assert Task.objects.accept(task.pk, sending(task), remote_id)


def saving(task: Task) -> uuid.UUID:
    rendering(task)
    assert Task.objects.ready(task.pk, "https://files.example/a.webp", None)
    claim = Task.objects.claim_save(task.pk)
    assert claim is not None
    return claim


def unknown(task: Task) -> uuid.UUID:
    claim = sending(task)
    assert Task.objects.doubt(task.pk, claim, "timeout", "")
    return claim


def claim_is_over(task: Task) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Task.objects.filter(pk=task.pk).update(claimed_until=past)


def test_moves_that_the_table_does_not_have_are_refused_in_code(task: Task) -> None:
    with pytest.raises(IllegalMove):
        Task.objects.all()._move(task.pk, S.DONE, S.QUEUED, kind="restored")
    assert set(MOVES) == set(S)


def test_the_straight_road(task: Task, alice: User) -> None:
    claim = saving(task)
    assert money(task) == (400, 0)
    assert Task.objects.keep(task.pk, claim, FILE)
    assert state(task) == S.DONE
    assert money(task) == (0, 400)
    assert Image.objects.get(task=task).owner == alice
    story = list(Event.objects.filter(task=task).values_list("kind", flat=True))
    assert story == ["held", "sending", "accepted", "ready", "saved"]
    check_money()


def test_every_verb_moves_a_row_once(task: Task) -> None:
    claim = saving(task)
    assert Task.objects.keep(task.pk, claim, FILE)
    assert not Task.objects.keep(task.pk, claim, FILE)
    assert Image.objects.count() == 1
    check_money()


def test_cancel_only_while_queued(task: Task, alice: User) -> None:
    sending(task)
    assert not Task.objects.cancel(task.pk, by=alice)
    assert state(task) == S.SENDING


def test_cancel_releases(task: Task, alice: User) -> None:
    assert Task.objects.cancel(task.pk, by=alice)
    assert not Task.objects.cancel(task.pk, by=alice)
    assert (state(task), money(task)) == (S.CANCELED, (0, 0))
    check_money()


def test_a_stranger_cannot_cancel_through_their_own_rows(task: Task, bob: User) -> None:
    assert not Task.objects.of(bob).cancel(task.pk, by=bob)
    assert state(task) == S.QUEUED


def test_one_claim_at_a_time(task: Task) -> None:
    assert Task.objects.claim_send(task.pk) is not None
    assert Task.objects.claim_send(task.pk) is None


def _pause(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(provider="https://real.example/v1")


@pytest.mark.parametrize(
    ("gate", "close"),
    [
        ("model-off", lambda task: ImageModel.objects.switch_off(task.model_id, "by-hand")),
        ("other-provider", _pause),
        (
            "undo",
            lambda task: Task.objects.filter(pk=task.pk).update(
                due_at=timezone.now() + timedelta(seconds=9)
            ),
        ),
    ],
)
def test_a_gated_task_stays_queued_and_says_why(task: Task, gate: str, close: Any) -> None:
    close(task)
    assert Task.objects.claim_send(task.pk) is None
    fresh = Task.objects.select_related("model").get(pk=task.pk)
    assert fresh.status == S.QUEUED
    assert fresh.gate(Studio.objects.current()) == gate


def test_pause_stops_real_tasks_and_not_demo_ones(
    submit: Submit, alice: User, task: Task, settings: Any
) -> None:
    settings.IS_DEMO, settings.PROVIDER = False, "https://real.example/v1"
    real = submit(alice).tasks.select_related("model").get()
    Studio.objects.pause("by-hand")
    assert Task.objects.claim_send(real.pk) is None
    assert real.gate(Studio.objects.current()) == "paused"
    settings.IS_DEMO, settings.PROVIDER = True, "demo"
    assert Task.objects.claim_send(real.pk) is None, "a real task never goes to the demo"
    assert Task.objects.claim_send(task.pk) is not None


def test_pause_between_claim_and_first_byte_holds_the_send_back(
    submit: Submit, alice: User, settings: Any
) -> None:
    settings.IS_DEMO, settings.PROVIDER = False, "https://real.example/v1"
    task = submit(alice).tasks.get()
    claim = sending(task)
    assert Task.objects.may_send(task.pk, claim)
    Studio.objects.pause("by-hand")
    assert not Task.objects.may_send(task.pk, claim)


def test_sent_back_may_be_sent_again(task: Task) -> None:
    claim = sending(task)
    assert Task.objects.send_back(task.pk, claim, "dns", "no such host", 0)
    assert (state(task), money(task)) == (S.QUEUED, (400, 0))
    assert Task.objects.claim_send(task.pk) is not None


def test_an_old_claim_writes_nothing(task: Task) -> None:
    old = sending(task)
    Task.objects.send_back(task.pk, old, "dns", "", 0)
    sending(task)
    assert not Task.objects.accept(task.pk, old, "b" * 24)
    assert not Task.objects.refuse(task.pk, old, "request-refused", "")
    assert not Task.objects.doubt(task.pk, old, "timeout", "")
    assert not Task.objects.send_later(task.pk, old, "code-6", "", 0)
    assert state(task) == S.SENDING


def test_try_later_fails_at_the_eighth_time(task: Task) -> None:
    for _ in range(7):
        assert Task.objects.send_later(task.pk, sending(task), "code-6", "busy", 0)
        assert state(task) == S.QUEUED
    assert Task.objects.send_later(task.pk, sending(task), "code-6", "busy", 0)
    assert (state(task), money(task)) == (S.FAILED, (0, 0))
    check_money()


def test_try_later_starts_counting_anew_after_a_day(task: Task) -> None:
    for _ in range(7):
        Task.objects.send_later(task.pk, sending(task), "code-6", "", 0)
    yesterday = timezone.now() - timedelta(hours=25)
    Task.objects.filter(pk=task.pk).update(later_since=yesterday)
    Task.objects.send_later(task.pk, sending(task), "code-6", "", 0)
    assert state(task) == S.QUEUED


def test_unknown_keeps_its_money_held(task: Task) -> None:
    unknown(task)
    assert (state(task), money(task)) == (S.UNKNOWN, (400, 0))
    assert Task.objects.claim_send(task.pk) is None
    check_money()


def test_a_dead_sender_leaves_unknown(task: Task) -> None:
    sending(task)
    assert not Task.objects.doubt_overdue(task.pk), "its claim still lives"
    claim_is_over(task)
    assert Task.objects.doubt_overdue(task.pk)
    assert state(task) == S.UNKNOWN


def test_whoever_has_lost_the_task_may_not_send_it(task: Task, admin: User) -> None:
    """By a clock that jumped: a send that is not late by its own may be given up by others."""
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.may_send(task.pk, claim)
    assert not Task.objects.may_send(task.pk, uuid.uuid4())
    Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now())
    assert Task.objects.doubt_overdue(task.pk)
    assert not Task.objects.may_send(task.pk, claim)
    assert Task.objects.write_off(task.pk, "given-up", by=admin)
    assert not Task.objects.may_send(task.pk, claim)


def test_a_late_answer_heals_unknown(task: Task) -> None:
    claim = unknown(task)
    assert Task.objects.accept(task.pk, claim, "c" * 24)
    assert state(task) == S.RENDERING


def test_a_late_ready_answer_is_asked_about(task: Task) -> None:
    claim = unknown(task)
    assert Task.objects.accept_ready(task.pk, claim, "c" * 24, "https://x/y", None)
    assert state(task) == S.RENDERING


def test_a_late_failed_answer_is_asked_about(task: Task) -> None:
    claim = unknown(task)
    assert Task.objects.accept_failed(task.pk, claim, "c" * 24, "provider-failed", "no", None)
    assert state(task) == S.RENDERING


def test_a_late_refusal_releases(task: Task) -> None:
    claim = unknown(task)
    assert Task.objects.refuse(task.pk, claim, "content-refused", "")
    assert (state(task), money(task)) == (S.FAILED, (0, 0))


def test_a_late_fence_fails_what_is_unknown_by_now(task: Task) -> None:
    claim = unknown(task)
    assert Task.objects.send_back(task.pk, claim, "fence", "", 0)
    assert (state(task), money(task)) == (S.FAILED, (0, 0))


def test_an_administrator_names_the_remote_task(task: Task, admin: User) -> None:
    unknown(task)
    assert Task.objects.identify(task.pk, "d" * 24, by=admin)
    assert state(task) == S.RENDERING


def test_an_administrator_clears_only_when_the_send_is_surely_over(task: Task, admin: User) -> None:
    unknown(task)
    assert not Task.objects.clear(task.pk, "asked support", by=admin)
    claim_is_over(task)
    assert Task.objects.clear(task.pk, "asked support", by=admin)
    assert (state(task), money(task)) == (S.FAILED, (0, 0))
    line = Charge.objects.get(task=task, kind="release")
    assert (line.actor, line.note) == (admin, "asked support")


def test_written_off_is_spent_and_a_found_id_still_brings_the_picture(
    task: Task, admin: User
) -> None:
    unknown(task)
    assert not Task.objects.write_off(task.pk, "given-up", by=admin)
    claim_is_over(task)
    assert Task.objects.write_off(task.pk, "given-up", by=admin)
    assert (state(task), money(task)) == (S.WRITTEN_OFF, (0, 400))
    assert Task.objects.identify(task.pk, "e" * 24, by=admin)
    Task.objects.ready(task.pk, "https://x/y", 380)
    claim = Task.objects.claim_save(task.pk)
    assert claim is not None
    assert Task.objects.keep(task.pk, claim, FILE)
    assert money(task) == (0, 380), "settled once, then adjusted"
    check_money()


def test_a_known_remote_id_is_not_taken_twice(submit: Submit, alice: User) -> None:
    first, second = submit(alice, count=2).tasks.all()
    rendering(first, "f" * 24)
    with pytest.raises(RemoteIdTaken):
        Task.objects.accept(second.pk, sending(second), "f" * 24)
    assert state(second) == S.SENDING


def test_accepted_and_done_at_once(task: Task) -> None:
    assert Task.objects.accept_ready(task.pk, sending(task), "a" * 24, "https://x/y", 400)
    assert state(task) == S.SAVING


@pytest.mark.parametrize(
    ("cost", "spent", "unconfirmed"), [(None, 0, True), (0, 0, False), (400, 400, None)]
)
def test_failed_at_once_and_later_cost_what_the_provider_says(
    submit: Submit, alice: User, cost: int | None, spent: int, unconfirmed: bool | None
) -> None:
    early, late = submit(alice, count=2).tasks.all()
    assert Task.objects.accept_failed(
        early.pk, sending(early), "a" * 24, "provider-failed", "no", cost
    )
    rendering(late, "b" * 24)
    assert Task.objects.fail(late.pk, "provider-failed", "no", cost)
    for task in (early, late):
        assert (state(task), money(task)) == (S.FAILED, (0, spent))
        if unconfirmed is not None:
            assert Charge.objects.get(task=task, kind="release").unconfirmed is unconfirmed
    check_money()


def test_cost_that_differs_is_adjusted(task: Task) -> None:
    rendering(task)
    Task.objects.ready(task.pk, "https://x/y", 350)
    claim = Task.objects.claim_save(task.pk)
    assert claim is not None
    Task.objects.keep(task.pk, claim, FILE)
    assert money(task) == (0, 350)
    kinds = list(Charge.objects.filter(task=task).values_list("kind", flat=True))
    assert kinds == ["hold", "settle", "adjust"]
    check_money()


def test_lost_is_spent_and_can_be_asked_for_again(task: Task, alice: User) -> None:
    rendering(task)
    assert Task.objects.lose(task.pk, "never-came")
    assert not Task.objects.lose(task.pk, "never-came")
    assert (state(task), money(task)) == (S.LOST, (0, 400))
    assert Task.objects.ask_again(task.pk, by=alice)
    assert Task.objects.fail(task.pk, "provider-failed", "no", None)
    assert money(task) == (0, 0), "taken back by an adjust"
    check_money()


def test_a_picture_is_waited_for_as_long_as_is_said_and_as_long_again(
    task: Task, alice: User
) -> None:
    """From the moment that it was accepted, and then from the moment that it was asked for."""
    wait = timedelta(seconds=django_settings.LOST_SECONDS)
    rendering(task)
    task.refresh_from_db()
    assert task.accepted_at is not None
    assert task.give_up_at is not None
    assert task.give_up_at - task.accepted_at == wait
    long_ago = timezone.now() - 2 * wait
    Task.objects.filter(pk=task.pk).update(accepted_at=long_ago, give_up_at=long_ago + wait)
    assert Task.objects.lose(task.pk, "never-came")
    before = timezone.now()
    assert Task.objects.ask_again(task.pk, by=alice)
    after = timezone.now()
    task.refresh_from_db()
    assert task.give_up_at is not None
    assert before + wait <= task.give_up_at <= after + wait


def test_lost_from_saving_and_rescued_by_upload(task: Task, admin: User) -> None:
    claim = saving(task)
    assert not Task.objects.lose(task.pk, "never-came"), "asking has no say while it is saved"
    assert Task.objects.lose(task.pk, "never-came", claim)
    assert Task.objects.rescue(task.pk, FILE, by=admin)
    assert (state(task), money(task)) == (S.DONE, (0, 400))
    check_money()


def test_a_dead_link_is_asked_for_anew(task: Task) -> None:
    claim = saving(task)
    assert Task.objects.relink(task.pk, claim, "gone", "", 0)
    assert state(task) == S.RENDERING
    assert Task.objects.ready(task.pk, "https://x/z", None)


def test_a_save_claim_is_exclusive_and_runs_out(task: Task) -> None:
    first = saving(task)
    assert Task.objects.claim_save(task.pk) is None
    claim_is_over(task)
    second = Task.objects.claim_save(task.pk)
    assert second is not None
    assert not Task.objects.keep(task.pk, first, FILE), "the old saver comes too late"
    assert Task.objects.keep(task.pk, second, FILE)


def test_save_later_keeps_the_link(task: Task) -> None:
    claim = saving(task)
    assert Task.objects.save_later(task.pk, claim, "disk", 0)
    assert not Task.objects.save_later(task.pk, claim, "disk", 0)
    assert Task.objects.savable().filter(pk=task.pk).exists()


def test_polls_are_counted_and_only_visible_changes_make_a_version(task: Task) -> None:
    rendering(task)
    before = Task.objects.get(pk=task.pk).version
    assert Task.objects.poll_again(task.pk, 0)
    assert Task.objects.get(pk=task.pk).version == before
    assert Task.objects.poll_again(task.pk, 0, "slow")
    fresh = Task.objects.get(pk=task.pk)
    assert (fresh.version, fresh.polls) == (before + 1, 2)


def test_missing_is_counted_until_it_is_found(task: Task) -> None:
    rendering(task)
    Task.objects.poll_again(task.pk, 0, missing=True)
    Task.objects.poll_again(task.pk, 0, missing=True)
    assert Task.objects.get(pk=task.pk).missing_count == 2
    Task.objects.poll_again(task.pk, 0)
    fresh = Task.objects.get(pk=task.pk)
    assert (fresh.missing_count, fresh.missing_since) == (0, None)


def hours_ago(hours: float) -> datetime:
    return timezone.now() - timedelta(hours=hours)


def test_a_link_is_as_old_as_it_may_be(task: Task) -> None:
    """Accepted, then a night without power: when it became ready nobody knows."""
    rendering(task)
    Task.objects.filter(pk=task.pk).update(accepted_at=hours_ago(30), link_since=hours_ago(30))
    assert Task.objects.ready(task.pk, "https://files.example/a.webp", None)
    fresh = Task.objects.get(pk=task.pk)
    assert fresh.link_left == 0
    assert Task.objects.unsaved(18 * 3600).get() == task
    assert report.alarm().level == 3


def test_what_was_not_ready_a_moment_ago_has_a_young_link(task: Task) -> None:
    rendering(task)
    Task.objects.filter(pk=task.pk).update(accepted_at=hours_ago(30), link_since=hours_ago(30))
    assert Task.objects.poll_again(task.pk, 0)
    old = Task.objects.filter(pk=task.pk, link_since__lt=hours_ago(29))
    assert old.exists(), "no answer tells nothing"
    assert Task.objects.poll_again(task.pk, 0, working=True)
    assert Task.objects.ready(task.pk, "https://files.example/a.webp", None)
    left = Task.objects.get(pk=task.pk).link_left
    assert left
    assert left > 23.9 * 3600
    assert not Task.objects.unsaved(3600).exists()
    # The provider takes it back, and says that it works on it: the link was ready all the same.
    Task.objects.filter(pk=task.pk).update(
        status=S.RENDERING, ready_at=hours_ago(7), link_since=hours_ago(8)
    )
    assert Task.objects.poll_again(task.pk, 0, working=True)
    Task.objects.poll_all_again([task.pk], 0)
    assert Task.objects.unsaved(7.5 * 3600).exists()


def test_after_a_restore_queued_is_unknown(task: Task) -> None:
    assert Task.objects.doubt_restored(task.pk)
    assert state(task) == S.UNKNOWN
    check_money()


def test_dismiss_hides_troubled_cards_only(task: Task, alice: User) -> None:
    assert not Task.objects.dismiss(task.pk)
    unknown(task)
    page = Task.objects.of(alice).on_studio_page()
    assert task in page
    assert Task.objects.dismiss(task.pk)
    assert not Task.objects.dismiss(task.pk)
    assert task not in page.all()


def test_round_robin_over_the_owners(submit: Submit, alice: User, bob: User) -> None:
    submit(alice, count=3)
    submit(bob, count=2)
    served = []
    while (pk := Task.objects.sendable().fairly().values_list("pk", flat=True).first()) is not None:
        assert Task.objects.claim_send(pk)
        served.append(Task.objects.get(pk=pk).owner.username)
    assert served == ["alice", "bob", "alice", "bob", "alice"]


def test_a_deactivated_owner_loses_what_was_queued(
    submit: Submit, alice: User, admin: User
) -> None:
    queued, sent = submit(alice, count=2).tasks.all()
    sending(sent)
    User.objects.deactivate(alice, by=admin)
    assert (state(queued), state(sent)) == (S.CANCELED, S.SENDING)
    assert not User.objects.get(pk=alice.pk).is_active
    check_money()


def test_live_version_changes_with_state_and_gate(task: Task) -> None:
    studio = Studio.objects.current()
    first = task.live_version(studio)
    ImageModel.objects.switch_off(task.model_id, "by-hand")
    gated = Task.objects.select_related("model").get(pk=task.pk).live_version(studio)
    assert gated != first
    assert Budget.objects.filter(demo=True).count() == 2


@pytest.mark.parametrize(
    ("reason", "kept"),
    [("fence", "never-left"), ("dns", "never-left"), ("balance-empty", "balance-empty")],
)
def test_a_late_refusal_of_what_is_unknown_says_what_it_was(
    task: Task, reason: str, kept: str
) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.doubt(task.pk, claim, "timeout", "")
    assert Task.objects.send_back(task.pk, claim, reason, "", 0)
    assert (state(task), Task.objects.get(pk=task.pk).reason) == (S.FAILED, kept)
    check_money()
