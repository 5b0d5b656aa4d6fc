"""The outcome of a create, row by row, against servers that do the worst at each moment."""

import gzip
import json
import logging
import zlib
from dataclasses import replace
from typing import Any

import pytest

from gallery.provider.answers import (
    Accepted,
    CreateOutcome,
    Failed,
    Later,
    ModelRefusal,
    NotSent,
    OperatorRefusal,
    Ready,
    Refused,
    Unknown,
    Working,
)
from gallery.provider.client import Client, clock
from tests.provider.servers import (
    Peer,
    Script,
    Server,
    answering,
    closed_port,
    http,
    serving,
    silent_port,
)

KEY = "shds-0123456789abcdefXYZ"
ID = "687fab1e49832bb77d34db47"
IDLE: dict[str, Any] = {"code": 0, "id": ID, "status": "idle", "url": None, "model": "another"}
LINK = "https://storage.yandexcloud.net/timenote/exp48h/x.webp"


def create(url: str, *, seconds: float = 5.0, allowed: bool = True, **fields: Any) -> CreateOutcome:
    client = Client(url, KEY, connect_timeout=2.0)
    asked: dict[str, Any] = {"model": "m", "prompt": "a fox", "ar": "1:1", "images": []} | fields
    try:
        return client.create(**asked, deadline=clock() + seconds, may_send=lambda: allowed)
    finally:
        client.close()


def outcome(script: Script | bytes, **options: Any) -> CreateOutcome:
    with serving(answering(script) if isinstance(script, bytes) else script) as server:
        found = create(server.url, **options)
        assert len(server.peers) <= 1, "a create must never connect twice"
        return found


def kind(found: CreateOutcome) -> tuple[type, str | None]:
    return type(found), getattr(found, "reason", None)


# What a definite answer means


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"code": 1}, (Unknown, "code-1")),
        (200, {"code": 2}, (OperatorRefusal, "key-refused")),
        (200, {"code": 3}, (Refused, "request-refused")),
        (200, {"code": 4}, (Unknown, "code-4")),
        (200, {"code": 5}, (OperatorRefusal, "balance-empty")),
        (200, {"code": 6}, (Later, "code-6")),
        (200, {"code": 7}, (ModelRefusal, None)),
        (200, {"code": 99}, (Refused, "request-refused")),
        (200, {"code": 500}, (Unknown, "code-500")),
        (200, {"code": 1001}, (Refused, "content-refused")),
        (200, {"code": 1002}, (Refused, "content-refused")),
        (200, {"code": 12345}, (Unknown, "code-12345")),
        (200, {"code": -1}, (Unknown, "code--1")),
        (200, {"error": {"message": "x", "code": 5}}, (Unknown, "no-code")),
        (200, {"error": "x"}, (Unknown, "no-code")),
        (201, {"code": 6}, (Later, "code-6")),
        (400, {"code": 3}, (Refused, "request-refused")),
        (400, {"code": 6}, (Refused, "request-refused")),
        (400, {"code": 0}, (Refused, "request-refused")),
        (400, {"code": 1001}, (Refused, "content-refused")),
        (404, {"code": 99}, (Refused, "request-refused")),
        (413, {"error": "too large"}, (Refused, "request-refused")),
        (422, {"error": {"message": "x"}}, (Refused, "request-refused")),
        (401, {"error": {"message": "bad key"}}, (OperatorRefusal, "key-refused")),
        (403, {"code": 2}, (OperatorRefusal, "key-refused")),
        (402, {"error": {"message": "x", "type": "y"}}, (OperatorRefusal, "balance-empty")),
        (425, {"code": 6}, (Later, "http-425")),
        (429, {"error": "slow down"}, (Later, "http-429")),
        (503, {"code": 6}, (Later, "http-503")),
        (503, {"error": {"message": "busy"}}, (Later, "http-503")),
        (503, {"error": "overloaded"}, (Later, "http-503")),
        (405, {"error": {"message": "x"}}, (Unknown, "http-405")),
        (408, {"code": 3}, (Unknown, "http-408")),
        (409, {"code": 3}, (Unknown, "http-409")),
        (418, {"code": 3}, (Unknown, "http-418")),
        (500, {"code": 3}, (Unknown, "http-500")),
        (502, {"code": 6}, (Unknown, "http-502")),
        (504, {"error": "x"}, (Unknown, "http-504")),
        (302, {"code": 3}, (Unknown, "redirect")),
        (307, IDLE, (Unknown, "redirect")),
        (101, b"", (Unknown, "http-101")),
        (103, b"", (Unknown, "reset")),
        (204, b"", (Unknown, "not-json")),
    ],
)
def test_status_and_code_decide(status: int, body: Any, expected: tuple[type, str | None]) -> None:
    assert kind(outcome(http(status, body))) == expected


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 425, 429, 503])
@pytest.mark.parametrize("code", [1, 500])
def test_an_internal_error_may_have_been_charged_whatever_the_status(
    status: int, code: int
) -> None:
    document = {"code": code, "message": "Internal error"}
    assert kind(outcome(http(status, document))) == (Unknown, f"http-{status}")


@pytest.mark.parametrize(
    "document",
    [
        {"statusCode": 503, "error": "Service Unavailable", "message": "upstream closed"},
        {"timestamp": "2026-11-28", "status": 503, "error": "Service Unavailable", "path": "/"},
        {"error": "Service Unavailable"},
        {"error": {"message": "no healthy upstream"}, "status": 503},
        {"code": 0},
    ],
)
def test_a_gateway_that_lost_what_it_passed_on_is_no_refusal(document: Any) -> None:
    """It says 503 of what stands behind it, which may have taken the task before it broke."""
    assert kind(outcome(http(503, document))) == (Unknown, "http-503")


@pytest.mark.parametrize(
    ("status", "document", "reason"),
    [
        (200, {"code": 6}, "code-6"),
        (200, {"code": 7}, "code-7"),
        (401, {"code": 2}, "http-401"),
        (429, {"error": "busy"}, "http-429"),
        (503, {"code": 6, "status": "error"}, "http-503"),
    ],
)
def test_what_has_an_id_is_not_sent_again(status: int, document: Any, reason: str) -> None:
    """Whatever is refused beside it, somebody has given the task a number."""
    assert kind(outcome(http(status, document | {"id": ID}))) == (Unknown, reason)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 425, 429, 500, 502, 503])
@pytest.mark.parametrize(
    "body",
    [
        b"<html><h1>Bad Gateway</h1></html>",
        b"",
        b'{"message": "no code here"}',
        b'{"code": "3"}',
        b'{"code": true}',
        b'{"code": 3.0}',
        b'{"code": null, "error": null}',
        b'{"error": []}',
        b'{"error": ""}',
        b'[{"code": 3}]',
        b'"code"',
    ],
)
def test_a_status_without_the_envelope_decides_nothing(status: int, body: bytes) -> None:
    assert kind(outcome(http(status, body))) == (Unknown, f"http-{status}")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"null",
        b"0",
        b"[]",
        b"{",
        b'{"code": 0, "id": "687fab1e49832bb77d34db47", "status": "idle"',
        b'{"code": NaN, "id": "687fab1e49832bb77d34db47"}',
        b'{"code": 0, "code": 6}',
        b'{"code": 0, "id": "687fab1e49832bb77d34db47", "id": "687fab1e49832bb77d34db48"}',
        b'{"a":' * 100_000,
        b"[" * 200_000,
        b'{"code": ' + b"9" * 5000 + b"}",
        b"\xff\xfe{",
    ],
)
def test_what_is_no_json_object_is_unknown(body: bytes) -> None:
    assert kind(outcome(http(200, body))) == (Unknown, "not-json")


@pytest.mark.parametrize(
    "code", ["0.0", "-0.0", "1e2", "1e99999999999999999999", "true", '"0"', "[]", "{}"]
)
def test_only_an_integer_is_a_code(code: str) -> None:
    body = f'{{"code": {code}, "id": "{ID}", "status": "idle"}}'.encode()
    assert kind(outcome(http(200, body))) == (Unknown, "no-code")


def test_an_absurd_code_has_a_short_reason() -> None:
    assert kind(outcome(http(200, b'{"code": ' + b"9" * 4000 + b"}"))) == (Unknown, "code-absurd")


@pytest.mark.parametrize(
    ("fields", "then"),
    [
        ({}, Working("idle")),
        ({"status": "queued"}, Working("queued")),
        ({"status": None}, Working("")),
        ({"status": 7}, Working("")),
        ({"status": "x" * 5000}, Working("x" * 40)),
        ({"status": "done", "url": None}, Working("done")),
        ({"status": "done", "url": ""}, Working("done")),
        ({"status": "done", "url": ["https://a/b"]}, Working("done")),
        ({"status": "done", "url": "javascript:alert(1)"}, Working("done")),
        ({"status": "done", "url": "https://a/\nb"}, Working("done")),
        ({"status": "done", "url": "https://a/" + "b" * 5000}, Working("done")),
        ({"status": "done", "url": LINK}, Ready(LINK)),
        ({"status": " Done", "url": LINK, "cost": 10.4}, Ready(LINK, 1040)),
        ({"status": "done", "url": LINK, "cost": -1}, Ready(LINK, None)),
        ({"status": "failed", "message": "no"}, Failed("no", None)),
        ({"status": "error", "error": {"message": "no"}}, Failed("no", None)),
        ({"status": "fail"}, Failed()),
        ({"status": "cancelled", "cost": 4}, Failed("", None, 400)),
        ({"status": "failed", "code": 1001, "message": "no"}, Failed("no", 1001)),
        ({"status": "failed", "code": 500}, Failed("", 500)),
        ({"status": "failed", "code": 2**70}, Failed("", None)),
        ({"status": "failed", "code": None, "error": "no"}, Failed("no", None)),
    ],
)
def test_accepted_and_what_it_says_at_once(fields: dict[str, Any], then: object) -> None:
    assert outcome(http(200, IDLE | fields)) == Accepted(ID, then)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad",
    [None, "", 7, "short", "x" * 129, "with space", "a/../../etc", "знаки-знаки", [ID], True, KEY],
)
def test_accepted_without_a_usable_id_is_unknown(bad: object) -> None:
    assert kind(outcome(http(200, IDLE | {"id": bad}))) == (Unknown, "no-id")


@pytest.mark.parametrize("good", ["12345678", "x" * 128, "A-b_c-1234"])
def test_ids_of_the_known_shape(good: str) -> None:
    assert outcome(http(200, IDLE | {"id": good})) == Accepted(good, Working("idle"))


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [(200, 6, "code-6"), (200, 5, "code-5"), (400, 0, "http-400"), (429, 6, "http-429")],
)
def test_a_refusal_that_names_a_living_task_proves_nothing(
    status: int, code: int, reason: str
) -> None:
    assert kind(outcome(http(status, IDLE | {"code": code}))) == (Unknown, reason)


def test_a_refusal_may_carry_an_id_without_a_word() -> None:
    assert kind(outcome(http(200, {"code": 3, "id": ID}))) == (Refused, "request-refused")


def test_an_unknown_keeps_the_answer_for_the_administrator() -> None:
    found = outcome(http(502, IDLE))
    assert isinstance(found, Unknown)
    assert ID in found.detail
    assert found.http_status == 502
    assert found.bytes_received > 100


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("86400", 900.0),
        ("9" * 400, 900.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1.0),
        ("Wed, 21 Oct 2199 07:28:00 GMT", 900.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_retry_after_is_obeyed_within_bounds(header: str, seconds: float | None) -> None:
    found = outcome(http(429, {"code": 6, "message": "busy"}, {"Retry-After": header}))
    assert found == Later("http-429", "busy", seconds)


def test_error_texts() -> None:
    issues = [
        {"path": ["images", 0], "message": "not a link"},
        {"path": "ar"},
        "nonsense",
        {"path": None, "message": None},
        {"path": [{}], "message": "m"},
        {"message": "the sixth"},
    ]
    found = outcome(http(200, {"code": 3, "message": "bad\x00 \ud800", "issues": issues}))
    assert found == Refused("request-refused", "bad\ufffd \ufffd; images.0: not a link; ar; m")
    found = outcome(http(200, {"code": 3, "message": "x" * 3000}))
    assert found == Refused("request-refused", "x" * 2000)


def test_broken_letters_do_not_cost_the_id() -> None:
    body = json.dumps(IDLE).encode().replace(b"another", b"\xff\xc3\x28 \n")
    assert outcome(http(200, b"\xef\xbb\xbf" + body)) == Accepted(ID, Working("idle"))


# After the first byte


def peer_script(*parts: bytes, end: str = "close") -> Script:
    def script(peer: Peer) -> None:
        peer.request()
        for part in parts:
            peer.send(part)
        if end != "close":
            getattr(peer, end)()

    return script


HALF = http(200, IDLE)[:-10]
WHOLE_IN_SHORT = http(200, IDLE, {"Content-Length": "5000"})
CHUNK = json.dumps(IDLE).encode()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED_HEAD = CHUNKED + f"{len(CHUNK):x}\r\n".encode() + CHUNK + b"\r\n"
UNTIL_CLOSE = b"HTTP/1.0 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    ("script", "reason", "status"),
    [
        (peer_script(), "reset", None),
        (peer_script(end="reset"), "reset", None),
        (peer_script(HALF), "cut-short", 200),
        (peer_script(WHOLE_IN_SHORT), "cut-short", 200),
        (peer_script(http(400, {"code": 3}, {"Content-Length": "999"})), "cut-short", 400),
        (peer_script(CHUNKED_HEAD), "cut-short", 200),
        (peer_script(CHUNKED_HEAD[:-20]), "cut-short", 200),
        (peer_script(CHUNKED + b"zz\r\n"), "cut-short", 200),
        (peer_script(CHUNKED + b"-5\r\nabcdef"), "not-http", 200),
        (peer_script(CHUNKED + b"fffffffffffffff\r\nabcdef"), "cut-short", 200),
        (peer_script(UNTIL_CLOSE + CHUNK[:-5]), "not-json", 200),
        (peer_script(b"HTTP/1.1 200 OK\r\nContent-Le"), "not-json", 200),
        (peer_script(b"HTTP/1.1 2"), "not-http", None),
        (peer_script(b"220 smtp ready\r\n"), "not-http", None),
        (peer_script(b"HTTP/1.1 abc OK\r\n\r\n"), "not-http", None),
        (peer_script(b"\x00" * 100_000), "not-http", None),
        (peer_script(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200), "not-http", 200),
        (peer_script(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000), "not-http", 200),
        (peer_script(http(200, b" " * (1024 * 1024 + 1))), "too-large", 200),
        (peer_script(UNTIL_CLOSE + b" " * 1_300_000), "too-large", 200),
        (peer_script(UNTIL_CLOSE + b" " * 1_050_000), "too-large", 200),
        (peer_script(b"HTTP/1.1 100 Continue\r\n\r\n" * 60_000), "too-large", None),
        (peer_script(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 60_000), "too-large", None),
        (peer_script(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}"),
         "cut-short", 200),
        (peer_script(HALF, end="hang"), "timeout", 200),
        (peer_script(end="hang"), "timeout", None),
        (peer_script(b"HTTP/1.1 200 OK\r\n", end="hang"), "timeout", 200),
        (peer_script(UNTIL_CLOSE + CHUNK, end="hang"), "timeout", 200),
    ],
)  # fmt: skip
def test_trouble_after_the_first_byte_is_unknown(
    script: Script, reason: str, status: int | None
) -> None:
    found = outcome(script, seconds=0.5 if reason == "timeout" else 10)
    assert isinstance(found, Unknown)
    assert (found.reason, found.http_status) == (reason, status)


@pytest.mark.parametrize("end", ["close", "hang"])
def test_half_an_answer_is_kept_for_the_administrator(end: str) -> None:
    found = outcome(peer_script(HALF, end=end), seconds=0.5)
    assert isinstance(found, Unknown)
    assert ID in found.detail
    assert "HTTP/1.1" not in found.detail


def test_a_reset_in_the_middle_of_the_body_is_unknown() -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(HALF)
        peer.read()  # the client's silence, until the test's own time is up
        peer.reset()

    def reset_at_once(peer: Peer) -> None:
        peer.request()
        peer.send(HALF)
        peer.reset()

    assert kind(outcome(script, seconds=0.3)) == (Unknown, "timeout")
    found = outcome(reset_at_once)
    assert isinstance(found, Unknown)
    assert found.reason in ("reset", "cut-short")


@pytest.mark.parametrize(
    "data",
    [
        CHUNKED_HEAD + b"0\r\n\r\n",
        CHUNKED_HEAD + b"0\r\nTrailer: x\r\n\r\n",
        UNTIL_CLOSE + CHUNK,
        b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 3 + http(200, IDLE),
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 2 + http(200, IDLE),
        http(200, IDLE) + b"junk that follows",
        http(200, IDLE).replace(b"\r\n", b"\n"),
        http(200, gzip.compress(CHUNK, mtime=0), {"Content-Encoding": "gzip"}),
        http(200, zlib.compress(CHUNK), {"Content-Encoding": "Deflate"}),
        http(200, CHUNK, {"Content-Encoding": "identity"}),
    ],
)
def test_whole_answers_in_all_their_forms(data: bytes) -> None:
    assert outcome(data) == Accepted(ID, Working("idle"))


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (gzip.compress(b" " * 50_000_000, mtime=0), "gzip", "too-large"),
        (gzip.compress(CHUNK, mtime=0)[:-12], "gzip", "cut-short"),
        (CHUNK, "gzip", "encoded"),
        (CHUNK, "br", "encoded"),
    ],
)
def test_packed_answers_are_unpacked_within_bounds(body: bytes, encoding: str, reason: str) -> None:
    found = outcome(http(200, body, {"Content-Encoding": encoding}))
    assert isinstance(found, Unknown)
    assert (found.reason, found.http_status) == (reason, 200)


@pytest.mark.parametrize(
    "dripped", [b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 90, b"x" * 400, CHUNKED + b"1\r\nx\r\n" * 90]
)
def test_a_dripping_server_cannot_stretch_the_deadline(dripped: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.drip(dripped)

    began = clock()
    assert kind(outcome(script, seconds=0.4)) == (Unknown, "timeout")
    assert clock() - began < 4


def test_a_server_that_does_not_read_cannot_stretch_the_deadline() -> None:
    began = clock()

    def script(peer: Peer) -> None:
        peer._stop.wait(5)

    found = outcome(script, seconds=0.4, prompt="x" * 30_000_000)
    assert kind(found) == (Unknown, "timeout")
    assert clock() - began < 3


def test_a_connection_lost_while_sending_is_unknown() -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.reset()

    found = outcome(script, prompt="x" * 30_000_000)
    assert kind(found) == (Unknown, "reset")
    assert isinstance(found, Unknown)
    assert found.detail == "", "nothing that the provider said"


def test_what_was_heard_before_the_time_was_up_is_all_that_is_kept() -> None:
    found = outcome(peer_script(HALF, end="hang"), seconds=0.5)
    assert isinstance(found, Unknown)
    assert found.detail == HALF.partition(b"\r\n\r\n")[2].decode().strip()


def test_an_answer_that_came_before_the_request_was_read_is_read() -> None:
    def script(peer: Peer) -> None:
        peer.send(http(413, {"error": "too large"}))
        peer.sock.shutdown(1)
        peer.hang()

    found = outcome(script, prompt="x" * 3_000_000)
    assert found == Refused("request-refused", "too large")


# Before the first byte


def test_a_refused_connection_is_not_sent() -> None:
    with closed_port() as port:
        assert kind(create(f"http://127.0.0.1:{port}")) == (NotSent, "refused")


def test_an_unreachable_address_is_not_sent() -> None:
    # Broadcast: the system refuses a stream to it without sending anything.
    assert kind(create("http://255.255.255.255:9")) == (NotSent, "unreachable")


def test_an_unknown_name_is_not_sent() -> None:
    # So long that the system's resolver refuses it without asking anybody.
    host = ".".join(["x" * 60] * 5)
    assert kind(create(f"http://{host}/v1")) == (NotSent, "dns")


def test_a_connection_that_hangs_is_not_sent() -> None:
    with silent_port() as port:
        assert kind(create(f"http://127.0.0.1:{port}", seconds=0.3)) == (NotSent, "connect-timeout")


def plain_answer(peer: Peer) -> None:
    peer.read()
    peer.send(http(200, IDLE))


def test_a_plain_server_spoken_to_with_tls_is_not_sent() -> None:
    with serving(plain_answer) as server:
        found = create(f"https://127.0.0.1:{server.port}")
        assert kind(found) == (NotSent, "tls")
        assert b"media/create" not in server.received


@pytest.mark.parametrize("silent", [True, False])
def test_a_handshake_that_hangs_or_drips_is_not_sent(silent: bool) -> None:
    def script(peer: Peer) -> None:
        if silent:
            peer.hang()
        peer.drip(b"\x16\x03\x03\x40\x00" + b"\x02" * 500)

    began = clock()
    with serving(script) as server:
        found = create(f"https://127.0.0.1:{server.port}", seconds=0.4)
    assert kind(found) in ((NotSent, "connect-timeout"), (NotSent, "tls"))
    assert clock() - began < 4


def test_a_certificate_nobody_vouches_for_is_not_sent() -> None:
    with serving(answering(http(200, IDLE)), tls=True) as server:
        assert kind(create(f"https://localhost:{server.port}")) == (NotSent, "tls")
        assert server.received == b""


@pytest.mark.usefixtures("trusted")
def test_a_certificate_must_be_for_the_host() -> None:
    with serving(answering(http(200, IDLE)), tls=True) as server:
        assert kind(create(f"https://127.0.0.1:{server.port}")) == (NotSent, "tls")
        assert server.received == b""
        assert create(f"https://localhost:{server.port}") == Accepted(ID, Working("idle"))
        assert server.received != b""


def fenced(server: Server, *, deadline: float, may_send: Any) -> CreateOutcome:
    client = Client(server.url, KEY)
    try:
        return client.create(
            model="m", prompt="p", ar="1:1", images=(), deadline=deadline, may_send=may_send
        )
    finally:
        client.close()


def test_the_fence_is_asked_on_a_standing_connection_and_lets_no_byte_out() -> None:
    with serving(answering(http(200, IDLE))) as server:
        peers_when_asked: list[int] = []

        def no() -> bool:
            assert clock() < limit
            peers_when_asked.append(len(server.peers))
            return False

        limit = clock() + 5
        assert kind(fenced(server, deadline=limit, may_send=no)) == (NotSent, "fence")
        assert len(peers_when_asked) == 1
        assert server.received == b""
        # The same with an open fence: the check above can fail.
        assert fenced(server, deadline=limit, may_send=lambda: True) == Accepted(
            ID, Working("idle")
        )
        assert b"media/create" in server.received


def test_a_deadline_that_passes_while_the_fence_is_asked_lets_no_byte_out() -> None:
    with serving(answering(http(200, IDLE))) as server:
        limit = clock() + 0.2

        def slow() -> bool:
            while clock() < limit:
                pass
            return True

        assert kind(fenced(server, deadline=limit, may_send=slow)) == (NotSent, "fence")
        assert server.received == b""


def test_a_past_deadline_does_not_even_connect() -> None:
    with serving(answering(http(200, IDLE))) as server:
        found = fenced(server, deadline=clock() - 1, may_send=lambda: True)
        assert kind(found) == (NotSent, "fence")
        assert server.peers == []


def test_an_error_of_the_fence_passes_through_with_nothing_sent() -> None:
    class DatabaseIsGone(Exception):
        pass

    def broken() -> bool:
        raise DatabaseIsGone

    with serving(answering(http(200, IDLE))) as server:
        with pytest.raises(DatabaseIsGone):
            fenced(server, deadline=clock() + 5, may_send=broken)
        assert server.received == b""


# What is sent


def test_the_request_is_as_documented() -> None:
    with serving(answering(http(200, IDLE))) as server:
        create(
            server.url + "/v1/",
            model="gpt-image-1-low",
            prompt='Лиса \U0001f98a "quoted" \x00 \ud800',
            ar="16:9",
            images=["https://example.org/a.png"],
        )
        head, _, body = server.received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /v1/media/create HTTP/1.1"
    assert f"Authorization: {KEY}" in lines
    assert f"Host: 127.0.0.1:{server.port}" in lines
    assert json.loads(body) == {
        "model": "gpt-image-1-low",
        "prompt": 'Лиса \U0001f98a "quoted" \x00 \ud800',
        "ar": "16:9",
        "images": ["https://example.org/a.png"],
    }


def test_empty_fields_are_left_out() -> None:
    with serving(answering(http(200, IDLE))) as server:
        create(server.url)
        assert "images" not in json.loads(server.received.partition(b"\r\n\r\n")[2])


def test_a_redirect_is_not_followed() -> None:
    with (
        serving(answering(http(200, IDLE))) as other,
        serving(answering(http(307, b"", {"Location": other.url}))) as server,
    ):
        assert kind(create(server.url)) == (Unknown, "redirect")
        assert other.peers == []


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        serving(answering(http(200, IDLE))) as proxy,
        serving(answering(http(200, IDLE))) as server,
    ):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        create(server.url)
        assert proxy.peers == []


# The key


@pytest.mark.parametrize(
    "body",
    [
        {"code": 2, "message": f"bad token {KEY}!"},
        {"code": 2, "message": f"bad token {KEY.upper()}"},
        {"code": 2, "message": "bad token shds-01234"},
        {"code": 2, "message": f"bad token ...{KEY[8:]}"},
        {"code": 2, "message": f"{KEY}{KEY} and {KEY}"},
        {"code": 2, "message": "x" * 1990 + KEY},
        {"code": 3, "issues": [{"path": [KEY], "message": KEY}]},
        {"code": 500, "message": KEY},
        {"code": 0, "id": KEY, "status": "idle"},
        IDLE | {"status": KEY},
        IDLE | {"status": "done", "url": f"https://example.org/{KEY}"},
        IDLE | {"status": "failed", "error": {"message": KEY}},
    ],
)
def test_an_echoed_key_is_hidden(body: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for status in (200, 400, 401, 502):
        shown = repr(outcome(http(status, body))).lower() + caplog.text.lower()
        assert all(KEY[at : at + 8].lower() not in shown for at in range(len(KEY) - 7))
        assert "shds-" not in shown


def test_a_raw_echo_of_the_request_is_hidden() -> None:
    def echo(peer: Peer) -> None:
        request = peer.request()
        peer.send(http(502, request))

    found = outcome(echo)
    assert isinstance(found, Unknown)
    assert KEY not in found.detail
    assert "[key]" in found.detail


def test_an_unusual_key_is_sent_and_hidden() -> None:
    with serving(answering(http(401, {"error": "not ключ-от-мастерской, no"}))) as server:
        client = Client(server.url, " ключ-от-мастерской\n")
        found = client.create(
            model="m", prompt="p", ar="", images=(), deadline=clock() + 5, may_send=lambda: True
        )
        client.close()
        assert found == OperatorRefusal("key-refused", "not [key], no")
        assert "Authorization: ключ-от-мастерской\r\n".encode() in server.received


def test_a_key_is_not_shown_by_the_client() -> None:
    client = Client("https://gptunnel.ru/v1", KEY)
    assert repr(client) == "Client('https://gptunnel.ru/v1')"
    assert KEY not in repr(vars(client)["_redactor"])
    client.close()


def test_a_very_short_key_spoils_no_id() -> None:
    with serving(answering(http(200, IDLE))) as server:
        client = Client(server.url, "6")
        found = client.create(
            model="m", prompt="p", ar="", images=(), deadline=clock() + 5, may_send=lambda: True
        )
        client.close()
        assert found == Accepted(ID, Working("idle"))


@pytest.mark.parametrize("key", ["", "  ", "a\nb", "a\x00b", "\ud800"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValueError, match="The API key is blank or holds") as caught:
        Client("https://gptunnel.ru/v1", key)
    assert repr(key) not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gptunnel.ru/v1",
        "ftp://gptunnel.ru",
        "https://",
        "https://user:pass@gptunnel.ru",
        "https://gptunnel.ru/?a=b",
        "https://gptunnel.ru/#a",
        "https://gptunnel.ru:port/",
        "https://gptunnel.ru:99999/",
        "https://[::1/",
        "https://gptunnel.ru/a b",
        "https://a..b/",
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="The API address"):
        Client(url, KEY)


def test_outcomes_are_values() -> None:
    assert replace(Unknown("timeout"), bytes_received=3) == Unknown("timeout", "", None, 3)
