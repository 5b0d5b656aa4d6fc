"""GNU gettext, which finds the strings to translate: the machine's own, else from apt.

`python -m tests.gettext` makes sure of it, and ends with a sentence and code 1 when it cannot be
had: the tests never skip the catalogue. Whoever only runs Artel needs none of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PROGRAMS = ("xgettext", "msguniq")


def found() -> bool:
    return all(shutil.which(program) for program in PROGRAMS)


def _from_apt() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "gettext"]):
        whole = ["apt-get", "--quiet", "--quiet", *command]
        try:
            subprocess.run(whole, env=env, stdin=subprocess.DEVNULL, timeout=300, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            sys.stderr.write(f"{error}\n")


def main() -> int:
    if found():
        return 0
    sys.stderr.write("Looking for gettext to check the translations with.\n")
    _from_apt()
    if found():
        return 0
    sys.stderr.write(
        "The translations are checked with GNU gettext, and it could be had neither from the path"
        " nor from apt: install the package gettext.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
