"""Every variable: its default, what it takes, and one sentence when it is wrong."""

from __future__ import annotations

import os
import runpy
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from tests.running import BASE

NAMES = (
    "GPTUNNEL_API_KEY",
    "GPTUNNEL_API_URL",
    "RESULT_HOSTS",
    "POLL_RATE",
    "CREATES_IN_FLIGHT",
    "DATABASE_URL",
    "REDIS_URL",
    "DATA_DIR",
    "SECRET_KEY",
    "HOST",
    "PORT",
    "PUBLIC_URL",
    "DEBUG",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXY",
    "ACCEL_REDIRECT",
    "TIME_ZONE",
    "EMAIL_URL",
    "DJANGO_SUPERUSER_USERNAME",
    "DJANGO_SUPERUSER_PASSWORD",
    "DJANGO_SUPERUSER_EMAIL",
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*NAMES, "DEMO_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "installation"))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings as they come out with these variables."""

    def _read(**variables: str) -> dict[str, Any]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(BASE / "project" / "settings.py"))

    return _read


def test_defaults(read: Any, tmp_path: Path) -> None:
    found = read()
    assert found["IS_DEMO"]
    assert found["PROVIDER"] == "demo"
    assert (found["HOST"], found["PORT"]) == ("127.0.0.1", 8000)
    assert (found["POLL_RATE"], found["CREATES_IN_FLIGHT"]) == (20, 8)
    assert found["RESULT_HOSTS"][:2] == ["storage.yandexcloud.net", "gptunnel.ru"]
    assert found["DATA_DIR"] == tmp_path / "installation"
    assert found["TIME_ZONE"] == "UTC"
    assert not found["DEBUG"]
    assert not found["SESSION_COOKIE_SECURE"]
    assert not found["ACCEL_REDIRECT"]
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "installation/artel.sqlite3")
    assert found["EMAIL_BACKEND"].endswith("dummy.EmailBackend")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("blank", ["", "  \t"])
def test_a_blank_variable_is_refused(read: Any, name: str, blank: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"\A{name} is set but blank"):
        read(**{name: blank})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GPTUNNEL_API_KEY", "shds-\x07bell"),
        ("GPTUNNEL_API_URL", "gptunnel.ru/v1"),
        ("GPTUNNEL_API_URL", "ftp://gptunnel.ru/v1"),
        ("GPTUNNEL_API_URL", "https://"),
        ("GPTUNNEL_API_URL", "https://user:pass@gptunnel.ru/v1"),
        ("GPTUNNEL_API_URL", "https://gptunnel.ru/v1?x=1"),
        ("GPTUNNEL_API_URL", "https://gptunnel.ru:port/v1"),
        ("GPTUNNEL_API_URL", "https://[::1/v1"),
        ("RESULT_HOSTS", "a.example,,b.example"),
        ("RESULT_HOSTS", "https://a.example"),
        ("RESULT_HOSTS", "a.example/path"),
        ("RESULT_HOSTS", "a.example:0"),
        ("RESULT_HOSTS", "a.example:x"),
        ("RESULT_HOSTS", "*.example"),
        ("POLL_RATE", "0"),
        ("POLL_RATE", "-1"),
        ("POLL_RATE", "twenty"),
        ("POLL_RATE", "9" * 5000),
        ("POLL_RATE", "٣"),
        ("CREATES_IN_FLIGHT", "0"),
        ("CREATES_IN_FLIGHT", "1.5"),
        ("DATABASE_URL", "mysql://a/b"),
        ("DATABASE_URL", "artel.sqlite3"),
        ("DATABASE_URL", "postgres://"),
        ("DATABASE_URL", "postgres://host:port/name"),
        ("DATABASE_URL", "postgres://host:99999/name"),
        ("REDIS_URL", "http://localhost:6379"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost:port"),
        ("HOST", "not a host"),
        ("HOST", "http://127.0.0.1"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PUBLIC_URL", "artel.example"),
        ("PUBLIC_URL", "https://artel.example/below"),
        ("DEBUG", "maybe"),
        ("TRUSTED_PROXY", "10.0.0.1"),
        ("ACCEL_REDIRECT", "2"),
        ("ALLOWED_HOSTS", ",artel.example"),
        ("ALLOWED_HOSTS", "https://artel.example"),
        ("ALLOWED_HOSTS", "artel example"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "artel.example:8443"),
        ("GPTUNNEL_API_KEY", "shds key"),
        ("GPTUNNEL_API_KEY", "ключ"),
        ("DJANGO_SUPERUSER_EMAIL", "notmail"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("TIME_ZONE", "/etc/passwd"),
        ("EMAIL_URL", "mail.example:25"),
        ("EMAIL_URL", "pigeon://user@mail.example"),
    ],
)
def test_a_malformed_variable_is_told_in_one_sentence(read: Any, name: str, value: str) -> None:
    more = {"GPTUNNEL_API_KEY": "shds-key"} if name == "GPTUNNEL_API_URL" else {}
    with pytest.raises(ImproperlyConfigured) as caught:
        read(**more, **{name: value})
    sentence = str(caught.value)
    assert sentence.startswith(f"{name} ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_url_without_a_key_is_refused(read: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="GPTUNNEL_API_KEY is unset although"):
        read(GPTUNNEL_API_URL="https://gptunnel.ru/v1")


def test_a_key_is_stripped_and_makes_it_real(read: Any) -> None:
    found = read(GPTUNNEL_API_KEY="  shds-abc \n")
    assert found["PROVIDER_KEY"] == "shds-abc"
    assert not found["IS_DEMO"]
    assert found["PROVIDER"] == found["PROVIDER_URL"] == "https://gptunnel.ru/v1"


def test_an_address_loses_its_last_slash(read: Any) -> None:
    found = read(GPTUNNEL_API_KEY="k", GPTUNNEL_API_URL="http://127.0.0.1:9000/v1/")
    assert found["PROVIDER"] == "http://127.0.0.1:9000/v1"


def test_a_key_is_never_repeated(read: Any) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        read(GPTUNNEL_API_KEY="shds-secret\x00".replace("\x00", "\x1b"))
    assert "secret" not in str(caught.value)


def test_in_demo_mode_the_demo_host_may_give_results(read: Any) -> None:
    assert "127.0.0.1:4321" in read(DEMO_URL="http://127.0.0.1:4321/v1")["RESULT_HOSTS"]


def test_an_https_public_url_makes_it_strict(read: Any) -> None:
    found = read(PUBLIC_URL="https://artel.example")
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert "artel.example" in found["ALLOWED_HOSTS"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://artel.example"]
    assert not found["SECURE_SSL_REDIRECT"]


def test_behind_a_trusted_proxy_plain_requests_are_redirected(read: Any) -> None:
    found = read(PUBLIC_URL="https://artel.example", TRUSTED_PROXY="on")
    assert found["SECURE_SSL_REDIRECT"]
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_without_a_key_nothing_is_said_to_the_real_provider(read: Any) -> None:
    found = read(DEMO_URL="http://127.0.0.1:4321/v1")
    assert (found["PROVIDER_URL"], found["PROVIDER_KEY"]) == ("http://127.0.0.1:4321/v1", "demo")
    found = read(GPTUNNEL_API_KEY="shds-secret")
    assert found["PROVIDER"] == found["PROVIDER_URL"] == "https://gptunnel.ru/v1"


def test_a_claim_outlives_its_create_and_the_tests_keep_that(read: Any, settings: Any) -> None:
    """Else another might call a task unknown while its create can still leave."""
    found = read()
    assert found["CONNECT_SECONDS"] < found["CREATE_SECONDS"] < found["CLAIM_SECONDS"]
    assert settings.CONNECT_SECONDS < settings.CREATE_SECONDS < settings.CLAIM_SECONDS


def test_a_picture_is_waited_for_three_days(read: Any, settings: Any) -> None:
    """So long it may be asked for before its money is spent on nothing; the tests keep it too."""
    assert read()["LOST_SECONDS"] == settings.LOST_SECONDS == 72 * 60 * 60


@pytest.mark.sqlite_only
@pytest.mark.django_db
def test_what_is_committed_is_on_the_disk() -> None:
    """A create must not leave before its row would outlive a power cut."""
    found = {}
    with connection.cursor() as cursor:
        for name in ("synchronous", "journal_mode"):
            cursor.execute(f"PRAGMA {name}")
            found[name] = cursor.fetchone()[0]
    assert found == {"synchronous": 2, "journal_mode": "wal"}, "2 is FULL"


def test_postgresql(read: Any) -> None:
    found = read(DATABASE_URL="postgres://artel:secret@db.example:5433/artel")["DATABASES"]
    assert found["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert found["default"]["CONN_HEALTH_CHECKS"]
    assert found["default"]["PORT"] == 5433
    # What is committed before a paid call is there after a power cut, whatever the server says.
    assert found["default"]["OPTIONS"]["options"] == "-c synchronous_commit=on"


def test_a_connection_that_could_only_read_is_not_kept_for_ever(read: Any) -> None:
    """SQLite opens a file that it may not write to for reading, and never looks again."""
    assert read()["DATABASES"]["default"]["CONN_MAX_AGE"] == 60


def test_options_of_ones_own_stay(read: Any) -> None:
    url = "postgres://db.example/artel?options=-c%20work_mem%3D16MB"
    options = read(DATABASE_URL=url)["DATABASES"]["default"]["OPTIONS"]["options"]
    assert options == "-c work_mem=16MB -c synchronous_commit=on"


def test_redis_carries_cache_sessions_and_queue(read: Any) -> None:
    found = read(REDIS_URL="redis://127.0.0.1:6379/0")
    assert found["CACHES"]["default"]["LOCATION"] == "redis://127.0.0.1:6379/0"
    assert found["SESSION_ENGINE"].endswith("cached_db")
    assert found["Q_CLUSTER"]["redis"].startswith("redis://127.0.0.1:6379/0?socket_timeout=3&")
    assert found["CACHES"]["default"]["OPTIONS"]["socket_timeout"] == 3
    assert "orm" not in found["Q_CLUSTER"]


def test_mail(read: Any) -> None:
    found = read(EMAIL_URL="submission://user:password@mail.example:587")
    assert found["EMAIL_HOST"] == "mail.example"
    assert found["EMAIL_USE_TLS"]


def test_the_secret_key_is_made_once_and_is_private(read: Any, tmp_path: Path) -> None:
    first = read()["SECRET_KEY"]
    kept = tmp_path / "installation" / "secret-key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert read()["SECRET_KEY"] == first == kept.read_text()
    assert len(first) >= 50
    assert read(SECRET_KEY="given")["SECRET_KEY"] == "given"


def test_processes_that_start_together_agree_on_the_secret_key(tmp_path: Path) -> None:
    script = "from project.settings import SECRET_KEY; print(SECRET_KEY)"
    env = {**os.environ, "DATA_DIR": str(tmp_path / "together")}

    def key(_: int) -> str:
        done = subprocess.run(
            [sys.executable, "-c", script], env=env, cwd=BASE, capture_output=True, check=True
        )
        return done.stdout.decode()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(key, range(4)))) == 1


def test_a_damaged_secret_key_is_told(read: Any, tmp_path: Path) -> None:
    (tmp_path / "installation").mkdir()
    (tmp_path / "installation" / "secret-key").write_text("")
    with pytest.raises(ImproperlyConfigured, match="is damaged"):
        read()


@pytest.mark.parametrize("below", ["a-file", "a-file/deeper"])
def test_a_data_dir_that_cannot_be_written_is_told(read: Any, tmp_path: Path, below: str) -> None:
    (tmp_path / "a-file").write_text("in the way")
    with pytest.raises(ImproperlyConfigured, match="DATA_DIR names a folder that cannot be"):
        read(DATA_DIR=str(tmp_path / below))


@pytest.mark.parametrize("command", [["manage.py", "check"], ["-c", "import project.wsgi"]])
def test_the_sentence_is_all_that_is_printed_and_the_code_is_2(
    command: list[str], tmp_path: Path
) -> None:
    env = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": "eighty"}
    env["DJANGO_SETTINGS_MODULE"] = "project.settings"
    done = subprocess.run(
        [sys.executable, *command], env=env, cwd=BASE, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.decode() == "PORT must be a whole number from 1 to 65535.\n"
