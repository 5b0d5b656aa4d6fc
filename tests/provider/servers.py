"""Servers of raw sockets that misbehave on purpose, and log every byte they are sent."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CERTIFICATE = HERE / "localhost-certificate.pem"
CERTIFICATE_AND_KEY = HERE / "localhost.pem"


class Peer:
    """One accepted connection."""

    def __init__(self, sock: socket.socket, stop: threading.Event) -> None:
        self.sock = sock
        self.received = b""
        self.ended = threading.Event()
        self._stop = stop

    def read(self) -> bytes:
        piece = self.sock.recv(65536)
        self.received += piece
        return piece

    def request(self) -> bytes:
        """Read one whole request."""
        start = len(self.received)
        while b"\r\n\r\n" not in self.received[start:]:
            if not self.read():
                return b""
        head, _, body = self.received[start:].partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(body) < length:
            body += self.read()
        return head + b"\r\n\r\n" + body

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes, pause: float = 0.02) -> None:
        for byte in data:
            if self._stop.wait(pause):
                return
            self.send(bytes([byte]))

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def hang(self) -> None:
        """Say nothing until the other side gives up."""
        while self.read():
            pass


Script = Callable[[Peer], object]


class Server:
    def __init__(self, script: Script, *, host: str = "127.0.0.1", tls: bool = False) -> None:
        self._script = script
        self._stop = threading.Event()
        self._context: ssl.SSLContext | None = None
        if tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(CERTIFICATE_AND_KEY)
        self._listener = socket.create_server((host, 0))
        self.host = host
        self.port: int = self._listener.getsockname()[1]
        self.peers: list[Peer] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def received(self) -> bytes:
        """All bytes that arrived, once every connection has ended."""
        for peer in self.peers:
            assert peer.ended.wait(5)
        return b"".join(peer.received for peer in self.peers)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            peer = Peer(sock, self._stop)
            self.peers.append(peer)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: Peer) -> None:
        try:
            if self._context is not None:
                peer.sock = self._context.wrap_socket(peer.sock, server_side=True)
            self._script(peer)
        except OSError:
            pass
        finally:
            peer.sock.close()
            peer.ended.set()

    def close(self) -> None:
        self._stop.set()
        # Closing alone does not wake a thread that waits in accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in self.peers:
            try:
                peer.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@contextmanager
def serving(script: Script, *, host: str = "127.0.0.1", tls: bool = False) -> Iterator[Server]:
    server = Server(script, host=host, tls=tls)
    try:
        yield server
    finally:
        server.close()


def http(
    status: int | str, body: bytes | dict[str, Any] = b"", headers: dict[str, str] | None = None
) -> bytes:
    """A whole, correct HTTP answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    all_headers = {"Content-Length": str(len(content))} | (headers or {})
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in all_headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def answering(data: bytes) -> Script:
    """Read a request, answer with these bytes, and close."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(data)

    return script


@contextmanager
def silent_port() -> Iterator[int]:
    """A port whose queue of connections is full, so that a new one hangs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(address)
            yield address[1]
        finally:
            for filler in fillers:
                filler.close()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nobody listens, and nobody else can start to."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
