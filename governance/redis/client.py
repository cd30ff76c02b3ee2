"""How every part of ours speaks with Redis: under one prefix, and never for long with one that does not answer."""

from __future__ import annotations

from typing import Any

from django.conf import settings

ANSWER_WITHIN = 2.0  # seconds
CONNECT_WITHIN = 2.0  # seconds


def patience() -> dict[str, Any]:
    """Options of a connection: short, and tried once more at once, since the first may be one from before a restart."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "socket_timeout": ANSWER_WITHIN,
        "socket_connect_timeout": CONNECT_WITHIN,
        "retry": Retry(NoBackoff(), 1),
    }


def connect() -> Any:
    """A client of the server of REDIS_URL. It connects when it is first asked, and raises `redis.RedisError`."""
    from redis import Redis

    return Redis.from_url(settings.REDIS_URL, **patience())


def answers() -> bool:
    """Does the server answer at this moment?"""
    from redis import RedisError

    try:
        with connect() as client:
            return bool(client.ping())
    except RedisError:
        return False
