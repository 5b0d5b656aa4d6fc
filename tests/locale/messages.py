"""The Russian catalogue: brought up to date with the source, typeset, and compiled.

`make messages` runs this. What a translator has yet to do is listed, and fails the tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent.parent
PO = ROOT / "locale" / "ru" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
SETTINGS = "DJANGO_SETTINGS_MODULE"
SOURCES = ("gallery", "project", "templates")

PLURALS = 3
"""One, two to four, five and more. Fractions are money, which is written with the sign ₽."""

NBSP = "\N{NO-BREAK SPACE}"
NUMBER = r"(?:\d|%d|%\((?:\w+)\)d)"
TYPESETTING = (
    # A number and what it counts; a dash and what it follows; № and its number.
    (re.compile(rf"({NUMBER}) (?=[^\W\d_])"), rf"\1{NBSP}"),
    (re.compile(r" (?=—)"), NBSP),
    (re.compile(r"№ "), f"№{NBSP}"),
    # A word of one letter does not stay behind at the end of a line.
    (re.compile(r"(?<![\w-])([вксоуиаяВКСОУИАЯ]) (?=\S)"), rf"\1{NBSP}"),
)


def extract() -> polib.POFile:
    """What the source asks to be translated, by Django's own makemessages."""
    with tempfile.TemporaryDirectory() as folder:
        # Not in the tree itself: only these folders are looked at, and nothing is left behind.
        for source in SOURCES:
            (Path(folder) / source).symlink_to(ROOT / source)
        (Path(folder) / "locale").mkdir()
        command = [sys.executable, "-m", "django", "makemessages", "--all", "--keep-pot"]
        options = ["--symlinks", "--no-wrap", "--add-location=file", "--verbosity=0"]
        env = {name: value for name, value in os.environ.items() if name != SETTINGS}
        subprocess.run([*command, *options], cwd=folder, env=env, check=True)
        return polib.pofile(str(Path(folder) / "locale" / "django.pot"), encoding="utf-8")


def typeset(text: str) -> str:
    """Ordinary spaces made no-break ones where a line must not end."""
    for pattern, replacement in TYPESETTING:
        text = pattern.sub(replacement, text)
    return text


def catalogue() -> polib.POFile:
    return polib.pofile(str(PO), encoding="utf-8", wrapwidth=0)


def forms(entry: polib.POEntry) -> list[str]:
    """Everything that the translation of one entry says so far."""
    said = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
    return [form for form in said if form]


def missing(entry: polib.POEntry) -> bool:
    if entry.fuzzy or entry.obsolete:
        return True
    wanted = PLURALS if entry.msgid_plural else 1
    return len(forms(entry)) != wanted


def update() -> list[polib.POEntry]:
    """Write catalogue and compiled file; the entries that still want a translation."""
    known = catalogue()
    known.merge(extract())
    for entry in list(known.obsolete_entries()):
        known.remove(entry)
    for entry in known:
        entry.msgstr = typeset(entry.msgstr)
        for number, text in entry.msgstr_plural.items():
            entry.msgstr_plural[number] = typeset(text)
    # By file and then by text, and without a date: a change of one string is a change of one place.
    known.sort(key=lambda entry: (entry.occurrences[:1], entry.msgid, entry.msgctxt or ""))
    known.metadata.pop("POT-Creation-Date", None)
    known.save(str(PO))
    known.save_as_mofile(str(MO))
    return [entry for entry in known if missing(entry)]


def main() -> int:
    wanting = update()
    for entry in wanting:
        print(f"Not translated: {entry.msgid!r}")
    return 1 if wanting else 0


if __name__ == "__main__":
    sys.exit(main())
