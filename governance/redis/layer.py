"""The layer over which sockets of several processes speak with each other."""

from __future__ import annotations

from typing import Any

from channels_redis.core import RedisChannelLayer
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from governance.redis.client import CONNECT_WITHIN

WAITS = 15.0  # seconds: a reader waits five at a time in Redis, its connection must be more patient than that


class Layer(RedisChannelLayer):
    """As Channels', with a second try at once: after a restart of Redis the first connection is a dead one."""

    def __init__(self, hosts: list[str], **more: Any) -> None:
        patience = {"socket_timeout": WAITS, "socket_connect_timeout": CONNECT_WITHIN, "retry": Retry(NoBackoff(), 1)}
        super().__init__(hosts=[{"address": address, **patience} for address in hosts], **more)
