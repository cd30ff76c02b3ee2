"""Django's cache in Redis. What it holds are guards (failed attempts, used codes): without an answer nobody passes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache.backends import redis as django_redis

from governance.errors import CacheUnavailable
from governance.redis.client import patience

AT_ONCE = 500


class Json:
    """How values are kept: Django's pickles would let whoever writes to Redis run code here."""

    def dumps(self, obj: Any) -> bytes:
        return json.dumps(obj).encode()

    def loads(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except ValueError as error:
            raise CacheUnavailable() from error


class CacheClient(django_redis.RedisCacheClient):
    """As Django's, with our patience and without pickles."""

    def __init__(self, servers: Any, **options: Any) -> None:
        super().__init__(servers, **{"serializer": Json, **patience(), **options})


class Cache(django_redis.RedisCache):
    """As Django's. A server that does not answer is a CacheUnavailable (503); `clear()` takes only our own keys."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = CacheClient

    def add(self, *args: Any, **more: Any) -> Any:
        with answering():
            return super().add(*args, **more)

    def get(self, *args: Any, **more: Any) -> Any:
        with answering():
            return super().get(*args, **more)

    def set(self, *args: Any, **more: Any) -> None:
        with answering():
            super().set(*args, **more)

    def touch(self, *args: Any, **more: Any) -> Any:
        with answering():
            return super().touch(*args, **more)

    def delete(self, *args: Any, **more: Any) -> Any:
        with answering():
            return super().delete(*args, **more)

    def get_many(self, *args: Any, **more: Any) -> Any:
        with answering():
            return super().get_many(*args, **more)

    def has_key(self, *args: Any, **more: Any) -> Any:
        with answering():
            return super().has_key(*args, **more)

    def incr(self, *args: Any, **more: Any) -> Any:
        with answering():
            return super().incr(*args, **more)

    def set_many(self, *args: Any, **more: Any) -> Any:
        with answering():
            return super().set_many(*args, **more)

    def delete_many(self, *args: Any, **more: Any) -> None:
        with answering():
            super().delete_many(*args, **more)

    def clear(self) -> None:
        """Django's would empty the whole database, and with it the queue of the jobs."""
        with answering():
            client = self._cache.get_client(write=True)
            for key in client.scan_iter(match=f"{self.key_prefix}:*", count=AT_ONCE):
                client.unlink(key)


@contextmanager
def answering() -> Iterator[None]:
    """Raises CacheUnavailable for whatever Redis has to complain about."""
    from redis import RedisError

    try:
        yield
    except RedisError as error:
        raise CacheUnavailable() from error
