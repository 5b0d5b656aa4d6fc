"""What is paid for and not saved is said loudly, while there is time, and each time once."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from gallery.jobs import alarms, sweep
from gallery.jobs import mail as letters
from gallery.jobs.mail import send_alarm
from gallery.models import Task, TaskStatus, User
from tests.provider.servers import closed_port
from tests.queue import queued

HOURS = pytest.mark.parametrize(
    ("hours", "alarm", "loudness"),
    [(0.9, None, None), (1.1, 1, "warning"), (6.1, 2, "warning"), (18.1, 3, "error")],
)


def ready(task: Task, hours: float, **fields: Any) -> Task:
    """Its picture has been ready for so long, and is nowhere near being saved."""
    now = timezone.now()
    Task.objects.filter(pk=task.pk).update(
        status=TaskStatus.RENDERING,
        remote_id=f"ready-{task.pk:08}",
        accepted_at=now - timedelta(hours=hours),
        ready_at=now - timedelta(hours=hours),
        due_at=now + timedelta(days=1),
        give_up_at=now + timedelta(days=1),
        reason="gone",
        **fields,
    )
    return Task.objects.get(pk=task.pk)


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [
        (record.levelname.lower(), str(record.msg))
        for record in caplog.records
        if "paid-not-saved" in str(record.msg)
    ]


@HOURS
def test_each_alarm_rings_once_however_often_it_is_looked(
    task: Task, caplog: pytest.LogCaptureFixture, hours: float, alarm: int, loudness: str
) -> None:
    ready(task, hours)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            sweep.run()
    assert Task.objects.get(pk=task.pk).alarm == alarm
    lines = told(caplog)
    assert [level for level, _ in lines] == ([loudness] if loudness else [])
    assert all(f"'task': {task.pk}" in line for _, line in lines)
    assert not any(task.batch.prompt.text in line for _, line in lines)


def test_alarms_grow_louder_with_time(task: Task, caplog: pytest.LogCaptureFixture) -> None:
    for hours in (1.1, 6.1, 18.1, 23):
        ready(task, hours)
        alarms.ring()
    levels = [level for level, _ in told(caplog)]
    assert levels == ["warning", "warning", "error"]


def test_what_is_saved_or_fails_rings_no_more(task: Task, caplog: pytest.LogCaptureFixture) -> None:
    ready(task, 7)
    assert Task.objects.fail(task.pk, "provider-failed", "", None)
    alarms.ring()
    assert told(caplog) == []


def test_demo_pictures_of_former_days_ring_nowhere(
    task: Task, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.IS_DEMO, settings.PROVIDER = False, "https://api.example/v1"
    ready(task, 7)
    alarms.ring()
    assert told(caplog) == []
    ready(task, 7, provider="https://api.of.yesterday.example/v1")
    alarms.ring()
    assert len(told(caplog)) == 1


def test_one_mail_for_all_that_is_new(
    task: Task, submit: Any, alice: User, admin: User, settings: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    settings.SENDS_MAIL = True
    User.objects.filter(pk=admin.pk).update(email="carol@artel.example")
    for one in [task, *submit(alice, count=3).tasks.all()]:
        ready(one, 1.1)
    with django_capture_on_commit_callbacks(execute=True):
        alarms.ring()
        alarms.ring()
    assert "gallery.jobs.mail.run" in queued()
    letters.run()
    letters.run()
    assert len(mail.outbox) == 1


def test_a_mail_that_did_not_go_is_tried_again_for_an_hour(
    task: Task, admin: User, settings: Any, data_dir: Path
) -> None:
    """Killed before it was sent, or a mail server that is away: twice rather than not at all."""
    settings.SENDS_MAIL = True
    User.objects.filter(pk=admin.pk).update(email="carol@artel.example")
    ready(task, 1.1)
    alarms.ring()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with closed_port() as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        letters.run()
        assert letters.is_waiting()
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        letters.run()
        assert len(mail.outbox) == 1
        assert not letters.is_waiting()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        letters.put_out([task.pk], 1)
        (letter,) = (data_dir / letters.OUTBOX).iterdir()
        os.utime(letter, (1, 1))
        letters.run()
    assert not letters.is_waiting(), "after an hour it is no news"


def test_what_the_disk_does_not_take_rings_once_it_does(
    task: Task, settings: Any, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SENDS_MAIL = True
    ready(task, 1.1)
    (data_dir / letters.OUTBOX).write_text("in the folder's place")
    alarms.ring()
    assert told(caplog) == []
    assert "alarm-not-written" in caplog.text
    (data_dir / letters.OUTBOX).unlink()
    alarms.ring()
    assert len(told(caplog)) == 1


def test_without_a_mail_server_nothing_is_queued(
    task: Task, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    assert not settings.SENDS_MAIL
    ready(task, 1.1)
    with django_capture_on_commit_callbacks(execute=True):
        alarms.ring()
    assert queued() == []


def test_the_mail_goes_to_administrators_in_their_language(
    task: Task, submit: Any, alice: User, admin: User, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://artel.example"
    User.objects.update(email="somebody@artel.example")
    User.objects.filter(pk=admin.pk).update(
        email="carol@artel.example", language="ru", time_zone="Europe/Moscow"
    )
    saved = submit(alice).tasks.get()
    send_alarm([ready(task, 1.1).pk, saved.pk], 1)
    (letter,) = mail.outbox
    assert letter.to == ["carol@artel.example"]
    assert "1" in letter.subject
    assert f" {task.pk}:" in letter.body
    assert f" {saved.pk}:" not in letter.body
    assert "MSK" in letter.body
    assert "https://artel.example/admin/gallery/task/?unsaved=yes" in letter.body
    assert task.batch.prompt.text not in letter.body


@pytest.mark.parametrize(
    ("hours", "level", "said", "unsaid"),
    [
        (1.1, 1, "its link surely lives until", "last alarm"),
        (18.5, 3, "This is the last alarm about them.", "may be dead"),
        (26, 3, "its link may be dead by now", "surely lives"),
    ],
)
def test_the_mail_says_what_is_true_of_the_link(
    task: Task, admin: User, hours: float, level: int, said: str, unsaid: str
) -> None:
    User.objects.filter(pk=admin.pk).update(email="carol@artel.example")
    send_alarm([ready(task, hours).pk], level)
    (letter,) = mail.outbox
    assert said in letter.body
    assert unsaid not in letter.body


def test_what_was_saved_meanwhile_makes_no_mail(task: Task, admin: User) -> None:
    User.objects.update(email="carol@artel.example")
    send_alarm([task.pk], 1)
    assert mail.outbox == []


def page_of(user: User, path: str = "/") -> str:
    client = Client()
    client.force_login(user)
    return client.get(path).text


def test_every_page_of_an_administrator_says_so(
    task: Task, alice: User, admin: User, settings: Any
) -> None:
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    words = "1 picture is paid for and not saved."
    ready(task, 0.5)
    assert words not in page_of(admin)
    ready(task, 1.5)
    for path in ("/", "/help/", "/admin/"):
        assert words in page_of(admin, path)
        assert words not in page_of(alice, path)
    assert "its link surely lives until" in page_of(admin)
    assert "For six hours:" not in page_of(admin)
    ready(task, 6.5)
    assert "For six hours:" in page_of(admin)
    ready(task, 18.5)
    assert "These are the last hours:" in page_of(admin)
    assert '<p class="notice strong">' in page_of(admin)
    ready(task, 25)
    assert "its link may be dead by now" in page_of(admin)
    assert django_settings.ALARM_SECONDS[0] == 3600
