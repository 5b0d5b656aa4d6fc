from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.utils import translation
from django.utils.html import escape

from gallery.models import Studio, TaskStatus
from gallery.search import Field, terms
from gallery.views.help import searches
from project.environment import BASE_DIR

NAMES = {
    "ArrowLeft": "←",
    "ArrowRight": "→",
    "ArrowUp": "↑",
    "ArrowDown": "↓",
    "Escape": "Esc",
    " ": "Space",
    "Shift+ ": "Shift",
    "-": "−",
}
"""As keyboards have them in print, by the names that scripts have."""


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


@pytest.mark.parametrize("place", ["cull", "compare", "slides"])
def test_help_names_every_key_of_the_scripts(by_alice: Client, place: str) -> None:
    script = (BASE_DIR / f"static/js/{place}.js").read_text()
    maps = re.findall(r"const (?:KEYS|BY) = \{(.*?)\n?\s*\};", script, re.S)
    keys = {
        quoted or bare
        for one in maps
        for quoted, bare in re.findall(r'(?:^|[,{\n])\s*(?:"([^"]+)"|(\w+))\s*:', one)
    }
    assert "Escape" in keys
    rows = by_alice.get("/help/").text.split(f'id="keys-{place}"')[1].split("</tbody>")[0]
    told = {unescape(key) for key in re.findall(r"<kbd>(.*?)</kbd>", rows)}
    assert {NAMES.get(key, key.upper() if len(key) == 1 else key) for key in keys} <= told


@pytest.mark.parametrize("language", ["en", "ru"])
def test_help_shows_every_filter_as_the_search_takes_it(language: str) -> None:
    with translation.override(language):
        shown = [terms(line) for line, _words in searches()]
    assert not [flaws for _found, flaws in shown if flaws]
    assert {term.field for found, _flaws in shown for term in found} == {None, *Field}
