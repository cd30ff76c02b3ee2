"""Django's PostgreSQL backend, which tells the database at each transaction's begin who is acting.

A `SET LOCAL` in middleware protects nothing (it ends with its own statement) and a session setting
leaks through pooled connections; the begin of the transaction is the one place that covers all.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

from governance.isolation.context import transaction_settings


class DatabaseWrapper(base.DatabaseWrapper):
    """Sets `chenu.identity` (and read-only) for the length of each transaction."""

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if not autocommit:
            self._announce()

    def _announce(self) -> None:
        identity, read_only = transaction_settings()
        if not identity and not read_only:
            return
        settings: list[Any] = [identity, "on" if read_only else "off"]
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('chenu.identity', %s, true), set_config('transaction_read_only', %s, true)",
                settings,
            )
