"""Fetching a result, from allowed hosts only."""

from collections.abc import Callable, Sequence
from contextlib import closing
from http.client import HTTPException, HTTPResponse

from gallery.provider.errors import (
    BadAnswer,
    DownloadError,
    Gone,
    Interrupted,
    NotConnected,
    TooLarge,
)
from gallery.provider.hosts import Target, target
from gallery.provider.wire import Line, clock, dial, trouble

MAX_BYTES = 64 * 1024 * 1024
_PIECE = 64 * 1024
_GONE = (403, 404, 410)


def fetch(
    url: str,
    write: Callable[[bytes], object],
    *,
    hosts: Sequence[str],
    max_bytes: int = MAX_BYTES,
    seconds: float = 120.0,
    connect_timeout: float = 10.0,
) -> None:
    """Give every byte of the file at ``url`` to ``write``, or raise DownloadError.

    ``hosts`` are the entries of RESULT_HOSTS. No redirect is followed, no proxy used, no cookie
    and no key sent. ``seconds`` bounds everything, however the server drips. What ``write`` raises
    passes through.
    """
    aim = target(url, hosts)
    deadline = clock() + seconds
    try:
        sock = dial(aim.place, min(deadline, clock() + connect_timeout), permit=aim.permit)
    except NotConnected as error:
        raise Interrupted(error.reason, error.detail) from None
    line = Line(sock, deadline, longest_answer=None)
    with closing(line), closing(line.response("GET")) as response:
        _begin(line, response, aim)
        _check(response, max_bytes)
        _copy(response, write, max_bytes)


def _begin(line: Line, response: HTTPResponse, aim: Target) -> None:
    request = (
        f"GET {aim.path} HTTP/1.1\r\nHost: {aim.place.authority}\r\nUser-Agent: Artel\r\n"
        "Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
    )
    try:
        line.send(request.encode("ascii"))
        response.begin()
    except (OSError, HTTPException, ValueError) as error:
        raise _broken(error) from None


def _check(response: HTTPResponse, max_bytes: int) -> None:
    if 300 <= response.status < 400:
        raise BadAnswer("redirect", str(response.status))
    if response.status in _GONE:
        raise Gone("gone", str(response.status))
    if response.status != 200:
        raise BadAnswer(f"http-{response.status}")
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise BadAnswer("encoded", "an encoding that was not asked for")
    if response.length is not None and response.length > max_bytes:
        raise TooLarge("too-large", f"{response.length} bytes announced")


def _copy(response: HTTPResponse, write: Callable[[bytes], object], max_bytes: int) -> None:
    size = 0
    while piece := _read(response):
        size += len(piece)
        if size > max_bytes:
            raise TooLarge("too-large", f"more than {max_bytes} bytes")
        write(piece)
    if response.length:
        raise Interrupted("cut-short", f"{response.length} bytes are missing")
    if not size:
        raise BadAnswer("empty")


def _read(response: HTTPResponse) -> bytes:
    try:
        return response.read(_PIECE)
    except (OSError, HTTPException, ValueError) as error:
        raise _broken(error) from None


def _broken(error: Exception) -> DownloadError:
    reason = trouble(error)
    if reason == "not-http":
        return BadAnswer(reason, str(error))
    return Interrupted(reason, str(error))
