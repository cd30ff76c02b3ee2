"""Django's PostgreSQL backend, which tells the database at each transaction's begin who is acting.

A `SET LOCAL` in middleware protects nothing (it ends with its own statement) and a session setting
leaks through pooled connections; the begin of the transaction is the one place that covers all.
"""

from __future__ import annotations

from uuid import UUID

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

from governance.isolation.context import transaction_settings


class DatabaseWrapper(base.DatabaseWrapper):
    """Sets `chenu.identity` (and read-only) for the length of each transaction."""

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if not autocommit:
            self._announce()

    def _announce(self) -> None:
        """Begins the transaction and tells it, in one message: a round trip less for each transaction."""
        identity, read_only = transaction_settings()
        if not identity and not read_only:
            return
        told = f"set_config('chenu.identity', '{UUID(identity) if identity else ''}', true)"
        begin = "BEGIN READ ONLY" if read_only else "BEGIN"
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
