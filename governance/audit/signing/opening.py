"""What a start asks before it serves: do keys and outside record belong to this database? Knows no Django model."""

from __future__ import annotations

from typing import Any, LiteralString
from uuid import UUID

import psycopg
from django.conf import settings

from governance.audit.master import unwrap
from governance.audit.signing.keys import KeyProblem
from governance.audit.signing.lines import BadLine, Line, in_force, read
from governance.audit.signing.outside import OutsideRecord, RecordProblem, contradiction

SYSTEM = UUID(int=0)
HINT = "; if this is meant: manage.py audit acknowledge --reason=…"


def problem(database: psycopg.Connection[Any]) -> str:
    """Why an installation on this database must not start, in one line; '' when nothing is in the way."""
    with database.transaction():
        database.execute("SET LOCAL ROLE chenu_system")
        wrapped = _one(database, "SELECT wrapped FROM governance_datakey WHERE identity_id = %s", SYSTEM)
        if wrapped is not None and unwrap(SYSTEM, wrapped) is None:
            return "the master key is not the one this database was sealed with: bring back master_key from your copy"
        last = _one(database, "SELECT text FROM governance_treehead ORDER BY number DESC LIMIT %s", 1)
        try:
            inside = read(last) if last is not None else None
            outside = OutsideRecord(settings.AUDIT_HEADS_FILE).last()
            number = outside.number if outside else 0
            there = _one(database, "SELECT text FROM governance_treehead WHERE number = %s", number)
            against = contradiction(outside, inside, there)
            return f"{against}{HINT}" if against else _key_problem(inside)
        except (BadLine, RecordProblem) as error:
            return str(error)


def _key_problem(inside: Line | None) -> str:
    try:
        if inside is not None:
            in_force(inside)
    except KeyProblem as error:
        return str(error)
    return ""


def _one(database: psycopg.Connection[Any], query: LiteralString, value: UUID | int) -> bytes | None:
    row = database.execute(query, [value]).fetchone()
    return bytes(row[0]) if row else None
