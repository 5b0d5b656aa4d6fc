"""Reading tasks and the balance: free, repeatable, bounded, and never wrong about a task's end."""

import gzip
import json
import threading
from typing import Any

import pytest

from gallery.provider.answers import (
    AskAgain,
    Balance,
    BalanceOutcome,
    Echo,
    Failed,
    NoSuchTask,
    OperatorRefusal,
    Ready,
    ResultOutcome,
    Working,
)
from gallery.provider.client import Client, clock
from tests.provider.servers import (
    Peer,
    Script,
    answering,
    closed_port,
    http,
    serving,
    silent_port,
)

KEY = "shds-0123456789abcdefXYZ"
ID = "687fab1e49832bb77d34db47"
LINK = "https://storage.yandexcloud.net/timenote/exp48h/x.webp"
DONE: dict[str, Any] = {"code": 0, "id": ID, "status": "done", "url": LINK}


def result(url: str, *, seconds: float = 3.0) -> ResultOutcome:
    client = Client(url, KEY, connect_timeout=1.0, result_timeout=seconds)
    try:
        return client.result(ID)
    finally:
        client.close()


def outcome(script: Script | bytes, **options: Any) -> ResultOutcome:
    with serving(answering(script) if isinstance(script, bytes) else script) as server:
        return result(server.url, **options)


def balance(status: int, body: Any) -> BalanceOutcome:
    with serving(answering(http(status, body))) as server:
        client = Client(server.url, KEY)
        try:
            return client.balance()
        finally:
            client.close()


@pytest.mark.parametrize(
    ("status", "fields", "expected"),
    [
        (200, {}, Ready(LINK)),
        (200, {"cost": 4}, Ready(LINK, 400)),
        (200, {"cost": 0.6}, Ready(LINK, 60)),
        (200, {"cost": 10.405}, Ready(LINK, 1041)),
        (200, {"cost": 0.004}, Ready(LINK, 0)),
        (200, {"cost": 0}, Ready(LINK, 0)),
        (200, {"cost": -0.01}, Ready(LINK, None)),
        (200, {"cost": 1e300}, Ready(LINK, None)),
        (200, {"cost": 2_000_000}, Ready(LINK, None)),
        (200, {"cost": True}, Ready(LINK, None)),
        (200, {"cost": "4"}, Ready(LINK, None)),
        (200, {"cost": 10**4000}, Ready(LINK, None)),
        (200, {"id": None}, Ready(LINK)),
        (200, {"error": None, "message": None}, Ready(LINK)),
        (200, {"url": None}, Working("done")),
        (200, {"url": "ftp://a/b"}, Working("done")),
        (200, {"url": f"https://a/?key={KEY}"}, Working("done")),
        (200, {"status": "idle"}, Working("idle")),
        (200, {"status": "processing"}, Working("processing")),
        (200, {"status": "a word of next year"}, Working("a word of next year")),
        (200, {"status": None}, AskAgain("no-status")),
        (200, {"status": ["failed"]}, AskAgain("no-status")),
        (200, {"status": "failed", "message": "no"}, Failed("no")),
        (200, {"status": "failed", "message": "no", "cost": 4}, Failed("no", None, 400)),
        (200, {"status": "FAILED", "code": 1}, Failed("", 1)),
        (200, {"status": "error", "error": "no", "code": 500}, Failed("no", 500)),
        (200, {"status": "failed", "code": None, "error": "no"}, Failed("no")),
        (200, {"status": "failed", "code": 1001, "id": None}, Failed("", 1001)),
        (200, {"status": None, "code": 1002, "message": "no"}, Failed("no", 1002)),
        (400, {"status": "failed", "code": 3}, Failed("", 3)),
        (200, {"status": "error", "code": 1, "id": None}, AskAgain("code-1")),
        (200, {"status": "idle", "code": 1001}, AskAgain("code-1001")),
        (500, {"status": "failed"}, AskAgain("http-500")),
        (200, {"id": "687fab1e49832bb77d34db48"}, AskAgain("other-task")),
        (200, {"id": "other-task", "status": "failed"}, AskAgain("other-task")),
        (200, {"id": 7}, AskAgain("other-task")),
        (200, {"code": 1}, AskAgain("code-1")),
        (200, {"code": 500}, AskAgain("code-500")),
        (200, {"code": 6}, AskAgain("code-6")),
        (200, {"code": 7}, AskAgain("code-7")),
        (200, {"code": 3}, AskAgain("code-3")),
        (200, {"code": 99}, AskAgain("code-99")),
        (200, {"code": "0"}, AskAgain("no-code")),
        (200, {"code": 2, "message": "who"}, OperatorRefusal("key-refused", "who")),
        (401, {"code": 2}, OperatorRefusal("key-refused")),
        (403, {"error": "x"}, OperatorRefusal("key-refused", "x")),
        (402, {"error": "x"}, OperatorRefusal("balance-empty", "x")),
        (200, {"code": 5}, OperatorRefusal("balance-empty")),
        (200, {"code": 4, "message": "none"}, NoSuchTask("none")),
        (404, {"code": 4, "id": None}, NoSuchTask()),
        (404, {"code": None, "error": {"message": "none"}, "id": None}, NoSuchTask("none")),
        (404, {"code": 99}, AskAgain("http-404")),
        (500, {"code": 4}, AskAgain("http-500")),
        (429, {"code": 6}, AskAgain("http-429")),
        (503, {"error": "x"}, AskAgain("http-503", "x")),
        (502, {}, AskAgain("http-502")),
        (307, {}, AskAgain("redirect")),
    ],
)
def test_what_a_result_says(status: int, fields: dict[str, Any], expected: object) -> None:
    assert outcome(http(status, DONE | fields)) == expected


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"<html>", "not-json"),
        (200, b"", "not-json"),
        (200, json.dumps(DONE).encode()[:-5], "not-json"),
        (200, b'{"code": 0' + b"[" * 100_000, "not-json"),
        (200, b'{"status": "done"}', "no-code"),
        (404, b"<html>not found</html>", "http-404"),
        (401, b"<html>", "http-401"),
        (502, b"<html>Bad Gateway</html>", "http-502"),
    ],
)
def test_garbage_ends_nothing(status: int, body: bytes, reason: str) -> None:
    assert outcome(http(status, body)) == AskAgain(reason)


def test_retry_after_is_handed_on() -> None:
    assert outcome(http(429, {"code": 6}, {"Retry-After": "30"})) == AskAgain("http-429", "", 30.0)


def raw(*parts: bytes, end: str = "") -> Script:
    def script(peer: Peer) -> None:
        peer.request()
        for part in parts:
            peer.send(part)
        if end:
            getattr(peer, end)()

    return script


UNTIL_CLOSE = b"HTTP/1.0 200 OK\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("script", "reasons"),
    [
        (raw(), {"reset"}),
        (raw(end="reset"), {"reset"}),
        (raw(http(200, DONE, {"Content-Length": "999"})), {"cut-short"}),
        (raw(http(200, DONE)[:-9]), {"cut-short"}),
        (raw(CHUNKED + b"5\r\n{"), {"cut-short"}),
        (raw(b"220 smtp\r\n"), {"reset", "not-http"}),
        (raw(http(200, b" " * 1_100_000)), {"too-large"}),
        (raw(UNTIL_CLOSE + b" " * 1_060_000), {"too-large"}),
        (raw(UNTIL_CLOSE + b" " * 9_000_000), {"too-large", "reset"}),
        (raw(http(200, gzip.compress(b" " * 9_000_000, mtime=0), {"Content-Encoding": "gzip"})),
         {"too-large"}),
        (raw(http(200, b"{}", {"Content-Encoding": "br"})), {"encoded"}),
        (raw(end="hang"), {"timeout"}),
        (raw(http(200, DONE)[:-9], end="hang"), {"timeout"}),
    ],
)  # fmt: skip
def test_trouble_while_reading_is_asked_again(script: Script, reasons: set[str]) -> None:
    found = outcome(script, seconds=0.5 if "timeout" in reasons else 10)
    assert isinstance(found, AskAgain)
    assert found.reason in reasons
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    "dripped",
    [
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 90,
        UNTIL_CLOSE + b"x" * 300,
        CHUNKED + b"1\r\nx\r\n" * 90,
        b"HTTP/1.1 307 X\r\nLocation: /\r\n\r\n" + b"x" * 300,
    ],
)
def test_a_dripping_server_holds_no_thread(dripped: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.drip(dripped)

    began = clock()
    assert outcome(script, seconds=0.4) == AskAgain("timeout", _any_text())
    assert clock() - began < 4


class _any_text(str):
    """Equal to every text."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str)


def plain_answer(peer: Peer) -> None:
    peer.read()
    peer.send(http(200, DONE))


@pytest.mark.parametrize("drips", [True, False])
def test_a_handshake_that_hangs_or_drips_holds_no_thread(drips: bool) -> None:
    def script(peer: Peer) -> None:
        if drips:
            peer.drip(b"\x16\x03\x03\x40\x00" + b"\x02" * 500)
        peer.hang()

    began = clock()
    with serving(script) as server:
        found = result(f"https://127.0.0.1:{server.port}", seconds=0.4)
    assert isinstance(found, AskAgain)
    assert found.reason in ("timeout", "connect-timeout")
    assert clock() - began < 4


def test_no_connection_is_asked_again() -> None:
    with closed_port() as port:
        assert result(f"http://127.0.0.1:{port}") == AskAgain("refused", _any_text())
        assert result(f"https://[::1]:{port}") == AskAgain("refused", _any_text())
    with silent_port() as port:
        began = clock()
        found = result(f"http://127.0.0.1:{port}", seconds=0.4)
        assert found == AskAgain("connect-timeout", _any_text())
        assert clock() - began < 4
    with serving(plain_answer) as server:
        assert result(f"https://127.0.0.1:{server.port}") == AskAgain("tls", _any_text())


@pytest.mark.usefixtures("trusted")
def test_reading_over_tls() -> None:
    with serving(raw(http(200, DONE)), tls=True) as server:
        assert result(f"https://localhost:{server.port}") == Ready(LINK)
        assert result(f"https://127.0.0.1:{server.port}") == AskAgain("tls", _any_text())


def test_a_connection_is_kept_and_a_dead_one_replaced() -> None:
    def twice(peer: Peer) -> None:
        for _ in range(2):
            peer.request()
            peer.send(http(200, DONE))

    with serving(twice) as server:
        client = Client(server.url, KEY)
        assert client.result(ID) == Ready(LINK)
        assert client.result(ID) == Ready(LINK)
        assert len(server.peers) == 1
        assert server.peers[0].ended.wait(5)
        assert client.result(ID) == Ready(LINK)
        assert len(server.peers) == 2
        client.close()


def test_many_threads_share_a_client_and_each_gets_its_own_answer() -> None:
    def script(peer: Peer) -> None:
        while request := peer.request():
            asked = json.loads(request.partition(b"\r\n\r\n")[2])["task_id"]
            peer.send(http(200, DONE | {"id": asked, "url": f"https://host/{asked}"}))

    with serving(script) as server:
        client = Client(server.url, KEY, pool=4)
        found: dict[str, ResultOutcome] = {}

        def ask(number: int) -> None:
            for turn in range(5):
                asked = f"task-{number:04}-{turn:04}"
                found[asked] = client.result(asked)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()
    assert found == {asked: Ready(f"https://host/{asked}") for asked in found}
    assert len(found) == 40


def test_the_request_is_as_documented_and_takes_nothing_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cookie = {"Set-Cookie": "a=b; Path=/"}

    def script(peer: Peer) -> None:
        while peer.request():
            peer.send(http(200, DONE, cookie))

    with serving(script) as server, serving(script) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        client = Client(server.url + "/v1", KEY)
        client.result(ID)
        client.result(ID)
        client.close()
        assert proxy.peers == []
        received = server.received
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/media/result HTTP/1.1\r\n")
    assert f"\r\nAuthorization: {KEY}\r\n".encode() in head + b"\r\n"
    assert b"cookie" not in received.lower()
    assert body.startswith(json.dumps({"task_id": ID}).encode())


def test_a_redirect_is_not_followed_and_its_body_not_swallowed() -> None:
    with serving(raw(http(200, DONE))) as other:
        head = f"HTTP/1.1 307 X\r\nLocation: {other.url}\r\n\r\n".encode()
        assert outcome(raw(head + b"x" * 5_000_000)) == AskAgain("too-large")
        assert outcome(http(302, b"", {"Location": other.url})) == AskAgain("redirect")
        assert outcome(http(302, b"", {"Location": "http://[bad"})) == AskAgain("redirect")
        assert other.peers == []


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"balance": 123.45, "creditLimit": 1000, "orgId": "x"}, Balance(12345, 100000)),
        (200, {"balance": -3.2}, Balance(-320, 0)),
        (200, {"code": 0, "balance": 7}, Balance(700)),
        (200, b'{"balance": 0.005}', Balance(1)),
        (200, b'{"balance": 1e99999999999999999999}', AskAgain("no-balance")),
        (200, b'{"balance": 1e999}', AskAgain("no-balance")),
        (200, b'{"balance": 1e-999}', Balance(0)),
        (200, {"balance": "12"}, AskAgain("no-balance")),
        (200, {"balance": 10**4000}, AskAgain("no-balance")),
        (200, {}, AskAgain("no-balance")),
        (200, b"<html>", AskAgain("not-json")),
        (502, {"balance": 5}, AskAgain("http-502")),
        (200, {"code": 2, "message": "no"}, OperatorRefusal("key-refused", "no")),
        (401, {"error": "no"}, OperatorRefusal("key-refused", "no")),
        (401, b"<html>", AskAgain("http-401")),
        (200, {"code": 6, "balance": 5}, AskAgain("code-6")),
        (200, {"code": 4}, AskAgain("no-balance")),
    ],
)
def test_balance(status: int, body: Any, expected: BalanceOutcome) -> None:
    assert balance(status, body) == expected


def test_a_balance_that_cannot_be_read() -> None:
    with closed_port() as port:
        client = Client(f"http://127.0.0.1:{port}", KEY)
        assert client.balance() == AskAgain("refused", _any_text())
        client.close()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Echo()),
        ({"prompt": "a cat", "created_at": 1716388486}, Echo("a cat", "a cat", 1716388486.0)),
        ({"prompt": "", "created_at": 1.5}, Echo("", "", 1.5)),
        ({"prompt": 7, "created_at": "1716388486"}, Echo()),
        ({"prompt": [], "created_at": True}, Echo()),
        ({"created_at": -1}, Echo()),
        ({"created_at": 1e300}, Echo()),
        ({"created_at": 10**4000}, Echo()),
        ({"prompt": f"my {KEY}"}, Echo(f"my {KEY}", "my [key]", None)),
        ({"prompt": "я" * 9000}, Echo("я" * 9000, "я" * 2000, None)),
    ],
)
@pytest.mark.parametrize("state", ["idle", "done", "failed"])
def test_what_an_answer_repeats_of_the_create(
    state: str, fields: dict[str, Any], expected: Echo
) -> None:
    found = outcome(http(200, DONE | {"status": state} | fields))
    assert isinstance(found, Working | Ready | Failed)
    assert found.echo == expected
    assert KEY not in repr(found)
