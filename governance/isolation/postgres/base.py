"""Django's PostgreSQL backend, which tells the database at each transaction's begin who is acting.

A `SET LOCAL` in middleware protects nothing (it ends with its own statement) and a session setting
leaks through pooled connections; the begin of the transaction is the one place that covers all. At its
end, the hints of what was committed leave in the message of the COMMIT.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from psycopg import generators
from psycopg.pq import ConnStatus, Escaping, ExecStatus, TransactionStatus

from governance.isolation.context import system_reason, transaction_settings

logger = logging.getLogger("chenu.live")


class DatabaseWrapper(base.DatabaseWrapper):
    """Sets `chenu.identity` (and read-only, and the system's role) for the length of each transaction."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hints: dict[tuple[str, str], None] = {}

    def hint(self, channel: str, payload: str) -> None:
        """NOTIFY once the open transaction is committed; equal hints of one transaction are one.

        Sent behind the COMMIT in the same message. Inside the transaction it would hold a lock of the whole
        database until the commit has reached the disk, and so make all writers queue.
        """
        self._hints[channel, payload] = None

    def _commit(self) -> None:
        hints, self._hints = self._hints, {}
        if not hints or self.connection is None:
            super()._commit()  # type: ignore[misc]
            return
        with debug_transaction(self, "COMMIT; NOTIFY"), self.wrap_database_errors, self.connection.lock:
            server = self.connection.pgconn
            quote = Escaping(server).escape_literal
            notes = b", ".join(b"pg_notify(%b, %b)" % (quote(c.encode()), quote(p.encode())) for c, p in hints)
            server.send_query(b"COMMIT; SELECT " + notes)
            committed, *told = self.connection.wait(generators.execute(server))
            if committed.status != ExecStatus.COMMAND_OK:
                raise _fault(server, committed)
            if any(result.status != ExecStatus.TUPLES_OK for result in told):
                # The change is committed: a hint that cannot be sent is never an error of the change.
                logger.warning("a hint was lost, the sweep will tell: %s", told[-1].error_message.decode())

    def _rollback(self) -> None:
        self._hints = {}
        super()._rollback()  # type: ignore[misc]

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if not autocommit:
            self._announce()

    def _announce(self) -> None:
        """Begins the transaction and tells it, in one message: a round trip less for each transaction."""
        self._hints = {}
        identity, read_only = transaction_settings()
        system = system_reason() is not None
        if not identity and not read_only and not system:
            return
        told = f"set_config('chenu.identity', '{UUID(identity) if identity else ''}', true)"
        if system:
            told += ", set_config('role', 'chenu_system', true)"
        # What is read together is of one moment: a page whose number of the last news were younger than what it
        # shows would never hear of the difference.
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if read_only else "BEGIN"
        with self.wrap_database_errors:
            server = self.connection.pgconn
            if server.status == ConnStatus.OK and server.transaction_status != TransactionStatus.IDLE:
                raise psycopg.InternalError("a transaction begins on a connection that is not idle")
            result = server.exec_(f"{begin}; SELECT {told}".encode())
            if result.status != ExecStatus.TUPLES_OK:
                raise _fault(server, result)


def _fault(server: psycopg.pq.abc.PGconn, result: psycopg.pq.abc.PGresult) -> psycopg.Error:
    """The error of a transaction that could not begin; a lost connection is one to Django, too."""
    if server.status == ConnStatus.BAD:
        return psycopg.OperationalError(server.get_error_message())
    return psycopg.errors.error_from_result(result)
