"""The cache in Redis: one that does not answer is an empty cache, not a page that fails."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Callable

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

Found = TypeVar("Found")
Wanted = ParamSpec("Wanted")

REST_SECONDS = 10.0
"""After a failure nobody waits for Redis again for so long: a page asks it several times."""


class SoftClient(RedisCacheClient):
    """Answers as if nothing were kept while Redis is away."""

    away_until = 0.0  # of all threads of this process, each of which has a client
    owed: ClassVar[set[str]] = set()
    """Keys that could not be deleted, to go before anything is asked again: sessions that ended."""

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        return self._try(False, super().add, key, value, timeout)

    def get(self, key: Any, default: Any) -> Any:
        return self._try(default, super().get, key, default)

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        self._try(None, super().set, key, value, timeout)

    def touch(self, key: Any, timeout: Any) -> bool:
        return self._try(False, super().touch, key, timeout)

    def delete(self, key: Any) -> bool:
        gone = self._try(None, super().delete, key)
        if gone is None:
            SoftClient.owed.add(key)
        return bool(gone)

    def get_many(self, keys: Any) -> dict[Any, Any]:
        nothing: dict[Any, Any] = {}
        return self._try(nothing, super().get_many, keys)

    def has_key(self, key: Any) -> bool:
        return self._try(False, super().has_key, key)

    def set_many(self, data: Any, timeout: Any) -> None:
        self._try(None, super().set_many, data, timeout)

    def delete_many(self, keys: Any) -> None:
        wanted = list(keys)
        if self._try(False, self._delete, wanted) is False:
            SoftClient.owed.update(wanted)

    def forget(self, pattern: str) -> None:
        """Delete all keys like that."""

        def delete() -> None:
            client = self.get_client(write=True)
            for key in client.scan_iter(match=pattern, count=1000):
                client.delete(key)

        self._try(None, delete)

    def _delete(self, keys: list[str]) -> bool:
        super().delete_many(keys)
        return True

    def _settle(self) -> None:
        owed = list(SoftClient.owed)
        if owed:
            self._delete(owed)
            SoftClient.owed.difference_update(owed)

    def _try(
        self,
        otherwise: Found,
        call: Callable[Wanted, Found],
        *args: Wanted.args,
        **kwargs: Wanted.kwargs,
    ) -> Found:
        if time.monotonic() < SoftClient.away_until:
            return otherwise
        try:
            self._settle()
            return call(*args, **kwargs)
        except RedisError as error:
            SoftClient.away_until = time.monotonic() + REST_SECONDS
            log.warning("cache-is-away", error=str(error))
            return otherwise


class SoftRedisCache(RedisCache):
    """Django's, with that client; and emptying it leaves alone what else the Redis may hold."""

    _class: type[RedisCacheClient]

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = SoftClient

    def clear(self) -> None:
        client = self._cache
        assert isinstance(client, SoftClient)
        client.forget(f"{self.key_prefix}:*")
