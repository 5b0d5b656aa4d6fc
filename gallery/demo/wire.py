"""One HTTP exchange, with the ways to answer it well and badly."""

import json
import os
import select
import socket
import struct
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

MAX_BODY_BYTES = 4 * 1024 * 1024
NOTHING: Mapping[str, str] = {}


class BadBody(Exception):
    """The request's body cannot be read; `status` is the HTTP status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Wire(BaseHTTPRequestHandler):
    """The transport: bodies in, well-formed answers out, and every way to spoil them.

    Nothing is logged: a request may carry a prompt or a key.
    """

    protocol_version = "HTTP/1.1"
    server_version = "ArtelDemo/1"
    sys_version = ""
    timeout = 300  # seconds an idle kept-alive connection is borne
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what http.server itself refuses in JSON too, and close."""
        self.close_connection = True
        self.command = self.command or "GET"
        self.request_version = self.protocol_version  # or no header would be sent
        self.answer(code, {"error": {"message": message or "Bad request", "code": code}})

    def read_json(self) -> Any:
        """The body as JSON; None when there is none. Raises BadBody (413, 411) or ValueError."""
        body = self._read_body()
        if not body.strip():
            return None
        try:
            return json.loads(body)
        except RecursionError:
            raise ValueError("Nested too deeply") from None

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise BadBody(411, "Content-Length is required")
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            self.close_connection = True
            raise BadBody(400, "Content-Length is not a number")
        if int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise BadBody(413, "Request entity too large")
        return self.rfile.read(int(length))

    def answer(self, status: int, document: object, headers: Mapping[str, str] = NOTHING) -> None:
        """Answer with JSON."""
        self.answer_bytes(status, "application/json", json.dumps(document).encode(), headers)

    def answer_bytes(
        self,
        status: int,
        content_type: str,
        body: bytes,
        headers: Mapping[str, str] = NOTHING,
        claimed_bytes: int | None = None,
    ) -> None:
        """Answer with any bytes; `claimed_bytes` is a Content-Length that may be a lie."""
        length = len(body) if claimed_bytes is None else claimed_bytes
        if length != len(body):
            self.close_connection = True
        head = self.compose_head(status, content_type, {"Content-Length": str(length), **headers})
        self.wfile.write(head if self.command == "HEAD" else head + body)

    def compose_head(self, status: int, content_type: str, headers: Mapping[str, str]) -> bytes:
        """The status line and headers as bytes, for answers that are sent piecemeal."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        lines = [*self._headers_buffer, b"\r\n"]
        self._headers_buffer: list[bytes] = []
        return b"".join(lines)

    def drip(self, data: bytes, interval: float) -> None:
        """Send a byte every `interval` seconds, until all is sent or the caller has gone."""
        self.close_connection = True
        for position in range(len(data)):
            self.wfile.write(data[position : position + 1])
            if not self.wait(interval):
                return

    def wait(self, seconds: float) -> bool:
        """Wait; False, and at once, when the caller hangs up meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._caller_speaks(left) and not self.connection.recv(1, socket.MSG_PEEK):
                return False
            if self._caller_speaks(0):  # sent more, which waits for its turn
                time.sleep(min(left, 0.05))
        return True

    def _caller_speaks(self, seconds: float) -> bool:
        return bool(select.select([self.connection], [], [], seconds)[0])

    def hang_up(self, *, reset: bool = False) -> None:
        """Close without another byte; `reset` with RST instead of FIN."""
        self.close_connection = True
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            os.close(self.connection.detach())
