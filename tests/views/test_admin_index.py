"""The panel's front page tells the truth, in a constant number of queries."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from gallery.models import (
    Balance,
    Budget,
    Charge,
    ImageModel,
    Lease,
    Question,
    Task,
    User,
    current_month,
    report,
)
from tests.conftest import Submit
from tests.queue import queued

from .conftest import MakeImage, accept, doubt, refuse


def test_waiting_by_state_with_the_oldest(by_admin: Client, alice: User, submit: Submit) -> None:
    tasks = list(submit(alice, count=4).tasks.order_by("pk"))
    doubt(tasks[0])
    accept(tasks[1])
    Task.objects.filter(pk=tasks[2].pk).update(created_at=timezone.now() - timedelta(hours=5))
    found = {one.status: one.count for one in report.waiting()}
    assert found == {
        "queued": 2, "sending": 0, "rendering": 1, "saving": 0, "unknown": 1, "lost": 0,
    }  # fmt: skip
    text = by_admin.get("/admin/").text
    assert re.search(r"Queued.*?>2<.*?oldest 5\Whours", text, re.DOTALL)
    assert re.search(r'is-alarm">\s*<span class="figure-name">Unknown', text)


def test_paid_and_not_saved_counts_what_is_overdue(
    by_admin: Client, alice: User, submit: Submit, make_image: MakeImage
) -> None:
    make_image(alice)
    saving, rendering, fresh = submit(alice, count=3).tasks.order_by("pk")
    for task in (saving, rendering, fresh):
        accept(task)
    for task in (saving, fresh):
        Task.objects.ready(task.pk, "https://pictures.example/1.webp", None)
    assert report.unsaved().count == 0
    assert "as it should be" in by_admin.get("/admin/").text
    hours = timezone.now() - timedelta(hours=20)
    Task.objects.filter(pk__in=[saving.pk, rendering.pk]).update(ready_at=hours)
    found = report.unsaved()
    assert found.count == 2
    assert found.link_dies_at == hours + timedelta(hours=24)
    text = by_admin.get("/admin/").text
    assert "oldest link lives" in text
    listed = by_admin.get("/admin/gallery/task/?unsaved=yes").text
    for task, is_listed in ((saving, True), (rendering, True), (fresh, False)):
        assert (f"/task/{task.pk}/change/" in listed) == is_listed
    Task.objects.filter(pk=saving.pk).update(ready_at=timezone.now() - timedelta(hours=30))
    assert "oldest link may be dead" in by_admin.get("/admin/").text


@pytest.mark.parametrize(
    ("hours", "said", "unsaid"),
    [
        (19, "These are the last hours:", "may be dead by now"),
        (30, "may be dead by now", "These are the last hours:"),
    ],
)
def test_after_the_last_hour_nobody_says_that_hours_are_left(
    by_admin: Client, task: Task, hours: int, said: str, unsaid: str
) -> None:
    accept(task)
    Task.objects.ready(task.pk, "https://pictures.example/1.webp", None)
    then = timezone.now() - timedelta(hours=hours)
    Task.objects.filter(pk=task.pk).update(ready_at=then, link_since=then)
    notices = by_admin.get("/").text.partition("<aside")[2].partition("</aside>")[0]
    assert said in notices
    assert unsaid not in notices
    assert 'class="notice strong"' in notices


def test_a_model_that_the_provider_forbade_is_named(
    by_admin: Client, alice: User, submit: Submit, task: Task, client: Client, bob: User
) -> None:
    words = "The provider does not allow them for this key"
    assert words not in by_admin.get("/admin/").text
    forbidden, by_hand = ImageModel.objects.enabled()[:2]
    assert forbidden.pk == task.model_id
    submit(alice, count=2)
    ImageModel.objects.switch_off(by_hand.pk, "switched-off")
    assert words not in by_admin.get("/admin/").text
    ImageModel.objects.switch_off(forbidden.pk, "model-forbidden", "not <yours>")
    text = by_admin.get("/admin/").text
    section = text.partition('id="forbidden"')[2].partition("</section>")[0]
    assert words in section
    assert f'href="/admin/gallery/imagemodel/{forbidden.pk}/change/"' in section
    assert forbidden.label in section
    assert by_hand.label not in section
    assert "3 tasks wait" in section
    assert "not &lt;yours&gt;" in section
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    client.force_login(bob)
    assert words not in client.get("/admin/").text


def test_failures_of_seven_days_by_reason(alice: User, submit: Submit) -> None:
    tasks = list(submit(alice, count=3).tasks.all())
    for task in tasks:
        refuse(task)
    Task.objects.filter(pk=tasks[0].pk).update(ended_at=timezone.now() - timedelta(days=8))
    assert [(line.name, line.amount) for line in report.failures()] == [
        ("The provider refused the content of this prompt.", 2)
    ]


def test_money_by_day_by_user_and_by_model(
    by_admin: Client, alice: User, bob: User, make_image: MakeImage
) -> None:
    for owner in (alice, alice, bob):
        make_image(owner)
    Budget.objects.set_purse(10_000)
    Budget.objects.set_purse(10_000)
    month = report.month()
    assert (month.purse, month.spent, month.held) == (10_000, 1200, 0)
    assert month.today == sum(month.days) == month.sums[-1] == 1200
    assert len(month.days) <= month.length
    assert [(line.name, line.amount) for line in report.by_user()] == [("alice", 800), ("bob", 400)]
    assert [line.amount for line in report.by_model()] == [1200]
    text = by_admin.get("/admin/").text
    assert "100\N{NO-BREAK SPACE}₽" in text
    assert text.count('role="img"') == 2
    assert text.count("<title") == 3
    assert "style=" not in text


def test_each_charge_stands_on_its_own_day(
    alice: User, make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_image(alice)
    first = current_month()
    line = Charge.objects.exclude(spent_kopecks=0).get()
    zone = timezone.get_default_timezone()
    # The ledger refuses updates: what came on another day is another line.
    Charge._meta.get_field("created_at").auto_now_add = False
    try:
        for day, second in ((0, 0), (2, 86_399)):
            when = datetime(first.year, first.month, 1, tzinfo=zone)
            Charge.objects.bulk_create(
                [
                    Charge(
                        task=line.task, user=alice, month=first, demo=True, kind="adjust",
                        held_kopecks=0, spent_kopecks=100,
                        created_at=when + timedelta(days=day, seconds=second),
                    )
                ]
            )  # fmt: skip
    finally:
        Charge._meta.get_field("created_at").auto_now_add = True
    later = first.replace(day=28)
    monkeypatch.setattr(timezone, "localtime", lambda timezone: noon(later, timezone))
    days = report.month().days
    assert len(days) == 28
    assert days[0] >= 100
    assert days[2] >= 100
    assert sum(days) == 600
    monkeypatch.setattr(timezone, "localtime", lambda timezone: noon(first, timezone))
    assert report.month().days == [600]


def noon(day: Any, zone: Any) -> Any:
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone)


def test_speed_is_the_median_and_the_slowest(alice: User, submit: Submit) -> None:
    now = timezone.now()
    tasks = list(submit(alice, count=6).tasks.all())
    for task, seconds in zip(tasks, (5, 10, 20, 40, 99, 7), strict=True):
        old = timedelta(hours=25) if seconds == 7 else timedelta(0)
        accepted = now - timedelta(seconds=seconds) - old
        Task.objects.filter(pk=task.pk).update(accepted_at=accepted, ready_at=now - old)
    speed = report.speeds()
    assert [(one.count, one.median, one.slowest) for one in speed] == [(5, 20.0, 99.0)]
    Task.objects.filter(pk=tasks[0].pk).update(ready_at=None)
    assert [(one.count, one.median, one.slowest) for one in report.speeds()] == [(4, 20.0, 99.0)]
    Task.objects.exclude(pk=tasks[2].pk).update(ready_at=None)
    assert [(one.count, one.median, one.slowest) for one in report.speeds()] == [(1, 20.0, 20.0)]
    # Found by an id that was given: nobody here knows when it was accepted.
    Question.objects.create(task=tasks[2], remote_id="found-00000001", by=alice)
    assert report.speeds() == []


def read(kopecks: int | None, ago: float, reason: str = "") -> None:
    """A reading of the balance, so many minutes ago."""
    when = timezone.now() - timedelta(minutes=ago)
    if kopecks is None:
        row = Balance.objects.record_failure(when, reason)
    else:
        row = Balance.objects.record(when, kopecks, 0)
    Balance.objects.filter(pk=row.pk).update(read_at=when)
    row.refresh_from_db()
    if kopecks is not None:
        Balance.objects.reconcile(row)


def test_the_balance_its_history_and_what_the_ledger_does_not_explain(
    by_admin: Client, alice: User, submit: Submit
) -> None:
    assert "not read yet" in by_admin.get("/admin/").text
    task = submit(alice).tasks.get()
    read(100_000, ago=180)
    read(5_100_000, ago=120)
    doubt(task)
    sent = timezone.now() - timedelta(minutes=60)
    Task.objects.filter(pk=task.pk).update(sent_at=sent)
    read(5_099_600, ago=0)
    text = by_admin.get("/admin/").text.replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "50,996 ₽",
        "50,000 ₽",
        "4 ₽ left the balance that our ledger does not know of",
        f'<a href="/admin/gallery/task/{task.pk}/change/">Task {task.pk}</a>',
        'class="flag"',
        "4 ₽ not",
        "It explains 4 ₽ at most.",
    ):
        assert words in text, words
    assert text.count('role="img"') == 3
    read(None, ago=0, reason="timeout")
    text = by_admin.get("/admin/").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "The provider did not answer in time." in text
    assert "50,996 ₽" in text, "the last that is known"
    assert "ago" in text.partition("50,996 ₽")[2].partition("The provider did not")[0]


def test_how_much_the_named_tasks_explain_at_most(
    by_admin: Client, alice: User, submit: Submit
) -> None:
    first, second = submit(alice, count=2).tasks.order_by("pk")
    read(100_000, ago=180)
    for task in (first, second):
        doubt(task)
    sent = timezone.now() - timedelta(minutes=60)
    Task.objects.update(sent_at=sent)
    Task.objects.filter(pk=first.pk).update(cost_kopecks=700)
    read(98_000, ago=0)
    text = by_admin.get("/admin/").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "20 ₽ left the balance that our ledger does not know of" in text
    assert "Together they explain 11 ₽ at most." in text


def test_a_difference_without_a_candidate_says_so(by_admin: Client) -> None:
    read(100_000, ago=60)
    read(90_000, ago=0)
    assert "No task of ours fits" in by_admin.get("/admin/").text


def test_what_an_administrator_explains_is_asked_about_no_more(
    by_admin: Client, admin: User
) -> None:
    read(100_000, ago=60)
    read(90_000, ago=0)
    row = Balance.objects.get(kopecks=90_000)
    page = f"/admin/gallery/balance/{row.pk}/do/explain/"
    assert page in by_admin.get("/admin/").text
    form = by_admin.get(page)
    assert "100 ₽ left the balance" in form.text.replace("\N{NO-BREAK SPACE}", " ")
    answer = by_admin.post(page, {"kopecks": 10_000, "note": ""})
    assert answer.status_code == 422
    stale = by_admin.post(page, {"kopecks": 9_000, "note": "known"}, follow=True)
    assert "its state has changed" in stale.text
    note = "Used by hand <on the site>"
    by_admin.post(page, {"kopecks": 10_000, "note": note})
    text = by_admin.get("/admin/").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "100 ₽ left the balance" not in text
    assert "100 ₽ by hand" in text
    assert escape(note) in by_admin.get(f"/admin/gallery/balance/{row.pk}/change/").text
    [line] = LogEntry.objects.all()
    assert line.user == admin
    assert escape(note) in by_admin.get("/admin/admin/logentry/").text
    assert by_admin.post(page, {"kopecks": 10_000, "note": "again"}).status_code == 302
    assert LogEntry.objects.count() == 1


def test_who_may_only_look_explains_nothing(by_admin: Client, alice: User) -> None:
    read(100_000, ago=60)
    read(90_000, ago=0)
    alice.is_staff = True
    alice.save()
    names = ("view_balance", "view_charge", "view_budget")
    alice.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(alice)
    text = client.get("/admin/").text
    assert "left the balance" in text
    assert "/do/explain/" not in text
    page = f"/admin/gallery/balance/{Balance.objects.get(kopecks=90_000).pk}/do/explain/"
    assert client.post(page, {"kopecks": 10_000, "note": "mine"}).status_code == 403


def test_who_may_explain_sees_of_others_what_they_may_see(
    client: Client, alice: User, bob: User, submit: Submit
) -> None:
    read(100_000, ago=180)
    doubt(submit(bob).tasks.get())
    Task.objects.update(sent_at=timezone.now() - timedelta(minutes=60))
    read(99_600, ago=0)
    alice.is_staff = True
    alice.save()
    alice.user_permissions.set(Permission.objects.filter(codename="change_balance"))
    client.force_login(alice)
    row = Balance.objects.get(kopecks=99_600)
    page = client.get(f"/admin/gallery/balance/{row.pk}/do/explain/")
    assert page.status_code == 200
    assert "bob" not in page.text


def test_a_reading_without_a_difference_says_so(by_admin: Client) -> None:
    read(100_000, ago=60)
    row = Balance.objects.get()
    page = by_admin.get(f"/admin/gallery/balance/{row.pk}/do/explain/")
    assert "The ledger explains all of it." in page.text


def test_whoever_opens_the_page_has_the_balance_read(
    by_admin: Client, client: Client, bob: User, django_capture_on_commit_callbacks: Any
) -> None:
    bob.is_staff = True
    bob.save(update_fields=["is_staff"])
    bob.user_permissions.set(Permission.objects.filter(codename="view_task"))
    client.force_login(bob)
    with django_capture_on_commit_callbacks(execute=True):
        text = client.get("/admin/").text
    assert queued() == []
    assert 'id="balance"' not in text
    with django_capture_on_commit_callbacks(execute=True):
        by_admin.get("/admin/")
        by_admin.get("/admin/")
    assert queued() == ["gallery.jobs.balance.run"]


def test_the_house(by_admin: Client) -> None:
    assert "none yet" in by_admin.get("/admin/").text
    Lease.objects.beat("queue")
    text = by_admin.get("/admin/").text
    assert "seconds ago" in text or "second ago" in text
    for name in ("Django", "Python", "django-q2", "GB"):
        assert name in text


def test_an_empty_house_has_a_front_page_too(by_admin: Client) -> None:
    text = by_admin.get("/admin/").text
    assert "no limit" in text
    assert "Nothing yet." in text


def test_as_many_queries_for_many_rows_as_for_few(
    by_admin: Client, alice: User, bob: User, admin: User, make_image: MakeImage, submit: Submit
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            by_admin.get("/admin/")
        return len(captured)

    make_image(alice)
    read(100_000, ago=1)
    doubt(submit(alice).tasks.get())
    read(99_000, ago=0)
    few = queries()
    for number, owner in enumerate((alice, bob, admin)):
        make_image(owner)
        read(90_000 - number * 1000, ago=0)
        doubt(submit(owner).tasks.get())
        refuse(submit(owner).tasks.get())
    assert queries() == few
    assert few < 25


@pytest.mark.parametrize("language", ["en", "ru"])
def test_charts_are_drawn_in_every_language(
    by_admin: Client, alice: User, make_image: MakeImage, language: str
) -> None:
    """A comma in a number would break a path."""
    make_image(alice)
    for minutes, kopecks in ((90, 1_234_567), (60, 1_200_000), (0, -1_234)):
        read(kopecks, ago=minutes)
    text = by_admin.get("/admin/", headers={"accept-language": language}).text
    for attribute in re.findall(
        r'<(?:rect|path|line|svg)[^>]* (?:d|x|y|width|viewBox)="([^"]*)"', text
    ):
        assert "," not in attribute


def test_figures_for_those_who_may_see_the_rows(
    client: Client, bob: User, alice: User, make_image: MakeImage
) -> None:
    make_image(alice)
    bob.is_staff = True
    bob.save(update_fields=["is_staff"])
    client.force_login(bob)

    def shown(*rights: str) -> list[str]:
        bob.user_permissions.set(Permission.objects.filter(codename__in=rights))
        text = client.get("/admin/").text
        return [name for name in ("waiting", "failures", "money", "by-user") if f'"{name}"' in text]

    assert shown() == []
    assert shown("view_task") == ["waiting", "failures"]
    assert shown("view_charge", "view_budget") == ["money", "by-user"]
