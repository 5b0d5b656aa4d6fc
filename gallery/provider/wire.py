"""Connections and answers under one deadline.

A socket's time-out counts from byte to byte, so a dripping server stretches it for ever. Here the
time left until one deadline is set anew before every single call on the socket.
"""

import io
import socket
import ssl
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException, HTTPResponse, IncompleteRead, parse_headers
from typing import BinaryIO, cast

import certifi

from gallery.failpoints import failpoint
from gallery.provider.errors import Broken, NotConnected

LONGEST_ANSWER = 1024 * 1024
_LONGEST_BEGINNING = 8 * 1024
_HEADERS_TO_SPARE = 64 * 1024


def clock() -> float:
    """Seconds that only go forward, also while the machine sleeps where the system counts that."""
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@cache
def tls_context() -> ssl.SSLContext:
    """Certificates are checked against the system's authorities and certifi's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect: an ASCII host name or a bare address, and whether TLS is spoken there."""

    tls: bool
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that arrived whole."""

    status: int
    body: bytes
    retry_after: str | None = None
    bytes_received: int = 0
    date: str | None = None


class _TooLong(OSError):
    """The other side sent more than anything it could have to say."""


class _Reader(io.RawIOBase):
    """Reads a socket, with the time left until the deadline as the time-out of each call."""

    def __init__(self, line: "Line") -> None:
        self._line = line
        # http.client closes its socket while the answer is still being read; a file made from
        # the socket keeps it open for as long.
        self._raw = cast(io.RawIOBase, line.sock.makefile("rb", buffering=0))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int | None:
        self._line.arm()
        count = self._raw.readinto(buffer)  # type: ignore[arg-type]
        self._line.note(bytes(memoryview(buffer)[:count]))  # type: ignore[arg-type]
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class Response(HTTPResponse):
    """An answer; what a proxy says before it (103 Early Hints, for one) is passed over.

    http.client passes over 100 Continue alone, and would take the hints for the answer: an id that
    was paid for would be left unread behind them.
    """

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 101 < status < 200:
                return version, status, reason
            parse_headers(self.fp)


class Line:
    """A connected socket with one deadline (on ``clock()``) for all that happens on it."""

    def __init__(
        self, sock: socket.socket, deadline: float, longest_answer: int | None = LONGEST_ANSWER
    ) -> None:
        self.sock = sock
        self.deadline = deadline
        self.received = 0
        self.beginning = b""
        self._limit = None if longest_answer is None else longest_answer + _HEADERS_TO_SPARE

    def arm(self) -> None:
        """Give the next call on the socket the time that is left; TimeoutError when none is."""
        left = self.deadline - clock()
        if left <= 0:
            raise TimeoutError("the time is up")
        self.sock.settimeout(left)

    def note(self, piece: bytes) -> None:
        """Count a piece of the answer, remember how it began, refuse too much of it."""
        self.received += len(piece)
        self.beginning += piece[: _LONGEST_BEGINNING - len(self.beginning)]
        if self._limit is not None and self.received > self._limit:
            raise _TooLong(f"more than {self._limit} bytes")

    def send(self, data: bytes) -> None:
        """Send everything. SSLSocket.sendall would grant each part the whole time-out."""
        rest = memoryview(data)
        while rest:
            self.arm()
            rest = rest[self.sock.send(rest) :]

    def makefile(self, mode: str = "rb") -> BinaryIO:
        """What http.client asks a socket for."""
        return cast(BinaryIO, io.BufferedReader(_Reader(self)))

    def response(self, method: str) -> HTTPResponse:
        """The answer that is about to arrive, not yet begun."""
        return Response(cast(socket.socket, self), method=method)

    def close(self) -> None:
        self.sock.close()


def dial(
    place: Place, deadline: float, *, permit: Callable[[str], object] = lambda address: None
) -> socket.socket:
    """Connect (and speak TLS) before ``deadline``; raises NotConnected.

    ``permit`` is called with each address before it is tried, and with the address that the
    socket is really connected to before anything is sent; it raises to refuse. The system's
    resolver keeps its own time.
    """
    sock = _connect(place, deadline, permit)
    try:
        permit(sock.getpeername()[0])
        # One handshake is one call, and its time-out is for the whole of it.
        sock.settimeout(max(deadline - clock(), 0.001))
        return _secured(sock, place) if place.tls else sock
    except OSError as error:
        sock.close()
        raise NotConnected(*_no_connection(error, otherwise="tls")) from None
    except BaseException:
        sock.close()
        raise


def _secured(sock: socket.socket, place: Place) -> socket.socket:
    return tls_context().wrap_socket(sock, server_hostname=place.host)


def _connect(place: Place, deadline: float, permit: Callable[[str], object]) -> socket.socket:
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotConnected("dns", str(error)) from None
    failure = NotConnected("connect-timeout")
    for number, (family, kind, protocol, _, address) in enumerate(found):
        left = deadline - clock()
        if left <= 0:
            break
        permit(str(address[0]))
        sock = socket.socket(family, kind, protocol)
        try:
            # A dead first address must not use up the time of the next one.
            sock.settimeout(left / (len(found) - number))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = NotConnected(*_no_connection(error, otherwise="unreachable"))
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise failure


def _no_connection(error: OSError, *, otherwise: str) -> tuple[str, str]:
    if isinstance(error, TimeoutError):
        return "connect-timeout", ""
    if isinstance(error, ConnectionRefusedError):
        return "refused", ""
    return otherwise, str(error)


def read_answer(line: Line, method: str) -> Answer:
    """Read a whole answer of at most 1 MB; raises Broken, whatever the other side does."""
    response = line.response(method)
    try:
        response.begin()
        failpoint("create-answer-begun")
        body = response.read(LONGEST_ANSWER + 1)
        check_whole(response, len(body))
        plain = decoded(body, response.headers.get("Content-Encoding", ""))
    except Broken as error:
        error.status = status_of(response)
        raise
    except (TimeoutError, ConnectionError) as error:  # whose own words say no more than the reason
        raise Broken(trouble(error), "", status_of(response)) from None
    except (OSError, HTTPException, ValueError) as error:
        raise Broken(trouble(error), str(error), status_of(response)) from None
    finally:
        response.close()
    return Answer(response.status, plain, response.headers.get("Retry-After"), line.received)


def check_whole(response: HTTPResponse, size: int) -> None:
    """Raise Broken when ``size`` bytes are too many, or fewer than were announced."""
    if size > LONGEST_ANSWER:
        raise Broken("too-large", f"more than {LONGEST_ANSWER} bytes")
    # With an amount given, http.client returns a short body as if it were whole.
    if response.length:
        raise Broken("cut-short", f"{response.length} bytes are missing")


def decoded(body: bytes, encoding: str) -> bytes:
    """``body`` without its content encoding, at most 1 MB of it; raises Broken.

    We ask for none, but a proxy may know better, and the answer may have been paid for.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in ("gzip", "x-gzip", "deflate"):
        raise Broken("encoded", "an encoding that was not asked for")
    machine = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        plain = machine.decompress(body, LONGEST_ANSWER + 1)
    except zlib.error as error:
        raise Broken("encoded", str(error)) from None
    if len(plain) > LONGEST_ANSWER:
        raise Broken("too-large", f"unpacks to more than {LONGEST_ANSWER} bytes")
    if not machine.eof:
        raise Broken("cut-short", "the packed answer ends too early")
    return plain


def trouble(error: BaseException) -> str:
    """The reason code of a failure after the connection stood."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, _TooLong):
        return "too-large"
    if isinstance(error, OSError):
        return "reset"
    return "cut-short" if isinstance(error, IncompleteRead) else "not-http"


def status_of(response: HTTPResponse) -> int | None:
    """The HTTP status, if the status line was read (http.client says "UNKNOWN" before)."""
    return response.status if isinstance(response.status, int) else None
