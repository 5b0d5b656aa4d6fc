"""The table of legal moves is the one of the house plan: each pair of it, and no other."""

from __future__ import annotations

from gallery.models.states import MOVES

PLANNED = {
    ("queued", "canceled"),
    ("queued", "sending"),
    ("queued", "unknown"),
    ("sending", "queued"),
    ("sending", "failed"),
    ("sending", "rendering"),
    ("sending", "saving"),
    ("sending", "unknown"),
    ("unknown", "rendering"),
    ("unknown", "failed"),
    ("unknown", "written-off"),
    ("written-off", "rendering"),
    ("rendering", "saving"),
    ("rendering", "failed"),
    ("rendering", "lost"),
    ("saving", "rendering"),
    ("saving", "lost"),
    ("saving", "done"),
    ("lost", "rendering"),
    ("lost", "done"),
}
"""Written out, because what tries the moves in any order asks MOVES what is right."""


def test_the_moves_are_those_of_the_plan() -> None:
    assert {(old.value, new.value) for old, every in MOVES.items() for new in every} == PLANNED
