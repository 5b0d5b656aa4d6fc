"""Every mutant still fits today's source, and names tests that are there; none is run here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .__main__ import ROOT, NotOnce, applied, edited
from .catalogue import MUTANTS, Edit, Mutant


def test_each_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 14


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_it_still_applies(mutant: Mutant) -> None:
    texts: dict[str, str] = {}
    for edit in mutant.edits:
        before = texts.get(edit.file) or (ROOT / edit.file).read_text()
        texts[edit.file] = edited(before, edit)
        assert texts[edit.file] != before
    for name, text in texts.items():
        if name.endswith(".py"):
            ast.parse(text, name)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_tests_that_are_to_catch_it_are_there(mutant: Mutant) -> None:
    assert mutant.tests
    for test in mutant.tests:
        file, _, name = test.partition("::")
        text = (ROOT / file).read_text()
        assert not name or f"def {name}(" in text, test


@pytest.mark.parametrize("text", ["", "old old"])
def test_a_text_that_is_not_there_once_is_told(text: str) -> None:
    with pytest.raises(NotOnce, match="not once"):
        edited(text, Edit("a.py", "old", "new"))


def test_the_source_is_put_back(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("old = 1\n")
    mutant = Mutant("any", (Edit("a.py", "old", "new"), Edit("a.py", "1", "2")), ())
    with pytest.raises(ZeroDivisionError), applied(tmp_path, mutant):
        assert (tmp_path / "a.py").read_text() == "new = 2\n"
        raise ZeroDivisionError
    assert (tmp_path / "a.py").read_text() == "old = 1\n"
