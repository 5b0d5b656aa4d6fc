"""Whoever starts processes also takes the dead ones away, though nobody above does."""

from __future__ import annotations

import subprocess
import sys

import pytest

LEAVES_ORPHANS = "import os, time; os.fork() or os.fork() or time.sleep(600)"
"""A group of three, whose leader has nothing more to do and is gone."""

# Where the system's first process takes nobody away, or is ourselves in a container.
GROUP = f"""
import sys, time
from gallery.jobs.processes import Child, adopt_orphans
adopt_orphans()
child = Child("group", [sys.executable, "-c", {LEAVES_ORPHANS!r}])
child.start()
while child.is_running:
    time.sleep(0.02)
began = time.monotonic()
assert child.kill(3)
print(time.monotonic() - began)
"""
STRANGERS = """
import os, psutil, sys, time
from gallery.jobs.processes import Child, adopt_orphans, reap_orphans
adopt_orphans()
own = Child("own", [sys.executable, "-c", "raise SystemExit(7)"])
own.start()
os.fork() or (os.fork() and os._exit(0)) or os._exit(0)
time.sleep(1)
reap_orphans({own.pid})
assert own.exit_code == 7
reap_orphans({own.pid})
print(len(psutil.Process().children()))
"""


def answer(script: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="orphans go to the first process elsewhere")
def test_a_group_is_gone_when_it_is_killed() -> None:
    assert answer(GROUP) < 1


@pytest.mark.skipif(sys.platform != "linux", reason="orphans go to the first process elsewhere")
def test_of_ones_own_children_the_exit_code_is_kept() -> None:
    assert answer(STRANGERS) == 0
