"""The launcher: keeps one cluster of workers alive, and replaces it when it hangs."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import structlog
from django.conf import settings
from django.db import close_old_connections

from gallery.jobs.clocks import ClockGuard
from gallery.jobs.cluster import last_heartbeat, send_heartbeat
from gallery.jobs.processes import Child, LockFile, adopt_orphans

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

STOP_SECONDS = 7.0  # for the sends in flight when we are told to stop
REPLACE_SECONDS = 20.0  # the same when the cluster hangs
LOOK_SECONDS = 1.0  # how often the last heartbeat is looked at
MANAGE = Path(settings.BASE_DIR) / "manage.py"


class Backoff:
    """How long to wait before a process that ended is started again."""

    def __init__(self) -> None:
        self._failures = 0

    def seconds(self, lived: float) -> float:
        """The pause after a run of `lived` seconds."""
        if lived > settings.STEADY_SECONDS:
            self._failures = 0
        pauses = settings.RESTART_PAUSES
        pause = pauses[min(self._failures, len(pauses) - 1)]
        self._failures += 1
        return pause


class Pulse(threading.Thread):
    """Sends heartbeats through the queue, and notices when they no longer arrive; minds the clock.

    A thread, so that a database that hangs does not keep the launcher from its signals. What cannot
    be looked at proves nothing: after an outage of the database the waiting begins anew. Measured
    by the monotonic clock; of the noted time only its changing counts.
    """

    def __init__(self) -> None:
        super().__init__(name="pulse", daemon=True)
        self._now = threading.Event()
        self._seen: object = None
        self._changed_at = time.monotonic()
        self._send_at = 0.0
        self._clock = ClockGuard()
        self.is_late = False

    def begin(self) -> None:
        """A new cluster was started: give it time, and let its first heartbeat be sent at once."""
        self._changed_at = time.monotonic()
        self.is_late = False
        self._send_at = 0.0
        self._now.set()

    def run(self) -> None:
        while True:
            try:
                close_old_connections()
                self._clock.look()
                self._look()
                self._send()
            except Exception as error:  # whatever the broker or the database raises
                log.warning("queue-cannot-be-seen", error=str(error))
                self._changed_at = time.monotonic()
            self._now.wait(LOOK_SECONDS)
            self._now.clear()

    def _send(self) -> None:
        if time.monotonic() >= self._send_at:
            self._send_at = time.monotonic() + settings.HEARTBEAT_SECONDS
            send_heartbeat()

    def _look(self) -> None:
        seen = last_heartbeat()
        if seen != self._seen:
            self._seen = seen
            self._changed_at = time.monotonic()
        self.is_late = time.monotonic() - self._changed_at > settings.HEARTBEAT_LATE_SECONDS


class Launcher:
    """Starts the cluster in its own session, restarts it when it ends, breaks or hangs."""

    def __init__(self) -> None:
        self._stop = False
        self._lock = LockFile(settings.DATA_DIR / "worker.lock")
        self._pulse = Pulse()
        self._backoff = Backoff()
        command = [sys.executable, str(MANAGE), "worker", "--cluster", "--parent", str(os.getpid())]
        self.cluster = Child("cluster", command)

    def run(self) -> int:
        """Work until SIGTERM, SIGINT or SIGHUP; 2 when another launcher has this DATA_DIR."""
        adopt_orphans()
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, self._ask_to_stop)
        if not self._lock.acquire(settings.LOCK_SECONDS):
            sys.stderr.write(f"DATA_DIR {settings.DATA_DIR} already has a worker.\n")
            return 2
        self._pulse.start()
        while not self._stop:
            self._run_once()
        return 0

    def _ask_to_stop(self, signum: int, frame: object) -> None:
        self._stop = True

    def _run_once(self) -> None:
        self.cluster.start()
        self._pulse.begin()
        self._watch()
        self._end()
        if not self._stop:
            log.warning("cluster-started-again")
            self._pause(self._backoff.seconds(time.monotonic() - self.cluster.started_at))

    def _watch(self) -> None:
        while not self._stop and self.cluster.is_running:
            if self._pulse.is_late:
                log.critical("cluster-hangs", why="no heartbeat came through the queue")
                return
            time.sleep(0.1)

    def _end(self) -> None:
        """Let the sends in flight end, then kill whatever is left of the cluster."""
        self.cluster.ask_to_stop()
        deadline = time.monotonic() + (STOP_SECONDS if self._stop else REPLACE_SECONDS)
        while self.cluster.is_running and time.monotonic() < deadline:
            time.sleep(0.05)
        while not self.cluster.kill():
            log.critical("old-cluster-cannot-be-killed")

    def _pause(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._stop and time.monotonic() < deadline:
            time.sleep(0.05)
