"""A pause of spending says so, and why, on every page: to members and in the panel."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from gallery.models import Studio, Task, User
from tests.conftest import Submit
from tests.views.policies import POLICIES
from tests.whole.sights import PANEL

from .conftest import MakeImage
from .test_policy import Rows, address, rows

__all__ = ["rows"]

REASONS = {
    "by-hand": "An administrator paused spending.",
    "balance-empty": "The balance at the provider is used up.",
    "key-refused": "The provider refuses the API key.",
    "breaker": "The provider left two requests without a usable answer within ten minutes.",
    "disk-full": "The disk is nearly full.",
    "archiver-dead": "Finished pictures could not be saved for ten minutes.",
}
NO_PAGES = {
    *("image_original", "image_thumbnail", "prompt_text", "robots", "favicon"),
    *("collection_complete", "tag_complete", "search_complete", "search_line"),
    *("image_states", "image_marks", "zip_file", "task_quarantine"),
}


@pytest.mark.parametrize("reason", REASONS)
def test_every_page_of_a_member_says_why(by_alice: Client, rows: Rows, reason: str) -> None:
    Studio.objects.pause(reason)
    pages = [name for name, policy in POLICIES.items() if policy.get == 200]
    for name in sorted(set(pages) - NO_PAGES):
        answer = by_alice.get(address(name, rows))
        if answer.status_code == 302:  # the login page, to who is in
            continue
        assert "Spending is paused." in answer.text, name
        assert REASONS[reason] in answer.text, name
    missing = by_alice.get("/nothing/")
    assert missing.status_code == 404
    assert REASONS[reason] in missing.text


def test_what_somebody_wrote_is_read_by_all(by_alice: Client, admin: User) -> None:
    Studio.objects.pause("by-hand", by=admin, note="until <Monday>")
    assert "until &lt;Monday&gt;</q>" in by_alice.get("/").text
    Studio.objects.resume(by=admin)
    Studio.objects.pause("balance-empty", note="the provider's words")
    assert "the provider&#x27;s words" not in by_alice.get("/").text


def test_every_page_of_the_panel_says_why(
    by_admin: Client, admin: User, alice: User, make_image: MakeImage
) -> None:
    task = make_image(alice).task
    assert task
    Studio.objects.pause("by-hand", by=admin, note="until Monday")
    lists = [f"/admin/{name}/" for name in PANEL]
    rows = [
        "/admin/",
        f"/admin/gallery/task/{task.pk}/change/",
        f"/admin/gallery/user/{alice.pk}/change/",
        "/admin/gallery/studio/1/change/",
        f"/admin/gallery/user/{alice.pk}/do/deactivate/",
        f"/admin/gallery/user/{alice.pk}/history/",
        "/admin/gallery/user/add/",
    ]
    for path in lists + rows:
        page = by_admin.get(path, follow=True).text
        assert REASONS["by-hand"] in page, path


PANEL_PAGE = 'href="/admin/gallery/studio/1/change/"'


def notices_of(client: Client) -> str:
    page = client.get("/").text.partition('aria-label="Notices"')[2].partition("</aside>")[0]
    return " ".join(page.split())


def test_who_paused_and_since_when(
    by_alice: Client, by_admin: Client, admin: User, alice: User
) -> None:
    User.objects.update(time_zone="Europe/Moscow")
    now = timezone.localtime(timezone=ZoneInfo("Europe/Moscow"))
    Studio.objects.pause("by-hand", by=admin)
    paused_at = Studio.objects.current().paused_at
    assert paused_at
    since = f"{timezone.localtime(paused_at, ZoneInfo('Europe/Moscow')):%H:%M}"
    assert f"By carol since {since}." in notices_of(by_admin)
    assert PANEL_PAGE in notices_of(by_admin)
    assert f"Since {since}." in notices_of(by_alice)
    assert "carol" not in notices_of(by_alice)
    assert PANEL_PAGE not in notices_of(by_alice)
    earlier = now - timedelta(days=3)
    Studio.objects.filter(pk=1).update(paused_at=earlier, paused_by=None)
    for client in (by_alice, by_admin):
        assert f"Since {date_format(earlier, 'SHORT_DATETIME_FORMAT')}." in notices_of(client)


def test_whoever_may_not_see_the_studio_is_led_nowhere(by_bob: Client, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    Studio.objects.pause("breaker")
    assert PANEL_PAGE not in notices_of(by_bob)
    view = Permission.objects.get(codename="view_studio", content_type__app_label="gallery")
    bob.user_permissions.add(view)
    assert PANEL_PAGE in notices_of(by_bob)


def test_a_waiting_card_says_why_and_who_knows_nothing_is_told_nothing(
    client: Client, by_alice: Client, alice: User, submit: Submit, settings: object
) -> None:
    task = submit(alice).tasks.get()
    Studio.objects.pause("disk-full")
    real = "https://api.example/v1"
    settings.PROVIDER, settings.IS_DEMO = real, False  # type: ignore[attr-defined]
    Task.objects.filter(pk=task.pk).update(provider=real)
    card = by_alice.get(f"/tasks/{task.pk}/").text
    assert "Spending is paused. The disk is nearly full." in card
    assert Task.objects.claim_send(task.pk) is None
    assert "paused" not in client.get("/login/").text
