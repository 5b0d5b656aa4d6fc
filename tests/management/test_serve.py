"""`manage.py serve`: everything starts, stops, heals and refuses as told."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.running import BASE, Installation, free_port, wait_for, with_grace

ADMIN = {
    "DJANGO_SUPERUSER_USERNAME": "carol",
    "DJANGO_SUPERUSER_PASSWORD": "keeper-of-keys-7",
    "DJANGO_SUPERUSER_EMAIL": "carol@example.org",
}
WARM_SECONDS = 30
STOP_SECONDS = 10


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path, empty=False, TEST_HEARTBEAT_SECONDS="1") as installation:
        yield installation


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path) as installation:
        yield installation


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation that several tests hurt, one after the other."""
    folder = tmp_path_factory.mktemp("serving")
    with Installation(folder, empty=True, TEST_HEARTBEAT_SECONDS="1", **ADMIN) as installation:
        installation.start("serve")
        wait_for(installation.is_well, WARM_SECONDS, "health")
        yield installation


def all_gone(installation: Installation) -> None:
    wait_for(lambda: not installation.processes(), STOP_SECONDS, "all processes gone")
    for started in installation.started:
        started.wait()


def test_pages_are_served_with_their_headers(serving: Installation) -> None:
    with urllib.request.urlopen(f"{serving.address}/admin/login/", timeout=10) as answer:
        body = answer.read().decode()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    sheet = body.split('href="/static/css/base.', 1)[1].split('"', 1)[0]
    with urllib.request.urlopen(f"{serving.address}/static/css/base.{sheet}") as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_slow_clients_hold_nobody_up(serving: Installation) -> None:
    """Bodies that never come, with no login needed: pages are served all the same."""
    head = (
        f"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1:{serving.port}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nuser"
    ).encode()
    with contextlib.ExitStack() as stack:
        for _ in range(16):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", serving.port)))
            slow.sendall(head)
        for _ in range(4):
            with urllib.request.urlopen(f"{serving.address}/login/", timeout=10) as answer:
                assert answer.status == 200


def test_health_is_never_kept(serving: Installation) -> None:
    with urllib.request.urlopen(f"{serving.address}/healthz", timeout=10) as answer:
        assert answer.status == 200
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_administrator_of_the_environment_is_made(serving: Installation) -> None:
    assert serving.ask("SELECT username, is_superuser FROM gallery_user") == [("carol", True)]
    assert "/setup/" not in serving.output()


def test_it_says_where_it_is_and_that_it_is_a_demo(serving: Installation) -> None:
    assert f"http://127.0.0.1:{serving.port}/" in serving.output()
    assert "not from GPTunnel" in serving.output()
    assert "Ctrl-C" in serving.output()


@pytest.mark.parametrize("part", ["demo", "web", "launcher"])
def test_a_killed_part_comes_back(serving: Installation, part: str) -> None:
    find = getattr(serving, part)
    before = wait_for(find, 30, part)
    before.kill()

    def back() -> bool:
        now = find()
        return now is not None and now.pid != before.pid

    wait_for(back, 20, f"{part} again")
    wait_for(serving.is_well, 60, "health again")


def test_a_killed_process_of_the_web_server_comes_back(serving: Installation) -> None:
    web = wait_for(serving.web, 30, "web")
    wait_for(lambda: len(web.children()) == 2, 20, "both web processes")
    before = web.children()[0]
    before.kill()
    wait_for(
        lambda: len([c for c in web.children() if c.pid != before.pid]) == 2, 20, "a new process"
    )
    wait_for(serving.is_well, 20, "health")


def test_a_second_one_on_the_same_folder_ends_with_a_sentence(serving: Installation) -> None:
    done = serving.run("serve", PORT=str(free_port()))
    assert done.returncode == 2
    assert "already running" in done.stderr
    assert done.stderr.count("\n") == 1


def test_killed_it_leaves_nothing_and_starts_again_at_once(serving: Installation) -> None:
    serving.started[-1].kill()
    began = time.monotonic()
    again = serving.start("serve")

    def alone_and_well() -> bool:
        # The dead one's web server may answer for a moment yet: its health proves nothing.
        parents = {p.pid: p for p in serving.processes()}
        tops = [pid for pid, p in parents.items() if with_grace(p.ppid) not in parents]
        return tops == [again.pid] and serving.is_well()

    wait_for(alone_and_well, WARM_SECONDS, "only the new one, and health")
    print(f"well again {time.monotonic() - began:.1f} s after kill -9")
    assert again.poll() is None
    again.kill()
    all_gone(serving)


def test_a_superusers_name_that_cannot_be_one_is_told(installation: Installation) -> None:
    done = installation.run("serve", **ADMIN | {"DJANGO_SUPERUSER_USERNAME": "bad name!"})
    assert done.returncode == 2
    assert done.stderr == "DJANGO_SUPERUSER_USERNAME cannot be a user's name.\n"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_everything_within_ten_seconds(installation: Installation, signum: int) -> None:
    serve = installation.start("serve", **ADMIN)
    wait_for(installation.is_well, WARM_SECONDS, "health")
    os.killpg(serve.pid, signum)  # as a terminal does
    all_gone(installation)
    assert serve.returncode == 0
    assert "Traceback" not in installation.output()


def test_it_stops_while_it_is_still_starting(installation: Installation) -> None:
    serve = installation.start("serve", **ADMIN)
    wait_for(installation.web, 20, "the web process")
    os.killpg(serve.pid, signal.SIGINT)
    all_gone(installation)


def test_a_second_press_ends_it_at_once(installation: Installation) -> None:
    serve = installation.start("serve", **ADMIN)
    wait_for(installation.is_well, WARM_SECONDS, "health")
    cluster = wait_for(installation.cluster, 10, "a cluster")
    cluster.parent.suspend()  # so that the first press alone would take its whole grace
    os.killpg(serve.pid, signal.SIGINT)
    wait_for(lambda: "Stopping" in installation.output(), 5, "the first press")
    os.killpg(serve.pid, signal.SIGINT)
    wait_for(lambda: not installation.processes(), 3, "all processes gone")


def test_it_stops_when_make_is_killed(installation: Installation) -> None:
    starter = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(600)"
    command = [sys.executable, str(BASE / "manage.py"), "serve", "--stop-with-parent"]
    make = subprocess.Popen(
        [sys.executable, "-c", starter, *command],
        env={**installation.env, **ADMIN},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(installation.is_well, WARM_SECONDS, "health")
    make.kill()
    make.wait()
    all_gone(installation)


def test_a_port_in_use_is_told_at_once(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        began = time.monotonic()
        done = installation.run("serve", PORT=str(taken.getsockname()[1]), **ADMIN)
    assert done.returncode == 2
    assert "PORT" in done.stderr
    assert done.stderr.count("\n") == 1
    assert time.monotonic() - began < 10


@pytest.mark.sqlite_only
@pytest.mark.parametrize("kind", ["not a database", "a folder"])
def test_an_unreadable_database_is_told(empty: Installation, kind: str) -> None:
    path = empty.folder / "data" / "artel.sqlite3"
    path.parent.mkdir(exist_ok=True)
    if kind == "a folder":
        path.mkdir()
    else:
        path.write_text("no database at all, but long enough to look like one " * 20)
    done = empty.run("serve", **ADMIN)
    assert done.returncode == 2
    assert "database" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_set_up_link_is_printed_while_there_is_no_administrator(empty: Installation) -> None:
    empty.start("serve")
    wait_for(lambda: "Ctrl-C" in empty.output(), WARM_SECONDS, "the greeting")
    link = f"http://127.0.0.1:{empty.port}/setup/"
    assert link in empty.output()


def test_the_key_is_in_no_command_line_and_no_output(installation: Installation) -> None:
    key = "shds-keep-this-one-secret"
    env = {"GPTUNNEL_API_KEY": key, "GPTUNNEL_API_URL": "http://127.0.0.1:9/v1"}
    installation.start("serve", **ADMIN, **env)
    wait_for(installation.is_well, WARM_SECONDS, "health")
    assert installation.demo() is None
    commands = [with_grace(process.cmdline) or [] for process in installation.processes()]
    assert not [word for command in commands for word in command if key in word]
    assert key not in installation.output()
    assert psutil.pid_exists(installation.started[0].pid)
