"""Listening, and handing each request to whom it concerns."""

from __future__ import annotations

import contextlib
import hmac
import socket
import sys
import threading
from collections.abc import Callable
from urllib.parse import parse_qs

from . import creates, downloads, results
from .control import CONTROLS
from .house import FILES, House
from .rules import Rules
from .wire import Broken, Line, Request, http

TRAP_HOST = "127.0.0.2"
UNKNOWN_METHOD = {"code": 99, "message": "Unknown method"}
BAD_KEY = {"code": 2, "message": "Invalid authorization token"}
NO_TASK = {"code": 4, "message": "Task not found"}


class Server:
    """One listener for everything, and a trap on another loopback address."""

    def __init__(self, house: House, rules: Rules, port: int) -> None:
        self.house = house
        self.rules = rules
        self.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.trap = socket.create_server((TRAP_HOST, 0))
        house.host = f"127.0.0.1:{self.listener.getsockname()[1]}"
        house.trap = f"{TRAP_HOST}:{self.trap.getsockname()[1]}"

    def serve(self) -> None:
        threading.Thread(target=self._accept, args=(self.trap, self._spring), daemon=True).start()
        self._accept(self.listener, self._serve)

    def _accept(self, listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=self._safely, args=(serve, sock), daemon=True).start()

    def _safely(self, serve: Callable[[socket.socket], None], sock: socket.socket) -> None:
        try:
            serve(sock)
        except (OSError, Broken):
            return  # the caller has gone, which is its right
        except Exception as error:  # its words may quote a prompt
            sys.stderr.write(f"hostile provider: {type(error).__name__} while answering\n")
            raise
        finally:
            with contextlib.suppress(OSError):
                sock.close()

    def _spring(self, sock: socket.socket) -> None:
        self.house.book.alarm(f"{TRAP_HOST} was reached")

    def _serve(self, sock: socket.socket) -> None:
        """One request; the connection ends with its answer."""
        line = Line(sock)
        request = line.peek()
        if request.path.startswith("/v1/media/create") and request.method == "POST":
            self._create(line, request)
            return
        line.take()
        if request.path.startswith("/v1/media/result"):
            self._result(line, request)
        elif request.path.startswith(FILES):
            self._download(line, request)
        else:
            self._other(line, request)

    def _create(self, line: Line, request: Request) -> None:
        if not self._is_allowed(request):
            line.take()
            line.send(http(200, BAD_KEY))
            return
        document = request.document
        prompt, model = str(document.get("prompt", "")), str(document.get("model", ""))
        number = self.house.count("create", prompt)
        chosen = self.rules.choose("create", prompt, prompt, number)
        creates.answer(line, self.house, chosen, prompt, model)

    def _result(self, line: Line, request: Request) -> None:
        if not self._is_allowed(request):
            line.send(http(200, BAD_KEY))
            return
        query = parse_qs(request.target.partition("?")[2]).get("task_id", [""])[0]
        identity = query or str(request.document.get("task_id", ""))
        task = self.house.book.find(identity)
        if task is None:
            line.send(http(200, NO_TASK))
            return
        before = self.house.count("result", task.id)
        chosen = self.rules.choose("result", task.prompt, task.id, before)
        results.answer(line, self.house, chosen, task, before)

    def _download(self, line: Line, request: Request) -> None:
        if "authorization" in request.headers or self.house.key in request.target:
            self.house.book.alarm("the key came with a download")
        task = self.house.book.find(request.path.removeprefix(FILES).partition(".")[0])
        if task is None:
            line.send(http(404, b""))
            return
        before = self.house.count("download", task.id)
        chosen = self.rules.choose("download", task.prompt, task.id, before)
        downloads.answer(line, self.house, chosen, task, before)

    def _other(self, line: Line, request: Request) -> None:
        if request.path.startswith("/control/"):
            line.send(self._control(request))
        elif request.path == "/v1/balance" and self._is_allowed(request):
            line.send(http(200, {"balance": self.house.balance_kopecks() / 100, "creditLimit": 0}))
        elif request.path.startswith("/v1/"):
            line.send(http(200, UNKNOWN_METHOD if self._is_allowed(request) else BAD_KEY))
        else:
            self.house.book.alarm("an address was asked for that only a redirect leads to")
            line.send(http(404, b""))

    def _control(self, request: Request) -> bytes:
        control = CONTROLS.get((request.method, request.path.removeprefix("/control/")))
        if control is None:
            return http(404, {"error": "no such control"})
        try:
            return http(200, control(self.house, self.rules, request.document))
        except (ValueError, TypeError) as error:
            return http(400, {"error": str(error)})

    def _is_allowed(self, request: Request) -> bool:
        told = request.headers.get("authorization", "")
        return hmac.compare_digest(told.encode(), self.house.key.encode())
