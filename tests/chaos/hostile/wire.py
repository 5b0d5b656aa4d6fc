"""One connection as a raw socket, so that an answer can break off, or break HTTP, at any byte."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass

MOST_BYTES = 4 * 1024 * 1024
NOTHING: Mapping[str, str] = {}


class Broken(Exception):
    """No whole HTTP request came."""


@dataclass(frozen=True)
class Request:
    """What was asked. Header names are in small letters."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def document(self) -> dict[str, object]:
        """The body's JSON object; empty when it is none."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


class Line:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def peek(self, seconds: float = 20.0) -> Request:
        """The request, which stays unread in the kernel; raises Broken when none comes.

        So a behaviour can be chosen by the prompt and yet answer, or reset, before it reads.
        """
        until = time.monotonic() + seconds
        seen = -1
        while time.monotonic() < until:
            if not select.select([self.sock], [], [], seconds)[0]:
                break
            data = self.sock.recv(MOST_BYTES, socket.MSG_PEEK)
            request = parse(data)
            if request is not None:
                return request
            if not data or _is_foreign(data):
                raise Broken
            if len(data) == seen:
                time.sleep(0.002)  # what is unread keeps select from waiting
            seen = len(data)
        raise Broken

    def take(self) -> None:
        """Read what peek() has shown, and whatever has come since."""
        with contextlib.suppress(BlockingIOError):
            while self.sock.recv(MOST_BYTES, socket.MSG_DONTWAIT):
                continue

    def send(self, *parts: bytes) -> None:
        """Each part by itself, so that it can arrive by itself."""
        for part in parts:
            self.sock.sendall(part)

    def drip(self, data: bytes, pause: float = 1.0) -> None:
        """A byte each `pause` seconds, until all is sent or the caller has gone."""
        for position in range(len(data)):
            self.send(data[position : position + 1])
            if not self.wait(pause):
                return

    def wait(self, seconds: float) -> bool:
        """Wait; False, and at once, when the caller hangs up meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not select.select([self.sock], [], [], left)[0]:
                continue
            if not self.sock.recv(1, socket.MSG_PEEK):
                return False
            time.sleep(min(left, 0.02))
        return True

    def hang(self, seconds: float = 600.0) -> None:
        """Say nothing more until the caller gives up."""
        self.wait(seconds)

    def say_no_more(self) -> None:
        """Send the end of our half, and go on listening."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """End with RST instead of FIN: what the caller has not read yet may be gone."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def reset_when_read(self) -> None:
        """RST, once the caller has acknowledged all that was sent: so much does arrive."""
        time.sleep(0.05)
        self.reset()

    def close(self) -> None:
        self.sock.close()


def _is_foreign(data: bytes) -> bool:
    """Not HTTP at all: a TLS handshake, for one."""
    return not data[:1].isalpha()


def parse(data: bytes) -> Request | None:
    """The request that `data` begins with, or None while some of it is missing."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (at.partition(":") for at in lines)
    }
    length = int(headers.get("content-length", "0"))
    if len(rest) < length:
        return None
    method, target, *_ = [*first.split(" "), "", ""]
    return Request(method, target, headers, rest[:length])


def head(status: int | str, headers: Mapping[str, str] = NOTHING) -> bytes:
    """A status line and headers, with their empty line."""
    lines = [f"HTTP/1.1 {status} {'' if isinstance(status, str) else 'Said'}".rstrip()]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def http(status: int | str, body: bytes | object, headers: Mapping[str, str] = NOTHING) -> bytes:
    """A whole answer: of bytes as they are, of anything else as JSON. `headers` come last."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/html" if isinstance(body, bytes) else "application/json"
    return (
        head(status, {"Content-Type": kind, "Content-Length": str(len(content)), **headers})
        + content
    )


def chunked(body: bytes) -> bytes:
    """A whole answer in two chunks."""
    half = len(body) // 2
    parts = (b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:]))
    return head(200, {"Transfer-Encoding": "chunked"}) + b"".join(parts) + b"0\r\n\r\n"
