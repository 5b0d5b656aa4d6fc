"""Places where no request can be left: what happens there is provably not sent."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Door:
    """A place to connect to. `open` gives its port; `reason` is what Artel must say of it."""

    name: str
    sentence: str
    scheme: str
    reason: str
    open: Callable[[], contextlib.AbstractContextManager[int]]


@contextmanager
def closed() -> Iterator[int]:
    """A port on which nobody listens, and nobody else can start to."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextmanager
def full() -> Iterator[int]:
    """A listener that accepts nobody, and whose queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextmanager
def answering(*parts: bytes, stay: bool) -> Iterator[int]:
    """A listener that reads once, says these bytes, and closes or stays silent."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                with sock, contextlib.suppress(OSError):
                    sock.recv(65536)
                    for part in parts:
                        sock.sendall(part)
                    if stay:
                        over.wait(30)

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        serving.join()
        listener.close()


NOT_TLS = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
HALF_A_RECORD = b"\x16\x03\x03\x40\x00" + bytes(100)

DOORS = (
    Door("closed", "Nobody listens.", "http", "refused", closed),
    Door("full", "Nobody accepts, and the queue is full.", "http", "connect-timeout", full),
    Door("plain", "Speaks plain HTTP where TLS is expected.", "https", "tls",
         lambda: answering(NOT_TLS, stay=False)),
    Door("silent", "Takes the TLS greeting and says nothing.", "https", "connect-timeout",
         lambda: answering(stay=True)),
    Door("garbled", "Answers the TLS greeting with half a record.", "https", "connect-timeout",
         lambda: answering(HALF_A_RECORD, stay=True)),
    Door("hung-up", "Closes on the TLS greeting.", "https", "tls",
         lambda: answering(stay=False)),
)  # fmt: skip
