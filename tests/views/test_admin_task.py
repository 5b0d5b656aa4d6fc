"""What an administrator does with a task: by its verbs, with a line in the log, or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from gallery.models import Charge, Comparison, Event, Question, Task, TaskStatus, User
from tests.conftest import Submit
from tests.invariants import check_money
from tests.queue import queued

from .conftest import MakeImage, accept, doubt, refuse, state

S = TaskStatus


@pytest.fixture(autouse=True)
def books(db: None) -> Any:
    """Whatever was done, money and states fit each other."""
    yield
    check_money()


def page(task: Task, name: str = "") -> str:
    return f"/admin/gallery/task/{task.pk}/" + (f"do/{name}/" if name else "change/")


def lose(task: Task) -> None:
    accept(task)
    assert Task.objects.lose(task.pk, "never-came")


def done(client: Client, task: Task, name: str, **typed: Any) -> Any:
    return client.post(page(task, name), typed, follow=True)


def test_the_story_is_told_to_the_second_and_money_by_the_month(
    by_admin: Client, alice: User, submit: Submit
) -> None:
    task = submit(alice).tasks.get()
    charge, event = Charge.objects.get(task=task), Event.objects.get(task=task)
    text = by_admin.get(page(task)).text
    for row, cells in ((charge, "charges"), (event, "events")):
        at = f"{timezone.localtime(row.created_at):%H:%M:%S}"
        assert at in text.partition(f'id="{cells}-heading"')[2].partition("</section>")[0]
    month = charge.month
    assert f">{month:%B %Y}<" in text


def test_a_page_offers_what_its_state_allows(by_admin: Client, alice: User, submit: Submit) -> None:
    queued, rendering, unknown, lost = (submit(alice).tasks.get() for _ in range(4))
    accept(rendering)
    doubt(unknown)
    lose(lost)
    offered = {
        queued: {"cancel"},
        rendering: {"ask-now"},
        lost: {"ask-again", "rescue"},
        unknown: {"compare", "identify", "not-charged", "write-off"},
    }
    everything = set().union(*offered.values())
    for task, names in offered.items():
        text = by_admin.get(page(task)).text
        assert {name for name in everything if page(task, name) in text} == names


def test_cancel(by_admin: Client, admin: User, task: Task) -> None:
    answer = done(by_admin, task, "cancel")
    assert "Done: Cancel." in answer.text
    assert state(task) == S.CANCELED
    assert Event.objects.filter(task=task, kind="canceled").get().actor == admin
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (admin, str(task.pk))
    assert "Canceled it" in by_admin.get("/admin/admin/logentry/").text
    assert "Canceled it" in by_admin.get(f"/admin/gallery/task/{task.pk}/history/").text


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("cancel", {}),
        ("ask-now", {}),
        ("ask-again", {}),
        ("compare", {}),
        ("identify", {"remote_id": "abcdef123456"}),
        ("confirm-id", {"remote_id": "abcdef123456"}),
        ("withdraw-id", {}),
        ("not-charged", {"note": "I looked"}),
        ("write-off", {}),
    ],
)
def test_a_state_that_has_changed_is_said(
    by_admin: Client, alice: User, make_image: MakeImage, name: str, typed: dict[str, str]
) -> None:
    task = make_image(alice).task
    assert task
    answer = done(by_admin, task, name, **typed)
    assert "its state has changed" in answer.text
    assert state(task) == S.DONE
    assert not LogEntry.objects.exists()


def test_ask_now_makes_the_question_due_and_wakes_the_poller(
    by_admin: Client, task: Task, django_capture_on_commit_callbacks: Any
) -> None:
    accept(task)
    later = timezone.now() + timedelta(hours=1)
    Task.objects.filter(pk=task.pk).update(due_at=later)
    with django_capture_on_commit_callbacks(execute=True):
        done(by_admin, task, "ask-now")
    assert Task.objects.get(pk=task.pk).due_at < later
    assert "gallery.jobs.poll.run" in queued()


def test_a_lost_one_is_asked_for_again(by_admin: Client, task: Task) -> None:
    lose(task)
    done(by_admin, task, "ask-again")
    assert state(task) == S.RENDERING


def test_a_found_id_is_asked_about_by_a_job(
    by_admin: Client, admin: User, task: Task, django_capture_on_commit_callbacks: Any
) -> None:
    doubt(task)
    assert "Nothing is sent again" in by_admin.get(page(task, "identify")).text
    with django_capture_on_commit_callbacks(execute=True):
        answer = done(by_admin, task, "identify", remote_id="abcdef-1234")
    assert "The provider is being asked about this id." in answer.text
    assert "gallery.jobs.identify.run" in queued()
    question = Question.objects.get()
    assert (question.task, question.by, question.standing) == (task, admin, "asking")
    assert state(task) == S.UNKNOWN, "nothing is believed before the provider says so"
    assert "abcdef-1234" in LogEntry.objects.get().change_message
    text = by_admin.get(page(task)).text
    assert "the provider is being asked" in text
    assert page(task, "withdraw-id") in text
    assert page(task, "confirm-id") not in text


@pytest.mark.parametrize(
    ("fragment", "reason", "found"),
    [
        ('{"code": 0, "id": "fd8124d96ac627895bf9dba7", "sta', "cut-short", True),
        ('{"code": 0, "id": "fd8124d96ac627895bf9d', "cut-short", False),
        ('{"prompt": "\\"id\\": \\"fd8124d96ac627895bf9dba7\\""', "cut-short", False),
        ('{"code": 0, "id": "fd8124d96ac627895bf9dba7"}', "known-id", False),
        ("<html>", "http-502", False),
    ],
)
def test_an_id_that_came_is_offered_to_be_given(
    by_admin: Client, task: Task, fragment: str, reason: str, found: bool
) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.doubt(task.pk, claim, reason, fragment)
    text = by_admin.get(page(task, "identify")).text
    assert ('value="fd8124d96ac627895bf9dba7"' in text) == found


def wait_for_confirmation(task: Task, by: User) -> Question:
    doubt(task)
    task.refresh_from_db()
    assert Question.objects.ask(task, "abcdef-1234", by=by)
    question = Question.objects.get()
    words = "<b>another</b> prompt"
    assert not Question.objects.hear(question.pk, "abcdef-1234", words, words, timezone.now())
    return question


def test_what_does_not_match_is_shown_and_wants_a_second_confirmation(
    by_admin: Client, admin: User, task: Task
) -> None:
    wait_for_confirmation(task, admin)
    for shown in (by_admin.get(page(task)).text, by_admin.get(page(task, "confirm-id")).text):
        assert "The provider has another prompt under this id." in shown
        assert "&lt;b&gt;another&lt;/b&gt; prompt" in shown
        assert task.batch.prompt.text in shown
    assert page(task, "confirm-id") in by_admin.get(page(task)).text
    assert 'type="hidden" name="remote_id" value="abcdef-1234"' in (
        by_admin.get(page(task, "confirm-id")).text
    )
    assert state(task) == S.UNKNOWN
    done(by_admin, task, "confirm-id", remote_id="abcdef-1234")
    found = Task.objects.get(pk=task.pk)
    assert (found.status, found.remote_id) == (S.RENDERING, "abcdef-1234")
    assert "Confirmed the provider&#x27;s task id: abcdef-1234" in (
        by_admin.get("/admin/admin/logentry/").text
    )


def test_an_id_that_was_replaced_since_is_not_confirmed(
    by_admin: Client, admin: User, task: Task
) -> None:
    wait_for_confirmation(task, admin)
    answer = done(by_admin, task, "confirm-id", remote_id="something-else")
    assert "its state has changed" in answer.text
    assert by_admin.post(page(task, "confirm-id")).status_code == 422
    assert state(task) == S.UNKNOWN


def test_an_id_is_withdrawn(by_admin: Client, admin: User, task: Task) -> None:
    wait_for_confirmation(task, admin)
    done(by_admin, task, "withdraw-id")
    assert not Question.objects.exists()
    assert state(task) == S.UNKNOWN


def test_another_providers_task_is_not_asked_about(by_admin: Client, task: Task) -> None:
    doubt(task)
    Task.objects.filter(pk=task.pk).update(provider="https://other.example/v1")
    answer = by_admin.post(page(task, "identify"), {"remote_id": "abcdef-1234"})
    assert answer.status_code == 422
    assert "Made for another provider" in answer.text
    Task.objects.filter(pk=task.pk).update(provider="demo")


def test_comparing_has_the_balance_read_by_a_job(
    by_admin: Client, task: Task, django_capture_on_commit_callbacks: Any
) -> None:
    doubt(task)
    with django_capture_on_commit_callbacks(execute=True):
        answer = done(by_admin, task, "compare")
    assert "The balance is being read and compared." in answer.text
    assert "gallery.jobs.balance.run" in queued()
    assert "Had the balance compared" in by_admin.get("/admin/admin/logentry/").text


def test_what_the_balance_says_stands_on_the_tasks_page(
    by_admin: Client, client: Client, bob: User, task: Task
) -> None:
    doubt(task)
    now = timezone.now()
    Comparison.objects.create(
        task=task, before_at=now, before_kopecks=100_000, after_at=now, after_kopecks=98_400,
        others=3, doubtful=1, low_kopecks=400, high_kopecks=1200, verdict="charged",
    )  # fmt: skip
    text = by_admin.get(page(task)).text.replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "Fits being charged",
        "Before 1,000 ₽, after 984 ₽: 16 ₽ left it. The price is 4 ₽.",
        "3 other tasks in between account for 4 ₽ – 12 ₽.",
        "1 of them is in doubt as well.",
    ):
        assert words in text
    # Not for those who may see tasks and no money.
    bob.is_staff = True
    bob.save(update_fields=["is_staff"])
    bob.user_permissions.set(Permission.objects.filter(codename="view_task"))
    client.force_login(bob)
    for path in (page(task), "/admin/gallery/task/unknown/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Fits being charged" not in answer.text


@pytest.mark.parametrize(
    ("others", "doubtful", "low", "words"),
    [
        (1, 1, 0, ["1 other task in between accounts for 0 ₽ – 4 ₽. It is in doubt as well."]),
        (1, 0, 0, ["1 other task in between accounts for 0 ₽ – 4 ₽."]),
        (2, 1, 0, ["2 other tasks in between account for 0 ₽ – 4 ₽.",
                   "1 of them is in doubt as well."]),
        (2, 2, 0, ["All of them are in doubt as well."]),
        (1, 1, -400, ["accounts for −4 ₽ – 4 ₽. Below zero is what may have been paid back.",
                      "It is in doubt as well."]),
    ],
)  # fmt: skip
def test_what_else_there_was_in_between(
    by_admin: Client, task: Task, others: int, doubtful: int, low: int, words: list[str]
) -> None:
    doubt(task)
    now = timezone.now()
    Comparison.objects.create(
        task=task, before_at=now, before_kopecks=100_000, after_at=now, after_kopecks=99_600,
        others=others, doubtful=doubtful, low_kopecks=low, high_kopecks=400, why="both",
    )  # fmt: skip
    text = " ".join(by_admin.get(page(task)).text.replace("\N{NO-BREAK SPACE}", " ").split())
    for sentence in words:
        assert sentence in text, sentence
    assert ("in doubt as well" in text) == bool(doubtful)
    assert ("Below zero" in text) == (low < 0)


@pytest.mark.parametrize(
    "typed", ["", "short", "has space 123", "x" * 129, "ид-задачи-12", "<b>abcdefgh"]
)
def test_an_id_that_is_none_is_refused_and_kept(by_admin: Client, task: Task, typed: str) -> None:
    doubt(task)
    answer = by_admin.post(page(task, "identify"), {"remote_id": typed})
    assert answer.status_code == 422
    assert "errorlist" in answer.text
    assert state(task) == S.UNKNOWN


def test_anothers_id_is_refused_with_its_reason(
    by_admin: Client, alice: User, submit: Submit, task: Task
) -> None:
    other = submit(alice).tasks.get()
    accept(other)
    other.refresh_from_db()
    doubt(task)
    answer = by_admin.post(page(task, "identify"), {"remote_id": other.remote_id})
    assert answer.status_code == 422
    assert "belongs to another task" in answer.text
    assert str(other.remote_id) in answer.text
    assert state(task) == S.UNKNOWN
    assert not LogEntry.objects.exists()


def test_not_charged_needs_a_note_which_the_ledger_keeps(
    by_admin: Client, admin: User, task: Task
) -> None:
    doubt(task)
    assert by_admin.post(page(task, "not-charged"), {"note": " "}).status_code == 422
    assert state(task) == S.UNKNOWN
    done(by_admin, task, "not-charged", note="not in <their> list")
    assert state(task) == S.FAILED
    release = Charge.objects.get(task=task, kind="release")
    assert (release.actor, release.note) == (admin, "not in <their> list")
    assert "not in &lt;their&gt; list" in by_admin.get(page(task)).text


def test_recording_as_not_charged_shows_the_evidence(
    by_admin: Client, client: Client, bob: User, task: Task
) -> None:
    doubt(task)
    now = timezone.now()
    compared = Comparison.objects.create(
        task=task, before_at=now, before_kopecks=100_000, after_at=now, after_kopecks=99_600,
        verdict="charged",
    )  # fmt: skip
    Task.objects.note(task.pk, "their list <b>has</b> it", by=task.owner)
    for name in ("not-charged", "write-off"):
        text = by_admin.get(page(task, name)).text
        for words in (
            task.batch.prompt.text,
            "4\N{NO-BREAK SPACE}₽",
            "Fits being charged",
            "their list &lt;b&gt;has&lt;/b&gt; it",
        ):
            assert words in text
        assert ("it was probably charged" in text) == (name == "not-charged")
    Comparison.objects.filter(pk=compared.pk).update(verdict="free")
    assert "it was probably charged" not in by_admin.get(page(task, "not-charged")).text
    # Not the money, for those who may do this and see none.
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    names = ("view_task", "change_task")
    bob.user_permissions.set(
        Permission.objects.filter(codename__in=names, content_type__app_label="gallery")
    )
    client.force_login(bob)
    text = client.get(page(task, "not-charged")).text
    assert task.batch.prompt.text in text
    assert "Fits" not in text


def test_nothing_is_released_while_its_send_may_live(by_admin: Client, task: Task) -> None:
    doubt(task, over=False)
    text = by_admin.get(page(task)).text
    assert page(task, "not-charged") not in text
    answer = done(by_admin, task, "not-charged", note="I am in a hurry")
    assert "its state has changed" in answer.text
    assert state(task) == S.UNKNOWN


def test_the_claim_to_support_is_at_hand(by_admin: Client, task: Task) -> None:
    assert "no id was received" not in by_admin.get(page(task)).text
    doubt(task)
    assert "no id was received" in by_admin.get(page(task)).text


def test_giving_up_asks_first_and_settles(by_admin: Client, task: Task) -> None:
    doubt(task)
    assert "counts as spent" in by_admin.get(page(task, "write-off")).text
    assert state(task) == S.UNKNOWN
    done(by_admin, task, "write-off")
    assert state(task) == S.WRITTEN_OFF
    assert Charge.objects.spent_on(task) == task.price_kopecks


def test_many_at_once(by_admin: Client, alice: User, submit: Submit) -> None:
    tasks = list(submit(alice, count=3).tasks.all())
    accept(tasks[0])
    form = {"action": "cancel_ticked", "_selected_action": [str(task.pk) for task in tasks]}
    answer = by_admin.post("/admin/gallery/task/", form, follow=True)
    assert [state(task) for task in tasks] == [S.RENDERING, S.CANCELED, S.CANCELED]
    assert "Done with 2 rows." in answer.text
    assert "1 row was not in a state for this." in answer.text
    assert LogEntry.objects.count() == 2


def test_looking_is_not_doing(client: Client, bob: User, task: Task) -> None:
    """Staff who may see tasks, and not change them, find no button and are refused."""
    bob.is_staff = True
    bob.save(update_fields=["is_staff"])
    bob.user_permissions.set(Permission.objects.filter(codename="view_task"))
    client.force_login(bob)
    text = client.get(page(task)).text
    assert page(task, "cancel") not in text
    assert client.post(page(task, "cancel")).status_code == 403
    form = {"action": "cancel_ticked", "_selected_action": [str(task.pk)]}
    client.post("/admin/gallery/task/", form)
    assert state(task) == S.QUEUED


def test_members_and_strangers_stay_out(by_alice: Client, client: Client, task: Task) -> None:
    for somebody in (by_alice, client):
        answer = somebody.post(page(task, "cancel"))
        assert answer.status_code in {302, 401, 403}
    assert state(task) == S.QUEUED


def test_what_is_not_there_is_missing(by_admin: Client, task: Task) -> None:
    assert by_admin.post(page(task, "no-such-deed")).status_code == 404
    assert by_admin.post("/admin/gallery/task/999999/do/cancel/").status_code == 404
    assert by_admin.put(page(task, "cancel")).status_code == 405


def test_a_deed_wants_its_forms_token(admin: User, task: Task) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)
    assert strict.post(page(task, "cancel")).status_code == 403
    assert state(task) == S.QUEUED


@pytest.mark.parametrize(
    ("words", "found"),
    [("alice", True), ("ALICE", True), ("bob", False), ("nobody", False), ("0", False)],
)
def test_the_list_finds_by_name(
    by_admin: Client, bob: User, task: Task, words: str, found: bool
) -> None:
    text = by_admin.get("/admin/gallery/task/", {"q": words}).text
    assert (page(task) in text) == found


def test_the_list_finds_by_number_and_by_id(by_admin: Client, task: Task) -> None:
    accept(task)
    task.refresh_from_db()
    for words in (str(task.pk), f" {task.remote_id} "):
        assert page(task) in by_admin.get("/admin/gallery/task/", {"q": words}).text
    assert page(task) not in by_admin.get("/admin/gallery/task/", {"q": "9" * 40}).text


@pytest.mark.parametrize("deed", ["not-charged", "rescue", "cancel"])
def test_the_form_of_what_cannot_be_done_any_more_is_not_shown(
    by_admin: Client, task: Task, deed: str
) -> None:
    """What is typed there, or carried up, would be for nothing."""
    refuse(task)
    page = by_admin.get(f"/admin/gallery/task/{task.pk}/do/{deed}/").text
    assert "This cannot be done now" in page
    assert "<textarea" not in page
    assert 'type="file"' not in page
