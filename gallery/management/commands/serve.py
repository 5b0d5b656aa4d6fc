"""`manage.py serve`: sets up and runs everything in the foreground. It is what `make run` calls."""

import contextlib
import errno
import hashlib
import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection, connections
from django.urls import reverse

from gallery.jobs import restored
from gallery.jobs.cluster import broker_trouble
from gallery.jobs.processes import Child, LockFile, adopt_orphans, die_with_parent, reap_orphans
from gallery.jobs.supervisor import MANAGE, Backoff
from gallery.models import Studio

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

DYING_SECONDS = 15.0  # how long a dying predecessor is waited for
EXIT_SECONDS = 2.0  # how long the kernel may need to take away one that was killed
STOP_SECONDS = 8.0  # for the sends in flight: the worker takes 7 of them
READY_SECONDS = 20.0


class Command(BaseCommand):
    help = "Set up and run everything: web, workers and, without a key, the demo provider."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--stop-with-parent",
            action="store_true",
            help="stop everything when the process that started this one is gone",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o027)  # nothing for strangers; the group may be the web proxy's
        if options["stop_with_parent"]:
            die_with_parent(os.getppid(), signal.SIGTERM)
        sys.exit(Everything().run())


def give_up(sentence: str) -> NoReturn:
    """One sentence, and exit code 2."""
    say(sentence, to_errors=True)
    sys.exit(2)


def say(line: str, *, to_errors: bool = False) -> None:
    """Print a line, though nobody may be left to read it."""
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr if to_errors else sys.stdout, flush=True)


class Everything:
    """Demo provider, web and worker: each in its own session, all ending with this process."""

    def __init__(self) -> None:
        self.lock = LockFile(settings.DATA_DIR / "serve.lock")
        self.note: dict[str, Any] = {}
        self.children: list[Child] = []
        self.stops_asked = 0

    def run(self) -> int:
        adopt_orphans()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._ask_to_stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as it is under nohup
            signal.signal(signal.SIGHUP, self._ask_to_stop)
        demo_port = self._take_place()
        self._set_up()
        setup_link = first_administrator()
        connections.close_all()
        if self.stops_asked:
            return 0
        try:
            self._start(demo_port)
            self._greet(setup_link)
            self._keep_alive()
        finally:
            self._stop_all()
        return 0

    def _ask_to_stop(self, signum: int, frame: object) -> None:
        self.stops_asked += 1

    # --- before anything is started

    def _take_place(self) -> int:
        """Take the lock and make sure of the port; the port for the demo provider."""
        self._await_lock()
        before = self.lock.note()
        died_badly = before.get("state") in {"running", "stopping"}
        self._await_port(DYING_SECONDS if died_badly else 0.0)
        demo_port = free_port(before.get("demo_port"))
        self.note = {"pid": os.getpid(), "port": settings.PORT, "demo_port": demo_port}
        self.lock.write({**self.note, "state": "running"})
        return demo_port

    def _await_lock(self) -> None:
        """Wait for a predecessor that is ending; one that works on is told of in a sentence."""
        began = time.monotonic()
        while not self.lock.acquire(0.2):
            before = self.lock.note()
            limit = DYING_SECONDS if before.get("state") == "stopping" else EXIT_SECONDS
            if time.monotonic() - began >= limit or self.stops_asked:
                give_up(
                    f"Artel is already running on DATA_DIR {settings.DATA_DIR}"
                    f" (process {before.get('pid', 'unknown')})."
                )

    def _await_port(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (error := port_error(settings.HOST, settings.PORT)) is not None:
            if error.errno != errno.EADDRINUSE:
                give_up(f"HOST {settings.HOST}, PORT {settings.PORT}: {error.strerror}.")
            if time.monotonic() >= deadline or self.stops_asked:
                give_up(f"PORT {settings.PORT} is in use: stop what uses it or set another PORT.")
            time.sleep(0.1)

    def _set_up(self) -> None:
        """Bring the database and the static files up to date."""
        try:
            connection.introspection.table_names()  # SQLite opens anything, and reads it only now
            call_command("migrate", interactive=False, verbosity=0)
            restored.finish()
        except DatabaseError as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            give_up(f"The database cannot be used: {reason} (see DATABASE_URL and DATA_DIR).")
        if trouble := broker_trouble():
            give_up(f"The Redis of REDIS_URL cannot be used: {trouble}.")
        collect_static()

    # --- while it runs

    def _start(self, demo_port: int) -> None:
        parent = ["--parent", str(os.getpid())]
        env: dict[str, str] = {}
        if settings.IS_DEMO:
            env["DEMO_URL"] = f"http://127.0.0.1:{demo_port}/v1"
            address = ["--host", "127.0.0.1", "--port", str(demo_port)]
            data = ["--data", str(settings.DATA_DIR / "demo")]
            command = [sys.executable, "-m", "gallery.demo", "--with-parent", *address, *data]
            self.children.append(Child("demo", command, {"PYTHONPATH": str(settings.BASE_DIR)}))
        for name in ("web", "worker"):
            command = [sys.executable, str(MANAGE), name, *parent]
            self.children.append(Child(name, command, env))
        for child in self.children:
            child.start()

    def _greet(self, setup_link: str | None) -> None:
        address = settings.PUBLIC_URL or own_address()
        deadline = time.monotonic() + READY_SECONDS
        while not answers(settings.HOST, settings.PORT) and time.monotonic() < deadline:
            if self.stops_asked:
                return
            time.sleep(0.05)
        say(f"\n  Artel is open at {address}/")
        if setup_link:
            say(f"  Make its first administrator, once, at {setup_link}")
        if settings.IS_DEMO:
            say("\n  Demo: a built-in provider draws the pictures; they are not from GPTunnel.")
            say("  For real ones stop, then: GPTUNNEL_API_KEY=your-key make run")
        say("\n  Ctrl-C stops everything.\n")

    def _keep_alive(self) -> None:
        """Start again whatever ends, with a growing pause, until we are asked to stop."""
        backoffs = {child.name: Backoff() for child in self.children}
        due: dict[str, float] = {}
        while not self.stops_asked:
            reap_orphans({child.pid for child in self.children})
            now = time.monotonic()
            for child in self.children:
                if child.is_running:
                    continue
                if child.name not in due:
                    log.error("process-ended", process=child.name, code=child.exit_code)
                    due[child.name] = now + backoffs[child.name].seconds(now - child.started_at)
                elif now >= due[child.name] and child.kill(0.5):
                    del due[child.name]
                    child.start()
            time.sleep(0.1)

    # --- the end

    def _stop_all(self) -> None:
        """Web and worker first: what the worker has in flight may need the demo provider."""
        with contextlib.suppress(OSError):
            self.lock.write({**self.note, "state": "stopping"})
        say("  Stopping.")
        asked = self.stops_asked
        last = [child for child in self.children if child.name == "demo"]
        first = [child for child in self.children if child.name != "demo"]
        for child in first:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.is_running for child in first):
            if time.monotonic() >= deadline or self.stops_asked > max(asked, 1):
                break
            time.sleep(0.05)
        for child in [*first, *last]:
            child.kill(1.0)
        with contextlib.suppress(OSError):
            self.lock.write({**self.note, "state": "stopped"})


def port_error(host: str, port: int) -> OSError | None:
    """Why nobody can listen there; None when one can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen(1)
    except OSError as error:
        return error
    return None


def free_port(wanted: object = None) -> int:
    """A free port of the loopback address: the wanted one if it is free."""
    if isinstance(wanted, int) and port_error("127.0.0.1", wanted) is None:
        return wanted
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((loopback(host), port), timeout=1).close()
    except OSError:
        return False
    return True


def loopback(host: str) -> str:
    """An address to reach us at from this machine, for one that means all of them."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only


def own_address() -> str:
    host = loopback(settings.HOST)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}"


def first_administrator() -> str | None:
    """Make the administrator that the environment names; while there is none, a one-time link."""
    name = settings.SUPERUSER_USERNAME
    users = get_user_model().objects
    if name and not users.filter(username=name).exists():
        if not settings.SUPERUSER_PASSWORD:
            give_up("DJANGO_SUPERUSER_PASSWORD is unset although DJANGO_SUPERUSER_USERNAME is set.")
        try:
            get_user_model()._meta.get_field("username").clean(name, None)
            users.create_superuser(name, settings.SUPERUSER_EMAIL, settings.SUPERUSER_PASSWORD)
        except (ValidationError, ValueError, DatabaseError):
            give_up("DJANGO_SUPERUSER_USERNAME cannot be a user's name.")
    token = Studio.objects.issue_setup_token()
    if token is None:
        return None
    return f"{settings.PUBLIC_URL or own_address()}{reverse('setup', args=[token])}"


def collect_static() -> None:
    """Collect the static files into DATA_DIR, unless nothing changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    wanted = static_digest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=False)
    stamp.write_text(wanted)


def static_digest() -> str:
    """A digest of every static file's name, size and time, and of how they are stored."""
    found = [repr(settings.STORAGES["staticfiles"])]
    for finder in get_finders():
        for path, storage in finder.list([]):
            place = Path(storage.path(path)).stat()
            found.append(f"{path} {place.st_size} {place.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()
