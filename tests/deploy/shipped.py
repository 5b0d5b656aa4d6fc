"""What `deploy/` and the installation's page ship, read for the tests as an administrator would."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.running import BASE

DEPLOY = BASE / "deploy"
DOCS = BASE / "docs"
DATA_DIR = "/var/lib/artel"
FOLDER = "/opt/artel"


def unit() -> dict[str, list[str]]:
    """Every setting of the unit, with its values in their order."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "artel.service").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def exec_start(python: str) -> list[str]:
    """The unit's own command, with this clone and this Python in place of the installed ones."""
    (line,) = unit()["ExecStart"]
    line = line.replace(f"{FOLDER}/.venv/bin/python", python)
    return shlex.split(line.replace(FOLDER, str(BASE)))


def env_example() -> dict[str, str]:
    """The variables that the example sets, as systemd would read them."""
    return _assignments(r"^(\w+)=(.*)$")


def env_suggested() -> dict[str, str]:
    """The variables that it only suggests, behind a #."""
    return _assignments(r"^#(\w+)=(.*)$")


def _assignments(pattern: str) -> dict[str, str]:
    written = (DEPLOY / "artel.env.example").read_text()
    return dict(re.findall(pattern, written, re.MULTILINE))


def site(replacements: dict[str, str]) -> str:
    """The nginx site with other values for its placeholders, each of which must be there."""
    text = (DEPLOY / "nginx.conf").read_text()
    for old, new in replacements.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def data_folder_commands(data: Path, owner: str, group: str) -> list[list[str]]:
    """The commands of installation.md that make DATA_DIR, for another folder and other people."""
    page = (DOCS / "installation.md").read_text()
    lines = re.findall(rf"^sudo (install -d -o artel -g www-data .*{DATA_DIR}.*)$", page, re.M)
    assert len(lines) == 2, "installation.md makes DATA_DIR, and its folders for pictures"
    commands = []
    for line in lines:
        line = line.replace("-o artel -g www-data", f"-o {owner} -g {group}")
        commands.append(shlex.split(line.replace(DATA_DIR, str(data))))
    return commands
