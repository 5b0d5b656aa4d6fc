"""The demo provider as a process: how it begins and how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from gallery.demo.__main__ import parse
from tests.demo.caller import HEADERS, SECONDS, create
from tests.demo.server import ROOT, DemoServer

CONTROLS = (
    ("GET", "charges"),
    ("POST", "faults"),
    ("DELETE", "faults"),
    ("POST", "settings"),
    ("GET", "requests"),
    ("POST", "ready"),
    ("GET", "ready-times"),
)


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gallery.demo", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once(folder: Path, number: signal.Signals) -> None:
    demo = DemoServer(folder).start()
    demo.fault("create", "hang")
    with socket.create_connection(("127.0.0.1", demo.port)) as caller:
        caller.sendall(b"POST /v1/media/create HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        while not demo.requests()["creates"]:
            pass
        began = time.monotonic()
        assert demo.process
        demo.process.send_signal(number)
        assert demo.process.wait(timeout=10) == 0
        assert time.monotonic() - began < 2
    demo.stop()


def test_it_says_nothing_but_its_address(folder: Path) -> None:
    command = [sys.executable, "-m", "gallery.demo", f"--data={folder}", "--seconds=0-0"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout
    line = process.stdout.readline()
    assert line.startswith("demo provider listening on http://127.0.0.1:")
    url = line.split()[-1]
    assert create(url, "A secret prompt")["code"] == 0
    requests.post(f"{url}/media/create", headers=HEADERS, data=b"\xff{", timeout=SECONDS)
    process.terminate()
    assert process.communicate(timeout=10) == ("", "")


def test_a_taken_port_is_one_sentence_and_exit_2(demo: DemoServer, folder: Path) -> None:
    second = run(f"--port={demo.port}", f"--data={folder}")

    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{demo.port}" in second.stderr


def test_an_unusable_folder_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    refused = run(f"--data={tmp_path / 'file'}")

    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("seconds", ["", "a", "5-1", "-1"])
def test_wrong_seconds_are_refused(seconds: str) -> None:
    with pytest.raises(SystemExit) as refused:
        parse(["--data=x", f"--seconds={seconds}"])
    assert refused.value.code == 2


def test_without_the_flag_the_control_is_closed(folder: Path) -> None:
    with DemoServer(folder).start(control=False) as demo:
        for method, name in (*CONTROLS, ("GET", "nothing")):
            url = f"http://{demo.host}/control/{name}"
            answer = requests.request(method, url, headers=HEADERS, json={}, timeout=SECONDS)
            assert (answer.status_code, answer.json()["code"]) == (404, 99)


def test_it_listens_on_its_host_alone(demo: DemoServer) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", demo.port), timeout=5)


def test_it_dies_with_its_parent(folder: Path) -> None:
    parent = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'gallery.demo', '--with-parent',"
        f" '--data={folder}'], stdout=subprocess.PIPE, text=True)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    child = int(process.stdout.readline())
    assert is_running(child)

    process.kill()
    process.wait(timeout=10)
    process.stdout.close()

    until = time.monotonic() + 10
    while is_running(child) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_running(child)


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
        status = Path(f"/proc/{number}/stat")
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
