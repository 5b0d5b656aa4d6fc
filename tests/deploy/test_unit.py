"""The unit agrees with the settings' example, the pages, and how the program stops.

That its command starts everything, with its umask and no variable but the example's, is proved in
test_nginx.py.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gallery.management.commands import serve
from tests.deploy import shipped


def test_systemd_understands_it(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd on this machine")
    written = (shipped.DEPLOY / "artel.service").read_text()
    (tmp_path / "artel.service").write_text(
        written.replace(f"{shipped.FOLDER}/.venv/bin/python", sys.executable)
    )
    command = [analyze, "verify", "--man=no", str(tmp_path / "artel.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    about_it = [line for line in done.stderr.splitlines() if "artel.service" in line]
    assert (done.returncode, about_it) == (0, [])


def test_it_writes_where_the_settings_say() -> None:
    unit = shipped.unit()
    assert unit["ReadWritePaths"] == [shipped.env_example()["DATA_DIR"]] == [shipped.DATA_DIR]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["NoNewPrivileges"] == ["yes"]
    assert unit["User"] == unit["Group"] == ["artel"]


def test_requests_on_the_wire_are_let_end() -> None:
    """The launcher alone is told, and has more time than it takes."""
    unit = shipped.unit()
    assert unit["KillMode"] == ["mixed"]
    assert int(unit["TimeoutStopSec"][0]) > 2 * serve.STOP_SECONDS


def test_the_page_installs_what_the_unit_names() -> None:
    unit, page = shipped.unit(), (shipped.DOCS / "installation.md").read_text()
    assert f"-m 0640 deploy/artel.env.example {unit['EnvironmentFile'][0]}" in page
    assert f"{unit['WorkingDirectory'][0]}\n" in page
    assert "systemd/system/artel.service" in page


def test_the_example_is_what_systemd_and_a_shell_read_alike() -> None:
    lines = (shipped.DEPLOY / "artel.env.example").read_text().splitlines()
    assignments = [line for line in lines if line and not line.startswith(("# ", "#\n"))]
    assert len(assignments) == len(shipped.env_example()) + len(shipped.env_suggested())
    assert all(re.fullmatch(r"#?\w+=[\w:/.,@-]+", line) for line in assignments)
