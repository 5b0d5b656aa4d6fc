"""A Redis that takes connections and never answers holds up no page, no job and no health check."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client, override_settings
from django.utils import timezone

from gallery.jobs import cluster, pump
from gallery.models import Lease, User
from project.cache import SoftClient, SoftRedisCache
from tests.running import Installation, free_port, wait_for

PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
"""Static files without a manifest: nothing is collected for the tests."""
LIMITS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of something that listens, and no more."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.fixture
def hung(silent: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """This process has such a Redis."""
    options = {"LOCATION": silent, "OPTIONS": LIMITS, "KEY_PREFIX": "hung"}
    changed = override_settings(
        REDIS_URL=silent,
        SESSION_ENGINE="django.contrib.sessions.backends.cached_db",
        CACHES={"default": {"BACKEND": "project.cache.SoftRedisCache", **options}},
    )
    with monkeypatch.context() as context, changed:
        context.setattr(SoftClient, "away_until", 0.0)
        context.setattr("django_q.conf.Conf.ORM", None)
        context.setattr("django_q.conf.Conf.REDIS", f"{silent}?{urlencode(LIMITS)}")
        yield silent


def took(call: Callable[[], Any]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


@pytest.mark.django_db
def test_a_page_is_served(hung: str, alice: User, settings: Any) -> None:
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN}
    client = Client()
    client.force_login(alice)
    began = time.monotonic()
    assert client.get("/").status_code == 200
    assert client.get("/history/").status_code == 200
    assert time.monotonic() - began < 5


@pytest.mark.django_db
def test_health_says_why_within_seconds(hung: str) -> None:
    Lease.objects.beat("queue")
    began = time.monotonic()
    answer = Client().get("/healthz")
    assert time.monotonic() - began < 5
    assert answer.status_code == 503
    assert answer.json()["reasons"] == {"queue": "The queue's Redis does not answer."}


@pytest.mark.django_db(transaction=True)
def test_waking_a_job_ends(hung: str, caplog: pytest.LogCaptureFixture) -> None:
    assert took(lambda: cluster.wake("submit")) < 3
    assert "on_commit" in caplog.text


@pytest.mark.django_db
def test_nobody_waits_twice(hung: str) -> None:
    assert took(pump.revive) < 3
    assert took(pump.revive) < 0.2


def test_an_absent_cache_keeps_nothing_and_forgets_nothing_of_others(silent: str) -> None:
    cache = SoftRedisCache(silent, {"OPTIONS": LIMITS})
    SoftClient.away_until = 0.0
    try:
        assert cache.get("a", "nothing") == "nothing"
        assert cache.add("a", 1) is False
        assert cache.get_many(["a", "b"]) == {}
        assert cache.has_key("a") is False
        assert cache.touch("a") is False
        assert cache.delete("a") is False
        cache.set("a", 1)
        cache.set_many({"a": 1})
        cache.delete_many(["a"])
        cache.clear()
    finally:
        SoftClient.away_until = 0.0


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis of the test's own."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("there is no redis-server to start")
    port = free_port()
    server = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    yield f"redis://127.0.0.1:{port}/0", server
    server.send_signal(signal.SIGCONT)
    server.kill()
    server.wait()


@pytest.mark.django_db
def test_who_logs_out_meanwhile_stays_logged_out(
    redis_server: tuple[str, subprocess.Popen[bytes]],
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The session would still be in Redis when that answers again."""
    url, server = redis_server
    monkeypatch.setattr(SoftClient, "away_until", 0.0)
    wait_for(lambda: _listens(url), 10, "Redis")
    with override_settings(
        STORAGES={**django_settings.STORAGES, "staticfiles": PLAIN},
        SESSION_ENGINE="django.contrib.sessions.backends.cached_db",
        CACHES={
            "default": {
                "BACKEND": "project.cache.SoftRedisCache",
                "LOCATION": url,
                "OPTIONS": LIMITS,
            }
        },
    ):
        client, thief = Client(), Client()
        client.force_login(alice)
        thief.cookies = client.cookies.__class__(client.cookies.output(header=""))
        assert thief.get("/profile/edit/").status_code == 405
        os.kill(server.pid, signal.SIGSTOP)
        assert client.get("/profile/edit/").status_code == 405
        assert client.post("/logout/").status_code == 302
        os.kill(server.pid, signal.SIGCONT)
        wait_for(lambda: _answers(url), 10, "Redis")
        monkeypatch.setattr(SoftClient, "away_until", 0.0)
        assert thief.get("/profile/edit/").status_code == 302


def _answers(url: str) -> bool:
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=5) as probe:
        probe.sendall(b"PING\r\n")
        return probe.recv(7) == b"+PONG\r\n"


def _listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) == 0


def test_an_installation_lives_through_a_redis_that_hangs(
    redis_server: tuple[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    url, server = redis_server
    env = {"REDIS_URL": url, "TEST_HEARTBEAT_SECONDS": "1"}
    with Installation(tmp_path / "house", empty=False, **env) as installation:
        installation.start("serve")
        wait_for(installation.is_well, 40, "health")
        os.kill(server.pid, signal.SIGSTOP)
        stopped = timezone.now()
        wait_for(lambda: installation.health()[0] == 503, 30, "an answer that it is unwell")
        assert "Redis" in installation.health()[1]["reasons"]["queue"]
        assert (timezone.now() - stopped).total_seconds() < 30
        os.kill(server.pid, signal.SIGCONT)
        wait_for(installation.is_well, 60, "health again")


def test_it_does_not_start_on_one_and_says_so(silent: str, tmp_path: Path) -> None:
    with Installation(tmp_path, REDIS_URL=silent) as installation:
        done = installation.run("serve")
    assert done.returncode == 2
    assert done.stderr.startswith("The Redis of REDIS_URL cannot be used: Timeout")
    assert done.stderr.count("\n") == 1
