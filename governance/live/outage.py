"""A database that is away for a while: one line when it goes, one when it answers again."""

from __future__ import annotations

import logging
import threading
import time
from math import inf
from typing import Any

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

logger = logging.getLogger("chenu.database")

# Django's wrapped errors of a connection that could not be had, or broke.
LOST = (OperationalError, InterfaceError)

# Threads that were at work meet their dead connections a little later than the one that reconnects first.
ECHO = 5.0  # seconds


class Outage:
    """Shared by the threads of one process, so that a lost database is told once and not by each of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost = self._told = False
        self._ended_at = -inf

    def began(self, error: BaseException) -> None:
        with self._lock:
            self._lost = True
            if not self._told and time.monotonic() - self._ended_at > ECHO:
                self._told = True
                logger.warning("the database does not answer, waiting for it: %s", first_line(error))

    def ended(self) -> None:
        """Called after a success: gives the process fresh connections if there had been an outage."""
        if not self._lost:
            return
        with self._lock:
            renew_pool()
            self._ended_at = time.monotonic()
            if self._told:
                logger.info("the database answers again")
            self._lost = self._told = False

    def is_over_for(self, seconds: float) -> bool:
        """Has everybody had this long to come back?"""
        return not self._lost and time.monotonic() - self._ended_at > seconds


def is_lost(error: BaseException) -> bool:
    """Is this a missing connection (SQLSTATE none, 08…, 57P…), not a deadlock or a full disk?"""
    state = getattr(error.__cause__ or error, "sqlstate", None) or ""
    return isinstance(error, LOST) and (not state or state.startswith(("08", "57P")))


def renew_pool() -> None:
    """Replaces the connection pool: the old one holds dead connections and retries ever more slowly."""
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    before = wrapper.pool
    if before is None:
        return
    twin: Any = wrapper.copy()
    twin._connection_pools = {}
    wrapper._connection_pools[DEFAULT_DB_ALIAS] = twin.pool  # exchanged in one step: other threads look here
    # Closing waits for attempts to connect that are under way; nobody here needs to.
    threading.Thread(target=before.close, name="pool-close", daemon=True).start()


def quiet_pool() -> None:
    """For processes that wait for a lost database themselves: the pool need not report each attempt."""
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


def first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
