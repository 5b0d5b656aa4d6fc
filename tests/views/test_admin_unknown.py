"""The page of all that was sent and not answered."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.admin import unknown
from gallery.models import Comparison, Event, Pause, Question, Task, User
from gallery.models.pause import RESTORED
from tests.conftest import Submit
from tests.models.test_balance import read

from .conftest import accept, doubt

PAGE = "/admin/gallery/task/unknown/"


def doubted(task: Task, **facts: Any) -> Task:
    """Unknown, with what the sender measured."""
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.doubt(task.pk, claim, "timeout", facts.pop("detail", ""), **facts)
    Task.objects.filter(pk=task.pk).update(claimed_until=None)
    task.refresh_from_db()
    return task


def test_every_fact_and_every_deed(
    by_admin: Client, admin: User, alice: User, submit: Submit
) -> None:
    task = doubted(
        submit(alice, "a cat & <script>").tasks.get(),
        seconds=180.4, status=502, received=312, detail="<html>bad gateway",
    )  # fmt: skip
    Event.objects.record(task.pk, "owner-note", actor=alice, note="first word")
    Event.objects.record(task.pk, "owner-note", actor=alice, note="not charged <b>I looked</b>")
    now = timezone.now()
    Comparison.objects.create(
        task=task, before_at=now, before_kopecks=10_000, after_at=now, after_kopecks=10_000,
        verdict="free",
    )  # fmt: skip
    assert Question.objects.ask(task, "abcdef-1234", by=admin)
    text = by_admin.get(PAGE).text.replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "a cat &amp; &lt;script&gt;",
        "alice",
        "4 ₽",
        "3:00",
        "502",
        "312",
        "The provider did not answer in time.",
        "&lt;html&gt;bad gateway",
        "not charged &lt;b&gt;I looked&lt;/b&gt;",
        "Fits not being charged",
        "Before 100 ₽, after 100 ₽: 0 ₽ left it.",
        "abcdef-1234",
        "1 task, 4 ₽ held.",
    ):
        assert words in text, words
    assert "first word" not in text
    for name in ("compare", "identify", "withdraw-id", "not-charged", "write-off"):
        assert f"/admin/gallery/task/{task.pk}/do/{name}/" in text


def test_only_what_is_unknown_the_newest_first(
    by_admin: Client, alice: User, submit: Submit
) -> None:
    first, second, other = submit(alice, count=3).tasks.order_by("pk")
    doubt(first)
    doubt(second, over=False)
    accept(other)
    text = by_admin.get(PAGE).text
    assert f'id="unknown-{other.pk}"' not in text
    assert 0 < text.index(f'id="unknown-{second.pk}"') < text.index(f'id="unknown-{first.pk}"')
    # Nothing is released while its send may live.
    assert f"/task/{first.pk}/do/not-charged/" in text
    assert f"/task/{second.pk}/do/not-charged/" not in text


def test_nothing_unknown(by_admin: Client) -> None:
    assert "every send has been answered" in by_admin.get(PAGE).text


def test_the_front_page_leads_to_it(by_admin: Client) -> None:
    assert f'href="{PAGE}"' in by_admin.get("/admin/").text


def test_as_many_queries_for_many_as_for_few(
    by_admin: Client, alice: User, bob: User, admin: User, submit: Submit
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            by_admin.get(PAGE)
        return len(captured)

    doubted(submit(alice).tasks.get())
    few = queries()
    for owner in (alice, bob, admin):
        for task in submit(owner, count=4).tasks.all():
            doubted(task)
            Comparison.objects.create(task=task)
            assert Question.objects.ask(task, f"0000{task.pk:08}", by=admin)
    assert queries() == few


def test_in_pages(
    by_admin: Client, alice: User, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknown, "ROWS", 2)
    tasks = list(submit(alice, count=3).tasks.order_by("pk"))
    for task in tasks:
        doubt(task)
    assert by_admin.get(PAGE).text.count('<article class="unknown"') == 2
    last = by_admin.get(PAGE, {"p": "2"}).text
    assert f'id="unknown-{tasks[0].pk}"' in last
    assert last.count('<article class="unknown"') == 1
    assert by_admin.get(PAGE, {"p": "x"}).status_code == 200


def test_restored_and_never_sent(by_admin: Client, task: Task) -> None:
    assert Task.objects.doubt_restored(task.pk)
    text = by_admin.get(PAGE).text
    assert "It may have been sent since the backup was made." in text
    assert "not known" in text
    assert "Each was sent, or may have been" in text


def test_what_the_balance_says_of_what_was_restored(by_admin: Client, task: Task) -> None:
    read(10_000, ago=60)
    Pause.objects.begin(timezone.now(), RESTORED, None, "")
    assert Task.objects.doubt_restored(task.pk)
    assert f"/admin/gallery/task/{task.pk}/do/compare/" in by_admin.get(PAGE).text
    read(9_600)
    assert Comparison.objects.renew() == 1
    text = by_admin.get(PAGE).text
    assert "Not compared yet." not in text
    assert "What was ordered after the backup is not known here, and may have cost as much." in text
    assert "Nothing else that is known here was sent in between." in text
    assert "Nothing else was sent in between." not in text


def test_who_may_look(client: Client, by_alice: Client, bob: User, task: Task) -> None:
    doubt(task)
    for somebody in (client, by_alice):
        assert somebody.get(PAGE).status_code in {302, 403}
    bob.is_staff = True
    bob.save(update_fields=["is_staff"])
    client.force_login(bob)
    assert client.get(PAGE).status_code == 403
    bob.user_permissions.set(Permission.objects.filter(codename="view_task"))
    text = client.get(PAGE).text
    assert f'id="unknown-{task.pk}"' in text
    assert "/do/" not in text, "who may look may not do"


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_it_is_only_looked_at(by_admin: Client, method: str) -> None:
    assert getattr(by_admin, method)(PAGE).status_code == 405


def test_htmx_gets_the_page_too(by_admin: Client, task: Task) -> None:
    doubt(task)
    answer = by_admin.get(PAGE, headers={"HX-Request": "true"})
    assert answer.status_code == 200


def test_that_the_balance_could_not_be_read_is_said(by_admin: Client, task: Task) -> None:
    """To whoever had it compared, and waits for what comes of that."""
    doubted(task)
    read(100_000)
    words = "The balance could not be read the last time"
    assert words not in by_admin.get(PAGE).text
    read(None)
    assert words in by_admin.get(PAGE).text
