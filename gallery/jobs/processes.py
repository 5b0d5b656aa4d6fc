"""Processes that start, end and outlive each other only as they should."""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>
PR_SET_CHILD_SUBREAPER = 36
PARENT_POLL_SECONDS = 0.5


@contextlib.contextmanager
def umask(mask: int) -> Iterator[None]:
    """What is made meanwhile is not for those of the mask; the process has its own again after."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def die_with_parent(parent: int, signum: int = signal.SIGKILL) -> None:
    """Get `signum` as soon as the process `parent`, which started this one, is gone.

    On Linux the kernel sends it, when the *thread* that started this process ends: start children
    from the main thread.
    """
    if not _ask_the_kernel(PR_SET_PDEATHSIG, signum):
        watch = threading.Thread(target=_watch_parent, args=(parent, signum), daemon=True)
        watch.start()
    if os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), signum)


def adopt_orphans() -> None:
    """Be the parent of those whose own parent, a descendant of ours, has died.

    The system's first process would be, and it may be slow to take away the dead, or in a container
    be one of ours: a group is not gone before the last of its dead is.
    """
    _ask_the_kernel(PR_SET_CHILD_SUBREAPER, 1)


def reap_orphans(own: Container[int | None]) -> None:
    """Take away the dead that are not our own children: of those somebody asks the exit code."""
    if not sys.platform.startswith("linux"):
        return  # none come to us
    with contextlib.suppress(ChildProcessError):
        while dead := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if dead.si_pid in own:
                return
            os.waitpid(dead.si_pid, os.WNOHANG)


def _ask_the_kernel(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    done: int = ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
    return done == 0


def _watch_parent(parent: int, signum: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_SECONDS)
    os.kill(os.getpid(), signum)


def forks_die_with_parent() -> None:
    """From now on, let every process forked by this one, and by those, die with its parent."""
    parent = [os.getpid()]

    def remember() -> None:
        parent[0] = os.getpid()

    os.register_at_fork(before=remember, after_in_child=lambda: die_with_parent(parent[0]))


class LockFile:
    """A file that one process at a time holds; the kernel lets go of it when the holder dies.

    A forked child shares the hold. The holder may leave a note in it, for whoever comes next.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def acquire(self, seconds: float = 0.0) -> bool:
        """Take the lock, waiting for it at most so many seconds; False when another keeps it."""
        deadline = time.monotonic() + seconds
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        stream = os.fdopen(descriptor, "r+")
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    stream.close()
                    return False
                time.sleep(0.1)
            else:
                self._file = stream
                return True

    def note(self) -> dict[str, Any]:
        """What the last holder wrote; empty when it wrote nothing that can be read."""
        try:
            found = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, note: Mapping[str, Any]) -> None:
        """Leave a note, while holding the lock."""
        assert self._file is not None
        self._file.seek(0)
        self._file.truncate()
        json.dump(dict(note), self._file)
        self._file.flush()

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class Child:
    """A process in a session of its own, so that a terminal's Ctrl-C passes it by."""

    def __init__(
        self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None
    ) -> None:
        """`env` is added to our own environment. Its standard output goes nowhere."""
        self.name = name
        self.command = list(command)
        self.env = dict(env or {})
        self.started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it. Call this from the main thread: see die_with_parent."""
        self.started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            self.command,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int | None:
        """None when it was never started."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and when it was never started."""
        return self._process.poll() if self._process else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ask_to_stop(self) -> None:
        """SIGTERM to the process alone: it knows how to end its own children."""
        if self._process and self.is_running:
            self._process.terminate()

    def kill(self, seconds: float = 5.0) -> bool:
        """SIGKILL to every process of its group; False when one is left after so many seconds."""
        if self._process is None:
            return True
        deadline = time.monotonic() + seconds
        while self._signal_group(signal.SIGKILL):
            if self._process.poll() is not None:
                self._reap_group()
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        return True

    def _signal_group(self, signum: int) -> bool:
        assert self._process is not None
        try:
            os.killpg(self._process.pid, signum)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _reap_group(self) -> None:
        """Those of it that became ours when its leader, whose exit code we have, died."""
        assert self._process is not None
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-self._process.pid, os.WNOHANG)[0]:
                pass
