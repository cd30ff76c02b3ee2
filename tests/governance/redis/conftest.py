"""A Redis of a test's own, and a cache in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.redis_server import PROGRAM, RedisServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A running server, to be killed and started again."""
    if PROGRAM is None:
        pytest.skip("redis-server is not installed (Debian: apt install redis-server)")
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.kill()


@pytest.fixture
def cached(server: RedisServer, settings: Any) -> RedisServer:
    """The cache of this process is in that server for the test."""
    settings.CACHES = {
        "default": {"BACKEND": "governance.redis.cache.Cache", "LOCATION": [server.url], "KEY_PREFIX": "chenu:1:cache"}
    }
    return server
