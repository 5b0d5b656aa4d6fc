"""A line taken apart and put together: whatever is typed, it is read, and means one thing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gallery.search import Field, Term, terms, written

FRAGMENTS = [
    "cat", "Ёж", "-", '"', '""', " ", ":", "model:", "МОДЕЛЬ:", "tag:", "in:", "date:", "cost:",
    "цена:", "rating:", "fav", "избранное", ">=", "<", "..", "3", "2026", "2026-11", "16:9", "x",
    "流", "\u3000", "-fav", "0.50", "\x00", "ͅ", "ß", "--", "date:2026-1..2026-03", "rating:0..",
    "cost:<0", '-"a b"',
]  # fmt: skip


def lines() -> st.SearchStrategy[str]:
    return st.one_of(st.text(max_size=40), st.lists(st.sampled_from(FRAGMENTS)).map("".join))


@given(lines())
@settings(max_examples=300, deadline=None)
def test_any_line_is_read_and_what_is_written_of_it_means_the_same(line: str) -> None:
    found, flaws = terms(line)
    assert all(0 <= flaw.start < flaw.end <= len(line) and flaw.words for flaw in flaws)
    again, none = terms(written(found))
    assert (again, none) == (found, [])
    here, none = terms(" ".join(term.written_here for term in found))
    assert (here, none) == (found, [])


@pytest.mark.parametrize(
    ("line", "canonical"),
    [
        ("  Red   CAT ", "Red CAT"),
        ('"red cat" -dog', '"red cat" -dog'),
        ("модель:flux Метка:ёлка -избранное", "model:flux tag:ёлка -fav"),
        ('fav "fav" -"-x"', 'fav "fav" -"-x"'),
        ("rating:>3 rating:=2 оценка:1..3", "rating:>=4 rating:2 rating:1..3"),
        ("cost:>10 cost:<4,5 цена:4..10.50", "cost:>=10.01 cost:<=4.49 cost:4..10.50"),
        ("date:2026-11 date:2026-11-01..2026-11-30", "date:2026-11 date:2026-11"),
        ("date:>2026-02 date:2025..2026-01", "date:>=2026-03-01 date:2025-01-01..2026-01-31"),
        ("ratio:16x9 пропорции:3/4", "ratio:16:9 ratio:3:4"),
        ('in:"to print" in:cover', 'in:"to print" in:cover'),
        ("16:9 a-b 5\"x7 - %", "16:9 a-b 5\"x7 - %"),
    ],
)  # fmt: skip
def test_a_line_has_one_best_way_to_be_written(line: str, canonical: str) -> None:
    found, flaws = terms(line)
    assert not flaws
    assert written(found) == canonical


@pytest.mark.parametrize(
    ("line", "marked", "words"),
    [
        ('cat "red roof', '"red roof', "none closes it"),
        ("see colour:red", "colour:red", "no filter “colour:”"),
        ("tag: cat", "tag:", "Nothing stands after"),
        ("rating:6", "rating:6", "0 to 5"),
        ("rating:4..2", "rating:4..2", "0 to 5"),
        ("ratio:2:1", "ratio:2:1", "16:9"),
        ("date:2026-13", "date:2026-13", "2026-11-24"),
        ("date:>2999", "date:>2999", "2026-11-24"),
        ("cost:cheap", "cost:cheap", "in roubles"),
        ("fav:yes", "fav:yes", "without the colon"),
        ('""', '""', "between the quotation marks"),
    ],
)
def test_what_is_not_clear_is_marked_and_explained(line: str, marked: str, words: str) -> None:
    _, (flaw,) = terms(line)
    assert line[flaw.start : flaw.end] == marked
    assert words in flaw.words


def test_terms_mean_the_same_wherever_they_stand() -> None:
    assert terms("fav cat")[0] == [Term(Field.FAV, ""), Term(None, "cat")]
    assert set(terms("cat fav")[0]) == set(terms("fav cat")[0])
