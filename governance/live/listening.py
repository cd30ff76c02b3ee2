"""One connection outside the pool that hears NOTIFY, and comes back by itself when the database does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import psycopg
from django.db import connection
from psycopg import sql

from governance.live.outage import Outage

WAIT = 1.0  # seconds: how long a stop may take to be seen
PAUSE = 0.3  # seconds between two attempts to connect


class Listener(threading.Thread):
    """Calls `heard(payload)` for each NOTIFY on `channels`, `opened(connection)` after each connect.

    Both are called in this thread. `opened` may use the connection (autocommit) but not keep it busy.
    What was notified while the connection was lost is lost: whoever listens also sweeps.
    """

    def __init__(
        self,
        name: str,
        channels: Sequence[str],
        heard: Callable[[str], None],
        *,
        outage: Outage,
        opened: Callable[[psycopg.Connection], None] = lambda connection: None,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.channels, self.heard, self.opened, self.outage = channels, heard, opened, outage
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                with psycopg.connect(**connection.get_connection_params(), autocommit=True) as own:
                    self._listen(own)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                self.outage.began(error)
            self.stopping.wait(PAUSE)

    def stop(self) -> None:
        self.stopping.set()

    def _listen(self, own: psycopg.Connection) -> None:
        for channel in self.channels:
            own.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        self.outage.ended()
        self.opened(own)
        while not self.stopping.is_set():
            for notice in own.notifies(timeout=WAIT):
                self.heard(notice.payload)
