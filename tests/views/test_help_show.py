from __future__ import annotations

from django.test import Client
from django.utils.html import escape

from gallery.models import Studio, TaskStatus


def test_help_explains_every_state(by_alice: Client) -> None:
    page = by_alice.get("/help/").text
    for status in TaskStatus:
        assert f"<dt>{escape(status.label)}</dt>" in page


def test_help_says_how_long_a_press_can_be_taken_back(by_alice: Client) -> None:
    Studio.objects.current()
    Studio.objects.update(undo_send_seconds=7)
    assert "stays queued for 7 seconds" in by_alice.get("/help/").text
    Studio.objects.update(undo_send_seconds=0)
    assert "take it back" not in by_alice.get("/help/").text.split('id="money"')[0]


def test_every_page_leads_to_help(by_alice: Client) -> None:
    assert by_alice.get("/").text.count('href="/help/"') == 2
