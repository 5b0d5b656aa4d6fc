"""A sender is stopped at the fence for longer than its claim; meanwhile its task is sent again.

When it goes on it must not send: one charge. With the fence taken out of a copy of the program
there are two, which shows what the fence is for.
"""

from __future__ import annotations

import os
import shutil
import signal
import uuid
from pathlib import Path

import pytest

from tests.chaos.rig import SWEEP, Rig
from tests.running import BASE, wait_for

PROGRAM = ("gallery", "project", "tests", "templates", "static", "locale")
FILES = ("manage.py", "pyproject.toml")
FENCE = {
    "gallery/provider/client.py": (
        (
            """            if not may_send():
                return NotSent("fence", "sending was not allowed any more")
            if clock() >= deadline:
                return NotSent("fence", "the time was up")
""",
            "            may_send()\n",
        ),
    ),
    # Each call on the socket looks at the clock as well: the last fence, right before the byte.
    "gallery/provider/wire.py": (
        (
            """        if left <= 0:
            raise TimeoutError("the time is up")
        self.sock.settimeout(left)
""",
            "        self.sock.settimeout(max(left, 1.0))\n",
        ),
    ),
}
END = "send-written"
TEXT = "a picture that waits"


def without(folder: Path, files: tuple[str, ...]) -> Path:
    """A copy of the program without these fences."""
    for name in PROGRAM:
        shutil.copytree(BASE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(BASE / name, folder)
    for file in files:
        path = folder / file
        for guard, nothing in FENCE[file]:
            text = path.read_text()
            assert text.count(guard) == 1, f"the fence in {file} looks different by now"
            path.write_text(text.replace(guard, nothing))
    return folder


def charges_when_stopped_at(rig: Rig, point: str) -> list[str]:
    """Stop the sender there until its task was sent again and saved, then let it go on.

    The states of both tasks in the end; the charges are in the provider's book.
    """
    rig.armoury.arm(point, "stop")
    rig.order("alice", TEXT)
    hit = wait_for(rig.armoury.hits, 30, "a sender at the fence")[0]
    rig.note_cut()
    wait_for(lambda: rig.tell(SWEEP) or rig.status_of(TEXT) == ["unknown"], 30, "a doubt")
    task = rig.installation.ask("SELECT id FROM gallery_task")[0][0]
    token = uuid.uuid4().hex
    wait_for(lambda: rig.people["alice"].again(task, token), 30, "sent again")
    wait_for(lambda: rig.tell(SWEEP) or rig.status_of(TEXT)[1:] == ["done"], 60, "the other one")
    assert len(rig.provider.creates(TEXT)) == 1
    rig.armoury.arm(END, "sleep")
    os.kill(hit.pid, signal.SIGCONT)
    wait_for(lambda: any(it.name == END for it in rig.armoury.hits()), 30, "its end")
    rig.settle()
    assert rig.wrong_at_rest() == [] or len(rig.provider.charges(TEXT)) > 1
    return rig.status_of(TEXT)


@pytest.mark.parametrize("point", ["create-connected", "create-before-first-byte"])
def test_a_sender_that_was_stopped_at_the_fence_sends_no_more(tmp_path: Path, point: str) -> None:
    with Rig(tmp_path / "rig") as rig:
        states = charges_when_stopped_at(rig, point)
        assert len(rig.provider.creates(TEXT)) == 1
        assert len(rig.provider.charges(TEXT)) == 1
        assert states == ["written-off", "done"]


def test_without_the_fence_it_is_charged_twice(tmp_path: Path) -> None:
    program = without(tmp_path / "program", tuple(FENCE))
    with Rig(tmp_path / "rig", base=program) as rig:
        charges_when_stopped_at(rig, "create-connected")
        assert len(rig.provider.charges(TEXT)) == 2
