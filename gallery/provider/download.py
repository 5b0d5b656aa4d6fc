"""Fetching a result, from allowed hosts only."""

from collections.abc import Callable, Sequence

MAX_BYTES = 64 * 1024 * 1024


def fetch(
    url: str,
    write: Callable[[bytes], object],
    *,
    hosts: Sequence[str],
    max_bytes: int = MAX_BYTES,
    seconds: float = 120.0,
    connect_timeout: float = 10.0,
) -> None:
    raise NotImplementedError
