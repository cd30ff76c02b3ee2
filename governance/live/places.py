"""Ten sockets per person, exact across processes: each place is an advisory lock of this process's own connection.

A process that dies loses its connection, and the database frees its places in the same moment: nothing is
written, and nothing is left to sweep.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

import psycopg
from django.db import OperationalError, connection

MOST_SOCKETS_PER_PERSON = 10
FIRST_FREE = """
SELECT place FROM unnest(%(free)s::int[]) AS place
WHERE pg_try_advisory_lock(hashtextextended('socket ' || %(person)s || ' ' || place, 0)) LIMIT 1"""
GIVE_BACK = "SELECT pg_advisory_unlock(hashtextextended('socket ' || %(person)s || ' ' || %(place)s, 0))"

logger = logging.getLogger("chenu.live")


class Places:
    """The places that this process holds. One thread speaks with the database, in the order of asking."""

    def __init__(self) -> None:
        self.held: dict[UUID, set[int]] = defaultdict(set)
        self.own: psycopg.Connection | None = None
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="live-places")

    async def take(self, person_id: UUID) -> int | None:
        """A place of the person's ten, or None when all are taken, by whichever process.

        Raises OperationalError while the database is away. Who goes away while waiting takes no place along.
        """
        asked = self.thread.submit(self._take, person_id)
        try:
            return await asyncio.wrap_future(asked)
        except asyncio.CancelledError:
            asked.add_done_callback(lambda done: self._nobody_came(person_id, done))
            raise

    def give_back(self, person_id: UUID, place: int) -> None:
        """Returns at once; the place is free for whoever asks after this."""
        self.thread.submit(self._give_back, person_id, place)

    def _nobody_came(self, person_id: UUID, done: Future[int | None]) -> None:
        if not done.cancelled() and done.exception() is None and (place := done.result()) is not None:
            self.give_back(person_id, place)

    def _take(self, person_id: UUID) -> int | None:
        try:
            return self._lock(person_id)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._forget_connection()  # it may only be an old one: once more, with a new one
        try:
            return self._lock(person_id)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._forget_connection()
            raise OperationalError(str(error)) from error

    def _lock(self, person_id: UUID) -> int | None:
        own = self._connection()
        free = [place for place in range(MOST_SOCKETS_PER_PERSON) if place not in self.held[person_id]]
        row = own.execute(FIRST_FREE, {"free": free, "person": str(person_id)}).fetchone()
        if row is None:
            return None
        place: int = row[0]
        self.held[person_id].add(place)
        return place

    def _give_back(self, person_id: UUID, place: int) -> None:
        self.held[person_id].discard(place)
        if not self.held[person_id]:
            del self.held[person_id]
        if self.own is None:
            return
        try:
            self.own.execute(GIVE_BACK, {"person": str(person_id), "place": place})
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._forget_connection()  # the lock went with it

    def _connection(self) -> psycopg.Connection:
        """The connection; a new one takes again what is held here."""
        if self.own is None or self.own.closed:
            self.own = psycopg.connect(**connection.get_connection_params(), autocommit=True)
            for person_id, places in self.held.items():
                for place in places:
                    again = self.own.execute(FIRST_FREE, {"free": [place], "person": str(person_id)}).fetchone()
                    if again is None:  # somebody came meanwhile: for once there are eleven
                        logger.warning("a place of a socket was taken by another process during an outage")
        return self.own

    def _forget_connection(self) -> None:
        if self.own is not None:
            self.own.close()
            self.own = None
