"""Applies each mutant to a copy of the source, and runs the real tests that must notice it.

`python -m tests.mutants` tries them all, with names only those; `--tests tests/jobs` runs a whole
folder instead of the tests that the catalogue names. Where DATABASE_URL is PostgreSQL, those that
are no mistakes on SQLite are tried too. Exit 1 when one survives.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import reach, services

from .catalogue import MUTANTS, Edit, Mutant

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 600
"""Nobody waits longer for the tests of one mutant, whose source may turn for ever."""

RUN = f"mutants{os.getpid()}"
"""Names what the tests make in a PostgreSQL and a Redis that others use too."""

RED = 1
"""What pytest says when tests ran and some failed; what is broken otherwise proves nothing."""

FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class NotOnce(Exception):
    """The old text of an edit does not stand exactly once in today's source."""


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: the test that caught it, or why none did."""

    mutant: Mutant
    is_caught: bool
    told: str
    seconds: float


def edited(text: str, edit: Edit) -> str:
    """The text with the edit made. Raises NotOnce."""
    found = text.count(edit.old)
    if found != 1:
        raise NotOnce(f"{edit.file}: found {found} times, not once: {edit.old!r}")
    return text.replace(edit.old, edit.new)


@contextmanager
def applied(root: Path, mutant: Mutant) -> Iterator[None]:
    """The source below `root` with the mutant's edits, and afterwards as it was."""
    before = {edit.file: (root / edit.file).read_text() for edit in mutant.edits}
    after = dict(before)
    for edit in mutant.edits:
        after[edit.file] = edited(after[edit.file], edit)
    try:
        for name, text in after.items():
            (root / name).write_text(text)
        yield
    finally:
        for name, text in before.items():
            (root / name).write_text(text)


def copy_source(to: Path) -> None:
    """Everything that the tests read; nothing that was made from it."""
    made = shutil.ignore_patterns(
        ".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis", "htmlcov", ".coverage*"
    )
    shutil.copytree(ROOT, to, ignore=made, symlinks=True)


def run(
    root: Path, tests: Sequence[str], *, on_sqlite: bool = False, seconds: float | None = None
) -> tuple[int, str]:
    """What pytest answers and prints, in that copy and with a database that all runs share."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "--reuse-db"]
    # Nothing compiled or remembered: a file of the same size and second may be another mutant's.
    command += ["-p", "no:cacheprovider", *tests]
    environment = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATA_DIR": str(root.parent / "data"),
        "TEST_RUN": RUN,
    }
    if on_sqlite:
        environment.pop("DATABASE_URL", None)
    done = subprocess.run(
        command,
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def attempt(root: Path, mutant: Mutant, tests: Sequence[str]) -> Verdict:
    """Whether the tests turn red over the mutant."""
    began = time.monotonic()
    with applied(root, mutant):
        try:
            code, output = run(root, tests, on_sqlite=mutant.is_of_sqlite, seconds=SECONDS)
        except subprocess.TimeoutExpired:
            return Verdict(mutant, False, f"no answer within {SECONDS} s", SECONDS)
    seconds = time.monotonic() - began
    if code == 0:
        return Verdict(mutant, False, "survived", seconds)
    found = FAILED.search(output)
    if code != RED or found is None:
        return Verdict(mutant, False, f"broken, exit {code}: {output[-2000:]}", seconds)
    return Verdict(mutant, True, found[1], seconds)


def chosen(names: Sequence[str]) -> list[Mutant]:
    """Those that were asked for; without names all that are mistakes on this database."""
    unknown = set(names) - {mutant.name for mutant in MUTANTS}
    if unknown:
        sys.exit(f"No such mutant: {', '.join(sorted(unknown))}")
    if names:
        return [mutant for mutant in MUTANTS if mutant.name in names]
    return [one for one in MUTANTS if services.POSTGRESQL or not one.needs_rows_locked]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these mutants")
    parser.add_argument("--tests", nargs="+", help="run these files or folders for each mutant")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    mutants = chosen(asked.names)
    try:
        with tempfile.TemporaryDirectory(prefix="artel-mutants-") as folder:
            root = Path(folder) / "source"
            copy_source(root)
            return judge(root, mutants, asked.tests)
    finally:
        for url in (services.DATABASE_URL if services.POSTGRESQL else "", services.REDIS_URL):
            if url:
                reach.sweep(RUN, url)


def judge(root: Path, mutants: Sequence[Mutant], tests: Sequence[str] | None) -> int:
    """Try each, and print what caught it; the exit code."""
    for on_sqlite in (False, True):
        those = [mutant for mutant in mutants if mutant.is_of_sqlite is on_sqlite]
        named = tests or sorted({test for mutant in those for test in mutant.tests})
        code, output = run(root, named, on_sqlite=on_sqlite) if those else (0, "")
        if code != 0:
            print(output)
            print("These tests are red without any mutant: nothing would be proved.")
            return 1
    survivors = 0
    for mutant in mutants:
        verdict = attempt(root, mutant, tests or mutant.tests)
        survivors += not verdict.is_caught
        print(line(verdict), flush=True)
    print(f"{len(mutants) - survivors} of {len(mutants)} mutants were caught.")
    return min(survivors, 1)


def line(verdict: Verdict) -> str:
    mark = "caught" if verdict.is_caught else "ALIVE "
    return f"{mark} {verdict.mutant.name:40} {verdict.seconds:5.1f} s  {verdict.told}"


if __name__ == "__main__":
    sys.exit(main())
