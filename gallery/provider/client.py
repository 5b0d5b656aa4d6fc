"""The remote API: creating a task, reading it, and the balance."""

import json
import ssl
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from http.client import HTTPException, IncompleteRead
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.util import Timeout

from gallery.failpoints import failpoint
from gallery.provider.answers import (
    AskAgain,
    BalanceOutcome,
    CreateOutcome,
    ModelsOutcome,
    NotSent,
    ResultOutcome,
    Unknown,
)
from gallery.provider.errors import Broken, NotConnected
from gallery.provider.redaction import Redactor
from gallery.provider.verdicts import (
    balance_outcome,
    create_outcome,
    models_outcome,
    result_outcome,
)
from gallery.provider.wire import (
    LONGEST_ANSWER,
    Answer,
    Line,
    Place,
    Response,
    clock,
    decoded,
    dial,
    read_answer,
    tls_context,
    trouble,
)

__all__ = ["Client", "clock"]

_AGENT = "Artel"


class Client:
    """One provider with its key. Safe to share between threads; it answers and never raises.

    Make one for each process, after forking: it keeps connections.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        connect_timeout: float = 10.0,
        result_timeout: float = 20.0,
        pool: int = 32,
    ) -> None:
        """``base_url`` as in GPTUNNEL_API_URL; times in seconds; ``pool``: connections kept open.

        Raises ValueError for an address or a key that cannot be used; the text never has the key.
        """
        key = key.strip()
        if not key or not key.isprintable():
            raise ValueError("The API key is blank or holds characters that cannot be printed.")
        self._base_url = base_url.rstrip("/")
        self._place, self._path = _parse(self._base_url)
        self._connect_timeout = connect_timeout
        self._result_timeout = result_timeout
        self._redactor = Redactor(key)
        # Bytes, because http.client would refuse letters outside of Latin-1.
        self._authorization = key.encode("utf-8")
        self._session = _session(pool)

    def __repr__(self) -> str:
        return f"Client({self._base_url!r})"

    def create(
        self,
        *,
        model: str,
        prompt: str,
        ar: str,
        images: Sequence[str],
        deadline: float,
        may_send: Callable[[], bool],
    ) -> CreateOutcome:
        """Start one task, which costs money, and at most once: nothing here ever repeats it.

        ``deadline`` is on ``clock()`` and bounds everything, whatever the other side does. The
        connection is new. When it stands, and right before the first byte, ``may_send`` is asked
        and the clock read: NotSent("fence") when either forbids. What ``may_send`` raises passes
        through, and then nothing was sent. After the first byte only a definite answer is more
        than Unknown.
        """
        body: dict[str, Any] = {"model": model, "prompt": prompt, "ar": ar, "images": list(images)}
        request = self._create_request({name: value for name, value in body.items() if value})
        if clock() >= deadline:
            return NotSent("fence", "the time was up")
        try:
            sock = dial(self._place, min(deadline, clock() + self._connect_timeout))
        except NotConnected as error:
            return NotSent(error.reason, self._redactor.text(error.detail))
        failpoint("create-connected")
        with closing(Line(sock, deadline)) as line:
            if not may_send():
                return NotSent("fence", "sending was not allowed any more")
            if clock() >= deadline:
                return NotSent("fence", "the time was up")
            return self._send(line, request)

    def _send(self, line: Line, request: bytes) -> CreateOutcome:
        """From the first byte on."""
        failure: OSError | None = None
        failpoint("create-before-first-byte")
        try:
            line.send(request)
        except OSError as error:
            # The other side may have answered before it stopped listening: a refusal of a body
            # that is too large, for one.
            failure = error
        failpoint("create-after-last-byte")
        try:
            answer = read_answer(line, "POST")
        except Broken as error:
            reason = error.reason if failure is None else trouble(failure)
            # What did arrive may hold the id by which an administrator heals this.
            heard = line.beginning.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")
            detail = self._redactor.text(f"{error.detail} {heard}".strip())
            return Unknown(reason, detail, error.status, line.received)
        failpoint("create-answered")
        return create_outcome(answer, self._redactor)

    def _create_request(self, body: dict[str, Any]) -> bytes:
        # ASCII escapes carry any text, lone surrogates too.
        content = json.dumps(body).encode("ascii")
        lines = (
            f"POST {self._path}/media/create HTTP/1.1".encode("ascii"),
            b"Host: " + self._place.authority.encode("ascii"),
            b"Authorization: " + self._authorization,
            b"Content-Type: application/json",
            b"Content-Length: " + str(len(content)).encode("ascii"),
            b"Accept: application/json",
            b"Accept-Encoding: identity",
            b"User-Agent: " + _AGENT.encode("ascii"),
            b"Connection: close",
        )
        return b"\r\n".join(lines) + b"\r\n\r\n" + content

    def result(self, remote_id: str) -> ResultOutcome:
        """Read one task. Free and repeatable; back within ``result_timeout``, come what may."""
        answer = self._ask("POST", "/media/result", {"task_id": remote_id})
        if isinstance(answer, AskAgain):
            return answer
        return result_outcome(answer, remote_id, self._redactor)

    def balance(self) -> BalanceOutcome:
        """Read the money that is left. Free and repeatable, bounded as ``result`` is."""
        answer = self._ask("GET", "/balance", None)
        return answer if isinstance(answer, AskAgain) else balance_outcome(answer, self._redactor)

    def models(self) -> ModelsOutcome:
        """Read the price list. Free and repeatable, bounded as ``result`` is."""
        answer = self._ask("POST", "/media/models", {})
        return answer if isinstance(answer, AskAgain) else models_outcome(answer, self._redactor)

    def close(self) -> None:
        """Close the connections that were kept open."""
        self._session.close()

    def _ask(self, method: str, path: str, body: dict[str, str] | None) -> Answer | AskAgain:
        timeout = Timeout(total=self._result_timeout, connect=self._connect_timeout)
        try:
            # requests hands a Timeout of urllib3 on, which is the only way to bound the total.
            with self._session.request(
                method,
                self._base_url + path,
                json=body,
                headers={"Authorization": self._authorization},
                timeout=cast(Any, timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = response.raw.read(LONGEST_ANSWER + 1, decode_content=False)
                if len(content) > LONGEST_ANSWER:
                    return AskAgain("too-large")
                # With an amount given, urllib3 returns a short body as if it were whole.
                if response.raw.length_remaining:
                    return AskAgain("cut-short")
                plain = decoded(content, response.headers.get("Content-Encoding", ""))
                told = response.headers
                return Answer(
                    response.status_code, plain, told.get("Retry-After"), date=told.get("Date")
                )
        except Broken as error:
            return AskAgain(error.reason, self._redactor.text(error.detail))
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
            return AskAgain(_reason(error), self._redactor.text(str(error)))


def _parse(base_url: str) -> tuple[Place, str]:
    try:
        parts = urlsplit(base_url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:
        raise ValueError("The API address is not a valid URL.") from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ValueError("The API address must look like https://host/path.")
    if parts.username is not None or not base_url.isprintable() or " " in base_url:
        raise ValueError("The API address must hold no user name, space or control character.")
    tls = parts.scheme == "https"
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    return Place(tls, host, port or (443 if tls else 80)), path


def _reason(error: BaseException) -> str:
    """The reason code under the wrappings of two libraries."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, NotConnected):
            return link.reason
        if isinstance(link, ssl.SSLError):
            return "tls"
        if isinstance(link, TimeoutError):
            return "timeout"
        if isinstance(link, IncompleteRead):
            return "cut-short"
        link = link.__cause__ or link.__context__
    return "timeout" if isinstance(error, requests.Timeout) else trouble(error)


class _BoundedResponse(Response):
    """Reads until a deadline instead of with a time-out from byte to byte."""

    def __init__(self, sock: Any, *args: Any, deadline: float, **kwargs: Any) -> None:
        super().__init__(Line(sock, deadline), *args, **kwargs)  # type: ignore[arg-type]


class _BoundedConnection(HTTPConnection):
    """urllib3 puts what is left of the total into ``timeout`` before it connects and reads."""

    def _new_conn(self) -> Any:
        place = Place(False, self._dns_host.strip("[]"), self.port)
        try:
            return dial(place, clock() + float(self.timeout or 0))
        except NotConnected as error:
            raise NewConnectionError(self, str(error)) from error

    def getresponse(self) -> Any:
        deadline = clock() + float(self.timeout or 0)
        self.response_class = partial(_BoundedResponse, deadline=deadline)  # type: ignore[assignment]
        return super().getresponse()


class _BoundedTLSConnection(_BoundedConnection, HTTPSConnection):
    """The same, with TLS spoken by urllib3 on the connection that was made here."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTLSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=tls_context(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere. requests reads a redirect's whole body to prepare a step we never take."""


def _session(pool: int) -> requests.Session:
    session = _Session()
    session.trust_env = False  # no proxies and no .netrc from the environment
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": _AGENT, "Accept-Encoding": "identity"})
    adapter = _Adapter(pool_connections=1, pool_maxsize=pool, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session
