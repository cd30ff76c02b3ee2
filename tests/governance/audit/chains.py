"""Chains to tamper with: many plain acts of one identity, and the superuser's hand past every trigger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

from chenu.management.commands.audit import Command
from governance.audit.verify import ChainReport, verify_chain
from governance.isolation.context import SYSTEM_CHAIN, bind, reading
from governance.perform import perform
from tests.cast import Person
from tests.governance.isolation.walls import superuser


def grow(person: Person, acts: int) -> None:
    """`acts` further entries in the person's own chain."""
    with person.acting():
        for number in range(acts):
            perform("governance.person.update", {"display_name": f"Alice {number}"})


def verified(person: Person, identity: Any = None, *, payloads: bool = False) -> ChainReport:
    context = person.context(identity)
    with bind(context), reading():
        return verify_chain(context.identity_id, open_payloads=payloads)


@contextmanager
def tampering() -> Iterator[psycopg.Connection]:
    """The superuser with all triggers asleep; what it does is committed."""
    with superuser() as admin:
        admin.execute("SET session_replication_role = replica")
        yield admin


def entries(chain: UUID) -> list[dict[str, Any]]:
    """The stored entries of a chain, as the superuser reads them."""
    with superuser() as admin, admin.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(
            "SELECT * FROM governance_auditentry WHERE identity_id = %s ORDER BY seq", [chain]
        ).fetchall()


def restore(chain: UUID, kept: list[dict[str, Any]], head: dict[str, Any]) -> None:
    """Puts a chain back to what it was."""
    columns = list(kept[0])
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    ids = [row["id"] for row in kept]
    with tampering() as admin, admin.transaction():
        admin.execute("DELETE FROM governance_auditentry WHERE identity_id = %s OR id = ANY(%s)", [chain, ids])
        for row in kept:
            admin.execute(f"INSERT INTO governance_auditentry ({names}) VALUES ({places})", list(row.values()))
        admin.execute(
            "INSERT INTO governance_chainhead (id, identity_id, seq, hash, event_seq) VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT (identity_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, "
            "event_seq = excluded.event_seq",
            [head["id"], chain, head["seq"], head["hash"], head["event_seq"]],
        )


def head_of(chain: UUID) -> dict[str, Any]:
    with superuser() as admin, admin.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        found = cursor.execute("SELECT * FROM governance_chainhead WHERE identity_id = %s", [chain]).fetchone()
    assert found is not None
    return found


def whole(*chains: UUID) -> bool:
    """As `manage.py audit verify --payloads` judges these chains and the system's: other tests harm theirs."""
    command = Command()
    return all(command.verify(chain, payloads=True).ok for chain in (*chains, SYSTEM_CHAIN))
