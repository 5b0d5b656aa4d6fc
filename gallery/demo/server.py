"""The demo provider's addresses: which request means what."""

import socketserver
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gallery.demo import faults
from gallery.demo.control import CONTROLS
from gallery.demo.provider import ApiError, Provider, read_order
from gallery.demo.tasks import Task
from gallery.demo.wire import BadBody, Wire

FILES = "/timenote/exp48h/"
UNKNOWN_METHOD = {"code": 99, "message": "Unknown method"}


class Counts:
    """What has been asked, for the tests that steer the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.creates: Counter[str] = Counter()
        self.results: Counter[str] = Counter()
        self.downloads: Counter[str] = Counter()

    def add(self, call: str, kind: Counter[str] | None = None, name: str = "") -> None:
        """Count one call, and one for the name among its kind."""
        with self._lock:
            self.calls[call] += 1
            if kind is not None:
                kind[name] += 1

    def snapshot(self) -> dict[str, dict[str, int]]:
        """All counters as plain dicts."""
        with self._lock:
            return {
                "calls": dict(self.calls),
                "creates": dict(self.creates),
                "results": dict(self.results),
                "downloads": dict(self.downloads),
            }


class Server(ThreadingHTTPServer):
    """Listens on one address; each connection has a thread that does not outlive the process."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], provider: Provider, *, control: bool) -> None:
        self.provider = provider
        self.control = control
        self.faults = faults.Faults()
        self.counts = Counts()
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """Bind without the look-up of our own name, which may wait for a DNS server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    @property
    def address(self) -> str:
        """host:port."""
        return f"{self.server_name}:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Name the error, without its words: they may quote a prompt."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            sys.stderr.write(f"demo provider: {type(error).__name__} while answering\n")


class Handler(Wire):
    """Routes one request: the API, the files, and the control calls where they are open."""

    server: Server

    def do_GET(self) -> None:
        """Answer any method: which ones an address takes is the routes' affair."""
        address = urlsplit(self.path)
        route = ROUTES.get(address.path)
        try:
            if route:
                self._call_api(*route)
            elif address.path.startswith(FILES):
                self._call_file(address.path.removeprefix(FILES))
            elif self.server.control and address.path.startswith("/control/"):
                self._call_control(address.path)
            else:
                self.read_json_or_none()
                self.answer(200 if address.path.startswith("/v1/") else 404, UNKNOWN_METHOD)
        except BadBody as error:
            self.answer(error.status, {"error": {"message": str(error), "code": error.status}})

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    @property
    def host(self) -> str:
        """The host that the caller used, for links that it can reach."""
        return self.headers.get("Host") or self.server.address

    def read_json_or_none(self) -> Any:
        """The body as JSON, or None when it is none: the schema says what is missing."""
        try:
            return self.read_json()
        except ValueError:
            return None

    def _call_api(self, methods: tuple[str, ...], call: Callable[["Handler", Any], None]) -> None:
        body = self.read_json_or_none()
        if self.server.provider.settings.latency:
            time.sleep(self.server.provider.settings.latency)
        if self.command not in methods:
            self.answer(200, UNKNOWN_METHOD)
            return
        try:
            call(self, body)
        except ApiError as error:
            self.answer(200, error.document)

    def _call_control(self, path: str) -> None:
        body = self.read_json_or_none()
        control = CONTROLS.get((self.command, path))
        if control is None:
            self.answer(404, UNKNOWN_METHOD)
            return
        try:
            self.answer(200, control(self.server, body if isinstance(body, dict | list) else {}))
        except (ValueError, TypeError, KeyError) as error:
            self.answer(400, {"error": {"message": str(error), "code": 400}})

    def create(self, body: Any) -> None:
        """POST /v1/media/create."""
        provider = self.server.provider
        prompt = body.get("prompt") if isinstance(body, dict) else None
        prompt = prompt if isinstance(prompt, str) else ""
        self.server.counts.add("create", self.server.counts.creates, prompt)
        rule = self.server.faults.take("create", prompt)
        if rule:
            rule.run(faults.Create(self, rule, provider, lambda: read_order(body)))
            return
        provider.check_key(self.headers.get("Authorization"))
        self.answer(200, provider.describe(provider.create(body), self.host))

    def result(self, body: Any) -> None:
        """GET or POST /v1/media/result, the id in the query or in the body."""
        provider = self.server.provider
        query = parse_qs(urlsplit(self.path).query).get("task_id")
        identity = query[0] if query else body.get("task_id") if isinstance(body, dict) else None
        self.server.counts.add("result", self.server.counts.results, str(identity))
        task = provider.tasks.get(identity) if isinstance(identity, str) else None
        rule = self.server.faults.take("result", task.prompt, task.id) if task else None
        if task and rule:
            rule.run(faults.Result(self, rule, provider, task))
            return
        provider.check_key(self.headers.get("Authorization"))
        self.answer(200, provider.describe(provider.find(identity), self.host))

    def balance(self, body: Any) -> None:
        """GET /v1/balance: roubles."""
        provider = self.server.provider
        self.server.counts.add("balance")
        provider.check_key(self.headers.get("Authorization"))
        left = provider.balance_kopecks() / 100
        self.answer(200, {"balance": left, "creditLimit": 0, "orgId": "demo"})

    def models(self, body: Any) -> None:
        """POST /v1/media/models: ids and prices in roubles."""
        provider = self.server.provider
        self.server.counts.add("models")
        provider.check_key(self.headers.get("Authorization"))
        self.answer(200, {"models": provider.price_list()})

    def _call_file(self, name: str) -> None:
        self.read_json_or_none()
        if self.command not in ("GET", "HEAD"):
            self.answer(405, UNKNOWN_METHOD, {"Allow": "GET, HEAD"})
            return
        task = self._task_of_file(name)
        self.server.counts.add("download", self.server.counts.downloads, task.id if task else "")
        rule = self.server.faults.take("download", task.prompt, task.id) if task else None
        if task and rule:
            rule.run(faults.Download(self, rule, self.server.provider, task))
        elif task and self.server.provider.is_downloadable(task):
            self.answer_bytes(200, "image/webp", self.server.provider.picture(task))
        else:
            self.answer(404, {"error": {"message": "No such file", "code": "NoSuchKey"}})

    def _task_of_file(self, name: str) -> Task | None:
        task = self.server.provider.tasks.get(name.partition("-")[0])
        if task and name == f"{task.id}-{task.model}-original.webp":
            return task
        return None


ROUTES: dict[str, tuple[tuple[str, ...], Callable[[Handler, Any], None]]] = {
    "/v1/media/create": (("POST",), Handler.create),
    "/v1/media/result": (("GET", "POST"), Handler.result),
    "/v1/media/models": (("POST",), Handler.models),
    "/v1/balance": (("GET",), Handler.balance),
}
