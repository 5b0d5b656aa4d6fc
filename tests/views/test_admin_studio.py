"""The studio's settings and the models in the panel: edited by their verbs alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from gallery.jobs import sweep
from gallery.models import Balance, Budget, Event, ImageModel, Studio, Task, User
from tests.conftest import Submit
from tests.queue import queued

STUDIO = "/admin/gallery/studio/1/"


@pytest.fixture(autouse=True)
def studio(db: None) -> Studio:
    return Studio.objects.current()


def form(**typed: Any) -> dict[str, Any]:
    return {"purse_kopecks": "", "undo_send_seconds": "3"} | typed


def test_the_list_is_the_one_row(by_admin: Client) -> None:
    answer = by_admin.get("/admin/gallery/studio/")
    assert answer["Location"] == f"{STUDIO}change/"
    assert by_admin.get(f"{STUDIO}change/").status_code == 200


def test_the_purse_reaches_this_months_budget(by_admin: Client, task: Task) -> None:
    answer = by_admin.post(
        f"{STUDIO}change/",
        form(purse_kopecks="700", undo_send_seconds="5", signup_open="on"),
    )
    assert answer["Location"] == f"{STUDIO}change/"
    studio = Studio.objects.current()
    assert (studio.purse_kopecks, studio.undo_send_seconds) == (70000, 5)
    assert studio.signup_open
    assert set(Budget.objects.filter(user=None).values_list("limit_kopecks", flat=True)) == {70000}
    assert LogEntry.objects.get().object_id == "1"


def test_undo_send_is_ten_seconds_at_most(by_admin: Client) -> None:
    page = by_admin.post(f"{STUDIO}change/", form(undo_send_seconds="11"))
    assert "errorlist" in page.text
    assert Studio.objects.current().undo_send_seconds == 3


def test_pause_with_a_note_and_resume(by_admin: Client, admin: User) -> None:
    assert by_admin.get(f"{STUDIO}do/pause/").status_code == 200
    by_admin.post(f"{STUDIO}do/pause/", {"note": "the bill is <b>late</b>"})
    studio = Studio.objects.current()
    assert (studio.paused_by, studio.pause_reason) == (admin, "by-hand")
    page = by_admin.get(f"{STUDIO}change/").text
    assert "the bill is &lt;b&gt;late&lt;/b&gt;" in page
    assert "/do/resume/" in page
    assert "/do/pause/" not in page
    by_admin.post(f"{STUDIO}do/resume/")
    assert not Studio.objects.current().is_paused
    assert Studio.objects.current().resumed_by == admin


RESUME = f"{STUDIO}do/resume/"


def read(kopecks: int | None, reason: str = "", ago: float = 5) -> None:
    when = timezone.now() - timedelta(seconds=ago)
    Balance.objects.create(
        provider=settings.PROVIDER, asked_at=when, read_at=when, kopecks=kopecks, reason=reason
    )


@pytest.mark.parametrize(
    ("cause", "reading", "ticked", "refusal"),
    [
        ("balance-empty", (500, ""), False, ""),
        ("balance-empty", (0, ""), False, "is still used up"),
        ("balance-empty", (-1, ""), True, "is still used up"),
        ("balance-empty", (None, "balance-empty"), True, "is still used up"),
        ("balance-empty", (None, "timeout"), False, "cannot be read"),
        ("balance-empty", (None, "timeout"), True, ""),
        ("balance-empty", (None, "key-refused"), False, "cannot be read"),
        ("balance-empty", (500, "", 61), False, "is being read"),
        ("balance-empty", (0, "", 61), True, ""),
        ("balance-empty", None, False, "is being read"),
        ("balance-empty", None, True, ""),
        ("key-refused", (500, ""), False, ""),
        ("key-refused", (0, ""), False, ""),
        ("key-refused", (None, "key-refused"), True, "still refuses the API key"),
        ("key-refused", (None, "http-502"), False, "cannot be read"),
        ("key-refused", (None, "http-502"), True, ""),
        ("key-refused", None, False, "is being read"),
        ("breaker", (500, ""), False, ""),
        ("breaker", (0, ""), False, ""),
        ("breaker", (None, "timeout"), False, "cannot be read"),
        ("breaker", (None, "timeout"), True, ""),
        ("breaker", None, False, "is being read"),
        ("no-key", (500, ""), False, ""),
        ("no-key", (None, "key-refused"), True, "still refuses the API key"),
        ("no-key", (None, "http-502"), False, "cannot be read"),
        ("no-key", None, True, ""),
    ],
)
def test_resuming_looks_whether_the_cause_is_gone(
    by_admin: Client,
    monkeypatch: pytest.MonkeyPatch,
    cause: str,
    reading: tuple[Any, ...] | None,
    ticked: bool,
    refusal: str,
) -> None:
    monkeypatch.setattr(settings, "IS_DEMO", False)
    Studio.objects.pause(cause)
    Studio.objects.update(paused_at=timezone.now() - timedelta(hours=1))
    if reading:
        read(*reading)
    answer = by_admin.post(RESUME, {"all_the_same": "on"} if ticked else {})
    assert answer.status_code == (422 if refusal else 302)
    assert Studio.objects.current().is_paused == bool(refusal)
    if refusal:
        assert refusal in answer.text
        assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("kopecks", "credit", "ticked", "refusal"),
    [
        (200, 0, False, "is 2\xa0₽, credit included, and the cheapest picture costs 4\xa0₽"),
        (399, 0, False, "is 3.99\xa0₽, credit included"),
        (200, 0, True, ""),
        (400, 0, False, ""),
        (-100, 500, False, ""),
        (-100, -500, False, ""),
        (-100, 499, False, "is 3.99\xa0₽, credit included"),
    ],
)
def test_what_pays_for_no_picture_resumes_nothing(
    by_admin: Client,
    monkeypatch: pytest.MonkeyPatch,
    kopecks: int,
    credit: int,
    ticked: bool,
    refusal: str,
) -> None:
    """Else spending is paused again seconds after, without a word."""
    monkeypatch.setattr(settings, "IS_DEMO", False)
    ImageModel.objects.enabled().update(price_kopecks=400)
    Studio.objects.pause("balance-empty")
    Studio.objects.update(paused_at=timezone.now() - timedelta(hours=1))
    read(kopecks)
    Balance.objects.update(credit_kopecks=credit)
    answer = by_admin.post(RESUME, {"all_the_same": "on"} if ticked else {})
    assert Studio.objects.current().is_paused == bool(refusal)
    assert refusal in answer.text


def test_the_cheapest_picture_is_one_that_waits(
    by_admin: Client, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "IS_DEMO", False)
    ImageModel.objects.enabled().exclude(pk=task.model_id).update(price_kopecks=60)
    Studio.objects.pause("balance-empty")
    Studio.objects.update(paused_at=timezone.now() - timedelta(hours=1))
    read(200)
    assert "the cheapest picture costs 4\xa0₽" in by_admin.post(RESUME).text
    ImageModel.objects.filter(pk=task.model_id).update(is_enabled=False)  # it waits for that too
    assert by_admin.post(RESUME).status_code == 302


def test_what_was_read_before_the_pause_says_nothing_of_its_cause(
    by_admin: Client, django_capture_on_commit_callbacks: Any
) -> None:
    """The balance was good, and then the key was refused."""
    read(500, ago=5)
    Studio.objects.pause("key-refused")
    cache.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert "is being read" in by_admin.post(RESUME).text
        by_admin.get(RESUME)
    assert "gallery.jobs.balance.run" in queued(), "young as it is, it is read anew"
    assert Studio.objects.current().is_paused


def test_the_page_of_resuming_shows_the_last_reading_and_has_it_read_anew(
    by_admin: Client, django_capture_on_commit_callbacks: Any
) -> None:
    Studio.objects.pause("balance-empty")
    assert "not read yet" in by_admin.get(RESUME).text
    read(-1234, ago=600)
    cache.clear()
    with django_capture_on_commit_callbacks(execute=True):
        text = by_admin.get(RESUME).text
    assert "−12.34\N{NO-BREAK SPACE}₽" in text
    assert "The balance at the provider is used up." in text
    assert "gallery.jobs.balance.run" in queued()
    assert f'href="{RESUME}"' in by_admin.get(f"{STUDIO}change/").text
    read(None, "timeout")
    assert "The provider did not answer in time." in by_admin.get(RESUME).text


def test_a_full_disk_keeps_spending_paused(by_admin: Client, settings: Any, data_dir: Path) -> None:
    Studio.objects.pause("disk-full")
    assert f'action="{RESUME}"' in by_admin.get(f"{STUDIO}change/").text, "a button, no page"
    settings.DISK_FLOOR_BYTES = 2**60
    answer = by_admin.post(RESUME)
    assert answer.status_code == 422
    assert "The disk is still nearly full." in answer.text
    assert "all_the_same" not in answer.text
    settings.DISK_FLOOR_BYTES = 0
    assert by_admin.post(RESUME).status_code == 302
    assert not Studio.objects.current().is_paused


def test_without_a_key_spending_stays_paused(by_admin: Client, settings: Any) -> None:
    Studio.objects.pause("no-key")
    settings.IS_DEMO, settings.PROVIDER = True, "demo"
    read(500)
    answer = by_admin.post(RESUME, {"all_the_same": "on"})
    assert answer.status_code == 422
    assert "There is still no API key." in answer.text
    assert Studio.objects.current().is_paused


def test_an_archive_that_saves_nothing_keeps_spending_paused(
    by_admin: Client, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "IS_DEMO", False)
    long_ago = timezone.now() - timedelta(minutes=11)
    Task.objects.filter(pk=task.pk).update(
        status="rendering", ready_at=long_ago, reason="host-forbidden", remote_id="a1", saves=3
    )
    sweep.guard_archive()
    assert f'href="{RESUME}"' in by_admin.get(f"{STUDIO}change/").text
    answer = by_admin.post(RESUME)
    assert answer.status_code == 422
    assert "still wait to be saved" in answer.text
    assert by_admin.post(RESUME, {"all_the_same": "on"}).status_code == 302
    Studio.objects.pause("archiver-dead")
    Event.objects.create(task=task, kind="saved")
    assert f'action="{RESUME}"' in by_admin.get(f"{STUDIO}change/").text, "seen to be gone"
    assert by_admin.post(RESUME).status_code == 302


def test_after_a_restore_it_is_asked_whether_the_unknowns_were_looked_through(
    by_admin: Client, alice: User, submit: Submit
) -> None:
    for task in submit(alice, count=2).tasks.all():
        assert Task.objects.doubt_restored(task.pk)
    Studio.objects.pause("restored", anew=True)
    assert f'href="{RESUME}"' in by_admin.get(f"{STUDIO}change/").text
    page = by_admin.get(RESUME).text
    assert "2 tasks are unknown: they may have been sent, and charged." in page
    assert 'href="/admin/gallery/task/unknown/"' in page
    answer = by_admin.post(RESUME)
    assert answer.status_code == 422
    assert "Look through the unknown tasks first (2), or tick the box." in answer.text
    assert Studio.objects.current().is_paused
    assert by_admin.post(RESUME, {"all_the_same": "on"}).status_code == 302
    assert not Studio.objects.current().is_paused


@pytest.mark.parametrize("cause", ["by-hand", "archiver-dead", "restored"])
def test_other_pauses_are_ended_by_the_button(by_admin: Client, cause: str) -> None:
    Studio.objects.pause(cause)
    read(0)
    assert f'action="{RESUME}"' in by_admin.get(f"{STUDIO}change/").text
    by_admin.post(RESUME)
    assert not Studio.objects.current().is_paused


def test_an_open_form_does_not_write_over_a_pause(by_admin: Client) -> None:
    forged = form(undo_send_seconds="4", paused_at="", pause_reason="", setup_token_hash="x")
    Studio.objects.pause("breaker")
    by_admin.post(f"{STUDIO}change/", forged)
    studio = Studio.objects.current()
    assert (studio.is_paused, studio.setup_token_hash) == (True, "")
    assert studio.undo_send_seconds == 4


def model_form(**typed: Any) -> dict[str, Any]:
    return {
        "remote_id": "gpt-image-1-high", "label": "Low", "price_kopecks": "5,5",
        "ratios": ["1:1", "16:9"], "max_references": 4, "position": 1,
    } | typed  # fmt: skip


def test_a_model_keeps_its_remote_id(by_admin: Client, image_model: ImageModel) -> None:
    """What is queued was agreed to for this id's price, and history names what made it."""
    page = f"/admin/gallery/imagemodel/{image_model.pk}/change/"
    assert by_admin.get(page).status_code == 200
    assert by_admin.post(page, model_form()).status_code == 302
    image_model.refresh_from_db()
    assert (image_model.remote_id, image_model.price_kopecks) == ("gpt-image-1-low", 550)
    assert image_model.ratios == ["1:1", "16:9"]


def test_a_new_model_begins_switched_off(by_admin: Client) -> None:
    new = model_form(remote_id="new-model", is_enabled="on")
    assert by_admin.post("/admin/gallery/imagemodel/add/", new).status_code == 302
    assert not ImageModel.objects.get(remote_id="new-model").is_enabled


def test_a_model_needs_a_ratio_and_a_price(by_admin: Client) -> None:
    wrongs: list[dict[str, Any]] = [
        {"ratios": []},
        {"ratios": ["2:7"]},
        {"price_kopecks": "100001"},
    ]
    for wrong in wrongs:
        page = by_admin.post("/admin/gallery/imagemodel/add/", model_form(remote_id="n", **wrong))
        assert "errorlist" in page.text
    assert not ImageModel.objects.filter(remote_id="n").exists()


def test_a_model_is_switched_by_its_verbs(by_admin: Client, image_model: ImageModel) -> None:
    path = f"/admin/gallery/imagemodel/{image_model.pk}/do"
    by_admin.post(f"{path}/switch-off/", {"reason": "ugly hands"})
    image_model.refresh_from_db()
    assert (image_model.is_enabled, image_model.off_detail) == (False, "ugly hands")
    assert image_model.off_sentence == "An administrator switched this model off."
    by_admin.post(f"{path}/switch-on/")
    image_model.refresh_from_db()
    assert (image_model.is_enabled, image_model.off_reason) == (True, "")
    log = by_admin.get("/admin/admin/logentry/").text
    assert "Switched it off: ugly hands" in log
    assert "carol" in log


def test_many_models_at_once(by_admin: Client, image_model: ImageModel) -> None:
    for name, is_on in (("switch_off", False), ("switch_on", True)):
        ticked = {"action": name, "_selected_action": [str(image_model.pk)]}
        by_admin.post("/admin/gallery/imagemodel/", ticked)
        image_model.refresh_from_db()
        assert image_model.is_enabled == is_on
