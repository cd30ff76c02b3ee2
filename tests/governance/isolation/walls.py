"""Tools of the isolation tests: rows to fight over, the superuser, and each wall taken away for a block."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from django.db import connection
from uuid_utils.compat import uuid7

from governance.isolation.querysets import InCurrentIdentity
from governance.models import IdempotencyRecord
from tests.cast import Person
from tests.ground import admin_dsn

# Servers before 16 know inheritance of the whole role only.
INHERITED = """DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 160000
    THEN EXECUTE 'GRANT chenu_system TO chenu_app WITH INHERIT TRUE';
    ELSE EXECUTE 'ALTER ROLE chenu_app INHERIT'; END IF; END $$"""


def record(person: Person, identity: Any = None, **fields: Any) -> IdempotencyRecord:
    """A committed scoped row of `person`: a kept answer, the plainest scoped model there is."""
    from django.db import transaction

    values = {"scope": secrets.token_hex(32), "fingerprint": "f", "status": 201, "answer": b"kept"}
    with person.acting(identity), transaction.atomic():
        return IdempotencyRecord.objects.create(**(values | fields))


def unsaved(**fields: Any) -> IdempotencyRecord:
    values = {"scope": secrets.token_hex(32), "fingerprint": "f", "status": 201, "answer": b"kept"}
    return IdempotencyRecord(**(values | fields))


def database_name() -> str:
    return str(connection.settings_dict["NAME"])


@contextmanager
def superuser(autocommit: bool = True) -> Iterator[psycopg.Connection]:
    """A connection of the server's superuser to this worker's database."""
    with psycopg.connect(admin_dsn(database_name()), autocommit=autocommit, options="-c search_path=public") as admin:
        yield admin


@contextmanager
def planted(plant: str, undo: str) -> Iterator[None]:
    """Commits `plant` as the superuser for the block, then `undo`."""
    with superuser() as admin:
        admin.execute(plant)
    try:
        yield
    finally:
        with superuser() as admin:
            admin.execute(undo)


@contextmanager
def without_wall(wall: str, table: str = "governance_idempotencyrecord") -> Iterator[None]:
    """Takes one wall away: `manager`, `rows` (from_db), `policy` of the application on `table`."""
    with ExitStack() as stack:
        if wall == "manager":
            stack.enter_context(_patched(InCurrentIdentity, "as_sql", lambda *_, **__: ("(TRUE)", [])))
        elif wall == "rows":
            from django.db import models

            stack.enter_context(_patched(IdempotencyRecord, "from_db", classmethod(models.Model.from_db.__func__)))
        elif wall == "policy":
            stack.enter_context(
                planted(
                    f"ALTER POLICY chenu_mine ON {table} USING (true) WITH CHECK (true)",
                    f"ALTER POLICY chenu_mine ON {table} USING (identity_id = (SELECT chenu.current_identity())) "
                    "WITH CHECK (identity_id = (SELECT chenu.current_identity()))",
                )
            )
        else:
            raise ValueError(f"no such wall: {wall}")
        yield


@contextmanager
def _patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    own = name in vars(owner)
    before = vars(owner).get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, before)
        else:
            delattr(owner, name)


def nobody() -> Any:
    """An id that no row has."""
    return uuid7()
