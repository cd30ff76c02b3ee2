"""What this process has in hand, and the proof that it lives: a lock on a connection of its own."""

from __future__ import annotations

import os
import secrets
import threading
from uuid import UUID

import psycopg
from django.db import connection

from governance.jobs import claims
from governance.jobs.queue import CHANNEL_NAME
from governance.live.listening import Listener
from governance.live.outage import LOST, Outage, quiet_pool

RENEW_EVERY = 2  # seconds; well under claims.SILENCE


class Hands:
    """The jobs this process executes, kept leased while it lives.

    PostgreSQL drops the lock at the moment the process dies, however it dies: the others then take its
    jobs over within seconds instead of waiting for the leases to run out.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[UUID, int] = {}
        self._process = 0
        self.holder = 0
        self.outage = Outage()
        self.woken = threading.Event()  # there may be something to claim
        self.stopping = threading.Event()
        self.alive = threading.Event()  # the lock is held

    def open(self) -> None:
        """Starts keeping, once per process (a forked child keeps for itself)."""
        with self._lock:
            if self._process == os.getpid():
                return
            self._process, self.holder, self._held = os.getpid(), secrets.randbelow(2**31 - 1) + 1, {}
        quiet_pool()
        self._ears = Listener(
            "jobs-ears", [CHANNEL_NAME], lambda _: self.woken.set(), outage=self.outage, opened=self._hold
        )
        self._ears.start()
        threading.Thread(target=self._keep, name="jobs-keeper", daemon=True).start()

    def take(self, job_id: UUID, fence: int) -> None:
        with self._lock:
            self._held[job_id] = fence

    def drop(self, job_id: UUID, fence: int) -> None:
        """It is settled, or no longer ours."""
        with self._lock:
            if self._held.get(job_id) == fence:
                del self._held[job_id]
        self.woken.set()

    def held(self) -> list[tuple[UUID, int]]:
        with self._lock:
            return list(self._held.items())

    def _hold(self, own: psycopg.Connection) -> None:
        # Shared: after a lost connection the server may not yet have noticed that the old one is gone.
        own.execute("SELECT pg_advisory_lock_shared(%s, %s)", [claims.LOCK_CLASS, self.holder])
        self.alive.set()
        self.woken.set()

    def _keep(self) -> None:
        while not self.stopping.wait(RENEW_EVERY):
            held = self.held()
            if not held:
                continue
            try:
                claims.renew(self.holder, held)
            except LOST as error:
                self.outage.began(error)
            finally:
                connection.close()


hands = Hands()
