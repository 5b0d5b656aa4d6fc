"""Everything that the source says is in the Russian catalogue, and the compiled file is of it."""

from __future__ import annotations

import re

import polib
import pytest

from tests import gettext
from tests.locale import messages

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|</?[a-z][^>]*>")
ABBREVIATIONS = ("г.", "мин.", "пикс.")
NEEDED = "GNU gettext is needed: `python -m tests.gettext` installs it."


def key(entry: polib.POEntry) -> tuple[str | None, str, str]:
    return entry.msgctxt, entry.msgid, entry.msgid_plural


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return messages.catalogue()


def test_nothing_is_missing_and_nothing_is_left_over(catalogue: polib.POFile) -> None:
    assert gettext.found(), NEEDED
    asked = {key(entry) for entry in messages.extract()}
    known = {key(entry) for entry in catalogue}
    assert asked - known == set(), "not in the catalogue: run `make messages`"
    assert known - asked == set(), "no longer said anywhere: run `make messages`"


def test_extraction_finds_what_is_said_in_code_and_in_templates() -> None:
    asked = {entry.msgid: entry for entry in messages.extract()}
    assert [name for name, _ in asked["Waiting for its turn."].occurrences] == [
        "gallery/models/reasons.py"
    ]
    assert "templates/400.html" in [name for name, _ in asked["Bad request"].occurrences]


def test_everything_is_translated(catalogue: polib.POFile) -> None:
    wanting = [entry.msgid for entry in catalogue if messages.missing(entry)]
    assert wanting == []


def test_an_empty_a_fuzzy_and_a_half_plural_entry_are_missing() -> None:
    plural = {0: "картинка", 1: "картинки"}
    for entry in (
        polib.POEntry(msgid="picture", msgstr=""),
        polib.POEntry(msgid="picture", msgstr="картинка", flags=["fuzzy"]),
        polib.POEntry(msgid="picture", msgid_plural="pictures", msgstr_plural=plural),
    ):
        assert messages.missing(entry)
    assert not messages.missing(polib.POEntry(msgid="picture", msgstr="картинка"))


def test_translations_keep_placeholders_and_tags(catalogue: polib.POFile) -> None:
    for entry in catalogue:
        sources = [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]
        wanted = {tuple(sorted(PLACEHOLDER.findall(source))) for source in sources}
        for form in messages.forms(entry):
            assert tuple(sorted(PLACEHOLDER.findall(form))) in wanted, (entry.msgid, form)


def test_the_plural_rule_is_the_language_s(catalogue: polib.POFile) -> None:
    rule = catalogue.metadata["Plural-Forms"]
    assert rule.startswith(f"nplurals={messages.PLURALS};")
    assert "n%10==1 && n%100!=11" in rule


def test_the_compiled_file_is_of_this_catalogue(catalogue: polib.POFile) -> None:
    assert catalogue.to_binary() == messages.MO.read_bytes(), "run `make messages`"


def test_typesetting(catalogue: polib.POFile) -> None:
    assert messages.typeset("за 72 часа — и 1 раз") == "за 72\xa0часа\xa0— и\xa01\xa0раз"
    assert messages.typeset("ещё %d картинка в пути") == "ещё %d\xa0картинка в\xa0пути"
    for entry in catalogue:
        for form in messages.forms(entry):
            assert form == messages.typeset(form), "run `make messages`"
            text = re.sub(r"<[^>]*>", "", form)
            assert not re.search(r"\"|“|”|\.\.\.| - |  ", text), (entry.msgid, form)


def test_no_latin_letter_hides_in_a_russian_word(catalogue: polib.POFile) -> None:
    mixed = re.compile(r"[а-яё][a-z]|[a-z][а-яё]", re.IGNORECASE)
    for entry in catalogue:
        for form in messages.forms(entry):
            assert not mixed.search(PLACEHOLDER.sub(" ", form)), form


def test_a_sentence_stays_a_sentence_and_a_label_a_label(catalogue: polib.POFile) -> None:
    for entry in catalogue:
        for form in messages.forms(entry):
            for mark in ("…", ":"):
                assert entry.msgid.endswith(mark) == form.endswith(mark), (entry.msgid, form)
            is_sentence = form.endswith(("!", "?", ".")) and not form.endswith(ABBREVIATIONS)
            assert entry.msgid.endswith(("!", "?", ".")) == is_sentence, (entry.msgid, form)
