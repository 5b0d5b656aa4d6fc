"""Results are fetched from allowed hosts and addresses only, whole or not at all, in time."""

import ipaddress
from collections.abc import Sequence
from typing import Any

import pytest

from gallery.provider.client import clock
from gallery.provider.download import fetch
from gallery.provider.errors import (
    BadAnswer,
    DownloadError,
    Forbidden,
    Gone,
    Interrupted,
    NotConnected,
    TooLarge,
)
from gallery.provider.hosts import is_public, target
from gallery.provider.wire import Place, dial
from tests.provider.servers import (
    Peer,
    Script,
    answering,
    closed_port,
    http,
    serving,
    silent_port,
)

FILE = bytes(range(256)) * 1000
PLAIN = ("storage.yandexcloud.net", "gptunnel.ru")


def fetched(url: str, hosts: Sequence[str], **options: Any) -> bytes:
    pieces: list[bytes] = []
    fetch(url, pieces.append, hosts=hosts, **options)
    return b"".join(pieces)


def failure(script: Script | bytes, **options: Any) -> DownloadError:
    options = {"seconds": 10} | options
    with serving(answering(script) if isinstance(script, bytes) else script) as server:
        with pytest.raises(DownloadError) as caught:
            fetched(f"{server.url}/a.webp", [f"127.0.0.1:{server.port}"], **options)
        return caught.value


def refused(url: str, hosts: Sequence[str]) -> str:
    with pytest.raises(Forbidden) as caught:
        fetched(url, hosts)
    return caught.value.reason


def test_a_file_arrives_byte_for_byte_and_nobody_gets_more_than_a_plain_request() -> None:
    with serving(answering(http(200, FILE))) as server:
        entry = f"127.0.0.1:{server.port}"
        assert fetched(f"{server.url}/a b.webp".replace(" ", "%20") + "?x=я", [entry]) == FILE
        assert server.received.decode() == (
            f"GET /a%20b.webp?x=%D1%8F HTTP/1.1\r\nHost: {entry}\r\nUser-Agent: Artel\r\n"
            "Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
        )


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.0 200 OK\r\n\r\n" + FILE,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e800\r\n" + FILE + b"\r\n0\r\n\r\n",
        http(200, FILE, {"Content-Encoding": "Identity"}),
    ],
)
def test_whole_files_in_all_their_forms(data: bytes) -> None:
    with serving(answering(data)) as server:
        assert fetched(server.url, [f"127.0.0.1:{server.port}"], max_bytes=len(FILE)) == FILE


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def endless(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        peer.send(FILE)


def reset_half_way(peer: Peer) -> None:
    peer.request()
    peer.send(http(200, FILE)[:-1000])
    peer.reset()


def hang_half_way(peer: Peer) -> None:
    peer.request()
    peer.send(http(200, FILE)[:-1000])
    peer.hang()


@pytest.mark.parametrize(
    ("script", "kind", "reason"),
    [
        (http(404), Gone, "gone"),
        (http(403, b"<Error><Code>AccessDenied</Code></Error>"), Gone, "gone"),
        (http(410), Gone, "gone"),
        (http(500), BadAnswer, "http-500"),
        (http(206, FILE), BadAnswer, "http-206"),
        (http(204), BadAnswer, "http-204"),
        (http(401), BadAnswer, "http-401"),
        (http(302, b"", {"Location": "http://127.0.0.1:1/"}), BadAnswer, "redirect"),
        (http(304), BadAnswer, "redirect"),
        (http(200), BadAnswer, "empty"),
        (b"HTTP/1.1 200 OK\r\n\r\n", BadAnswer, "empty"),
        (CHUNKED + b"0\r\n\r\n", BadAnswer, "empty"),
        (http(200, FILE, {"Content-Encoding": "gzip"}), BadAnswer, "encoded"),
        (b"RIFF....WEBP", BadAnswer, "not-http"),
        (CHUNKED + b"-9\r\nabc", BadAnswer, "not-http"),
        (b"", Interrupted, "reset"),
        (http(200, FILE)[:-1], Interrupted, "cut-short"),
        (CHUNKED + b"3e800\r\n" + FILE[:-1], Interrupted, "cut-short"),
        (CHUNKED + b"3e800\r\n" + FILE + b"\r\n", Interrupted, "cut-short"),
        (http(200, FILE, {"Content-Length": "99999999999999"}), TooLarge, "too-large"),
        (endless, TooLarge, "too-large"),
        (hang_half_way, Interrupted, "timeout"),
        (lambda peer: peer.hang(), Interrupted, "timeout"),
    ],
)
def test_what_is_not_a_whole_file(
    script: Script | bytes, kind: type[DownloadError], reason: str
) -> None:
    seconds = 0.5 if reason == "timeout" else 10
    found = failure(script, max_bytes=5_000_000, seconds=seconds)
    assert (type(found), found.reason) == (kind, reason)


def test_a_reset_in_the_middle() -> None:
    assert failure(reset_half_way).reason in ("reset", "cut-short")


def test_too_large_is_counted_to_the_byte() -> None:
    size = len(FILE)
    for data in (http(200, FILE), b"HTTP/1.1 200 OK\r\n\r\n" + FILE):
        assert failure(data, max_bytes=size - 1).reason == "too-large"
        with serving(answering(data)) as server:
            entry = f"127.0.0.1:{server.port}"
            assert len(fetched(server.url, [entry], max_bytes=size)) == size


@pytest.mark.parametrize(
    "dripped",
    [
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 90,
        http(200, FILE),
        CHUNKED + b"1\r\nx\r\n" * 90,
    ],
)
def test_a_dripping_server_cannot_stretch_the_time(dripped: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.drip(dripped)

    began = clock()
    assert failure(script, seconds=0.4).reason == "timeout"
    assert clock() - began < 4


def test_what_the_writer_raises_passes_through() -> None:
    class DiskIsFull(OSError):
        pass

    def write(piece: bytes) -> None:
        raise DiskIsFull

    with serving(answering(http(200, FILE))) as server, pytest.raises(DiskIsFull):
        fetch(server.url, write, hosts=[f"127.0.0.1:{server.port}"])


def test_no_connection() -> None:
    with closed_port() as port, pytest.raises(Interrupted, match="refused"):
        fetched(f"http://127.0.0.1:{port}/", [f"127.0.0.1:{port}"])
    with silent_port() as port, pytest.raises(Interrupted, match="connect-timeout"):
        fetched(f"http://127.0.0.1:{port}/", [f"127.0.0.1:{port}"], connect_timeout=0.2)
    host = ".".join(["x" * 60] * 5)
    with pytest.raises(Interrupted, match="dns"):
        fetched(f"https://{host}/", [host])


def test_tls_is_checked(request: pytest.FixtureRequest) -> None:
    with serving(answering(http(200, FILE)), tls=True) as server:
        hosts = [f"localhost:{server.port}", f"127.0.0.1:{server.port}"]
        with pytest.raises(Interrupted, match="tls"):
            fetched(f"https://localhost:{server.port}/", hosts)
        request.getfixturevalue("trusted")
        assert fetched(f"https://localhost:{server.port}/", hosts) == FILE
        with pytest.raises(Interrupted, match="tls"):
            fetched(f"https://127.0.0.1:{server.port}/", hosts)


# Where a link may lead


def test_a_redirect_to_loopback_reaches_nobody() -> None:
    with serving(answering(http(200, FILE))) as victim:
        for location in (victim.url, f"http://127.0.0.2:{victim.port}/"):
            assert failure(http(302, b"", {"Location": location})).reason == "redirect"
        assert victim.peers == []


def test_another_loopback_address_is_not_the_allowed_one() -> None:
    with serving(answering(http(200, FILE)), host="127.0.0.2") as victim:
        url = f"http://127.0.0.2:{victim.port}/"
        assert refused(url, [f"127.0.0.1:{victim.port}", "127.0.0.2", *PLAIN]) == "host-forbidden"
        assert victim.peers == []
        assert fetched(url, [f"127.0.0.2:{victim.port}"]) == FILE


def test_a_name_that_leads_to_a_private_address_is_refused_before_connecting() -> None:
    with pytest.raises(Forbidden, match="address-forbidden"):
        fetched("https://localhost/", ["localhost"])
    with pytest.raises(Forbidden, match="address-forbidden"):
        fetched("https://127.0.0.1/", ["127.0.0.1"])
    # The resolver's own short forms of 127.0.0.1, as names with a port, allow nothing private.
    with serving(answering(http(200, FILE))) as victim:
        for name in ("127.1", "2130706433", "0x7f000001"):
            entry = f"{name}:{victim.port}"
            assert refused(f"https://{entry}/", [entry]) == "address-forbidden"
            assert refused(f"http://{entry}/", [entry]) == "scheme-forbidden"
        assert victim.peers == []


def test_the_address_is_checked_again_on_the_connected_socket() -> None:
    asked: list[str] = []

    def rebound(address: str) -> None:
        asked.append(address)
        if len(asked) == 2:
            raise Forbidden("address-forbidden", address)

    with serving(answering(http(200, FILE))) as server:
        with pytest.raises(Forbidden):
            dial(Place(False, server.host, server.port), clock() + 5, permit=rebound)
        assert asked == ["127.0.0.1", "127.0.0.1"]
        assert server.received == b""


def test_no_time_to_connect() -> None:
    with serving(answering(http(200, FILE))) as server:
        with pytest.raises(NotConnected, match="connect-timeout"):
            dial(Place(False, server.host, server.port), clock() - 1)
        assert server.peers == []


def test_a_private_entry_permits_its_own_address_only() -> None:
    aim = target("http://localhost:8000/", ["localhost:8000"])
    aim.permit("127.0.0.1")
    aim.permit("::1")
    with pytest.raises(Forbidden, match="address-forbidden"):
        aim.permit("10.0.0.1")
    aim = target("http://127.0.0.1:8000/", ["127.0.0.1:8000"])
    with pytest.raises(Forbidden, match="address-forbidden"):
        aim.permit("127.0.0.2")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://example.org/a", "host-forbidden"),
        ("https://a.gptunnel.ru/a", "host-forbidden"),
        ("https://gptunnel.ru.example.org/a", "host-forbidden"),
        ("https://gptunnel.ru./a", "host-forbidden"),
        ("https://gptunnel.ru:444/a", "host-forbidden"),
        ("https://gptunnel.ru:80/a", "host-forbidden"),
        ("http://gptunnel.ru:443/a", "host-forbidden"),
        ("http://gptunnel.ru/a", "scheme-forbidden"),
        ("ftp://gptunnel.ru/a", "scheme-forbidden"),
        ("file:///etc/passwd", "scheme-forbidden"),
        ("javascript:alert(1)", "scheme-forbidden"),
        ("//gptunnel.ru/a", "scheme-forbidden"),
        ("", "scheme-forbidden"),
        ("https://user@gptunnel.ru/a", "host-forbidden"),
        ("https://gptunnel.ru@example.org/a", "host-forbidden"),
        ("https://gptunnel.ru%2eexample.org/a", "host-forbidden"),
        ("https://gptunnel.ru\\@example.org/a", "host-forbidden"),
        ("https://gptunnel.ru\t/a", "host-forbidden"),
        ("https://gptunnel.ru/a b", "host-forbidden"),
        ("https://gptunnel.ru/a\r\nX: y", "host-forbidden"),
        ("https://gptunnel.ru:x/a", "host-forbidden"),
        ("https://gptunnel.ru:99999/a", "host-forbidden"),
        ("https://[::1/a", "host-forbidden"),
        ("https:///a", "host-forbidden"),
        ("https://a..b/", "host-forbidden"),
        ("http://localhost/", "host-forbidden"),
    ],
)
def test_forbidden_links(url: str, reason: str) -> None:
    assert refused(url, [*PLAIN, "", ":", "a:b", "..", "[::1"]) == reason


@pytest.mark.parametrize(
    ("url", "entry", "place", "path"),
    [
        ("https://GPTunnel.RU/a?b=c#d", "gptunnel.ru", Place(True, "gptunnel.ru", 443), "/a?b=c"),
        ("https://gptunnel.ru:443", " GPTUNNEL.ru ", Place(True, "gptunnel.ru", 443), "/"),
        ("https://пример.рф/я", "ПРИМЕР.рф", Place(True, "xn--e1afmkfd.xn--p1ai", 443), "/%D1%8F"),
        ("https://a.b:8443/", "a.b:8443", Place(True, "a.b", 8443), "/"),
        ("http://127.0.0.1/", "127.0.0.1:80", Place(False, "127.0.0.1", 80), "/"),
        ("http://[::1]:9/", "[0:0::1]:9", Place(False, "::1", 9), "/"),
        ("https://8.8.8.8/", "8.8.8.8", Place(True, "8.8.8.8", 443), "/"),
    ],
)
def test_allowed_links(url: str, entry: str, place: Place, path: str) -> None:
    aim = target(url, [entry])
    assert (aim.place, aim.path) == (place, path)


def test_the_host_header() -> None:
    assert Place(True, "a.b", 443).authority == "a.b"
    assert Place(False, "a.b", 443).authority == "a.b:443"
    assert Place(False, "::1", 80).authority == "[::1]"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("239.1.2.3", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("fe80::1", False),
        ("fe80::1%1", False),
        ("fec0::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("64:ff9b::127.0.0.1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::8.8.8.8", True),
        ("64:ff9b:1::8.8.8.8", False),
        ("2002:7f00:1::1", False),
        ("2002:a00:1::1", False),
        ("2002:808:808::1", True),
        ("2001:db8::1", False),
        ("2001:0:4136:e378::1", False),
        ("100::1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public
