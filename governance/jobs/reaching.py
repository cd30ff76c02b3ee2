"""Redis as the broker of jobs: looked after by the claimer, waited for by executors (design 2.4)."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from kombu.connection import Connection as KombuConnection

from governance.live.outage import first_line
from governance.redis.client import ANSWER_WITHIN, CONNECT_WITHIN, connect

logger = logging.getLogger("chenu.jobs")

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 2.0  # seconds between an executor's attempts to connect


def redis_options() -> dict[str, Any]:
    """How Celery's transport speaks with Redis."""
    return {
        "global_keyprefix": f"{settings.REDIS_PREFIX}:",
        "socket_timeout": ANSWER_WITHIN,
        "socket_connect_timeout": CONNECT_WITHIN,
    }


class Broker:
    """The claimer's view of Redis: does it answer, and is it still the server that was given the messages?

    Used by two threads; each look is one command.
    """

    def __init__(self, queue: str) -> None:
        self.key = f"{settings.REDIS_PREFIX}:{queue}"
        self.client = connect()
        self.away = False
        self._told = False
        self._known = ""  # the server that has all messages that are under way

    def is_back(self) -> bool:
        """Does a server answer that may not know what was handed out? True until `recalled()` is said."""
        from redis import RedisError

        try:
            self._here = str(self.client.info("server")["run_id"])
        except RedisError as error:
            self.lost(error)
            return False
        return self._here != self._known

    def recalled(self) -> None:
        """Everything was taken back: from now on this server has what is sent."""
        self._known, self.away = self._here, False
        if self._told:
            self._told = False
            logger.info("the broker answers again")

    def lost(self, error: Exception) -> None:
        """It does not answer; told once."""
        self._known, self.away = "", True
        if not self._told:
            self._told = True
            logger.warning("the broker does not answer, waiting for it: %s", first_line(error))

    def unread(self) -> int:
        """Messages that no executor has taken yet."""
        from redis import RedisError

        try:
            return int(self.client.llen(self.key))
        except RedisError as error:
            self.lost(error)
            return 0


class Connection(KombuConnection):
    """As kombu's, but back within seconds: its own pauses grow to half a minute, and each attempt is an error."""

    def ensure_connection(self, errback: Any = None, *args: Any, **more: Any) -> Any:
        told = False

        def tell_once(error: Exception, pause: float) -> None:
            nonlocal told
            if not told:
                told = True
                logger.warning("the broker does not answer, waiting for it: %s", first_line(error))

        pauses = {"interval_start": FIRST_PAUSE, "interval_step": FIRST_PAUSE, "interval_max": LONGEST_PAUSE}
        found = super().ensure_connection(tell_once, *args, **{**more, **pauses})  # type: ignore[no-untyped-call]
        if told:
            logger.info("the broker answers again")
        return found
