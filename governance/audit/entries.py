"""From an act to the bytes of its entry, format v1, fixed from the first commit (design 3.5)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import DatabaseError, IntegrityError, connection
from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from governance.audit.vault import SALT, seal
from governance.canonical import canonical, exact
from governance.errors import AuditUnavailable
from governance.isolation.context import SYSTEM_CHAIN, IdentityContext
from governance.writes import Statement, send, statement

VERSION = 1
PURPOSE = "audit"


@dataclass(slots=True)
class Draft:
    """An entry to be written: ids in the body, everything that names or tells in the payload."""

    action: str
    effect: str
    outcome: str
    reason: str = ""
    resource_type: str = ""
    resource_id: UUID | None = None
    resource_version: int | None = None
    verdict: UUID | None = None
    checkpoint: UUID | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class News:
    """An event to be numbered and stored with the entries; `data` is small and goes to sockets."""

    kind: str
    object_id: UUID | None = None
    run_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)


APPEND = "SELECT audit_seq, event_seq, {heard} FROM chenu.audit_append(%s, %s::bytea[], %s::bytea[], %s::jsonb[])"
ALONE = APPEND.format(heard="false")
# Asked in the statement that is sent anyway: who has no webhook pays no message for those who have.
WITH_NEWS = APPEND.format(
    heard="EXISTS (SELECT 1 FROM governance_webhook w WHERE w.identity_id = %s AND w.state = 'active')"
)


class Appended(NamedTuple):
    """The last numbers of the chain; `heard`: its identity has webhooks, which may want to be told of the news."""

    audit_seq: int
    event_seq: int
    heard: bool


def append(
    chain: UUID,
    actor: IdentityContext | None,
    drafts: list[Draft],
    news: list[News],
    before: Iterable[Statement] = (),
) -> Appended:
    """Writes entries and events at the end of `chain`, last in the open transaction.

    `before` are statements that are sent ahead in the same message. Returns the last audit and event sequence
    numbers. Raises AuditUnavailable when the log cannot be written: the caller's transaction must then roll back.
    """
    bodies, payloads = [], []
    for draft in drafts:
        sealed, commit = sealed_payload(chain, draft.payload)
        bodies.append(body(draft, actor, commit))
        payloads.append(sealed)
    events = [Jsonb(_event(item)) for item in news]
    try:
        with connection.cursor() as cursor:
            last = [chain, bodies, payloads, events]
            written = statement(WITH_NEWS, [chain, *last]) if events else statement(ALONE, last)
            send(cursor, [*before, written])
            return Appended(*cursor.fetchone())
    except DatabaseError as error:
        if isinstance(error, IntegrityError) and before:
            raise  # one of the rows ahead
        raise AuditUnavailable("The audit log refused the entry.") from error


def body(draft: Draft, actor: IdentityContext | None, commit: bytes) -> bytes:
    """The canonical JSON (RFC 8785) that is hashed: ids only, no name, address, text, ip or user agent."""
    return canonical(
        {
            "v": VERSION,
            "id": uuid7(),
            "at": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "actor": {
                "person": actor and actor.person_id,
                "identity": actor and actor.identity_id,
                "agent": (actor and actor.agent) or None,
                "run": actor and actor.run_id,
                "channel": str(actor.channel) if actor else "system",
            },
            "action": draft.action,
            "effect": draft.effect,
            "outcome": draft.outcome,
            "reason": draft.reason,
            "resource": {
                "type": draft.resource_type,
                "id": draft.resource_id,
                "version": draft.resource_version,
            },
            "verdict": draft.verdict,
            "checkpoint": draft.checkpoint,
            "request": actor and actor.request_id,
            "commit": commit.hex(),
        }
    )


def sealed_payload(chain: UUID, payload: dict[str, Any]) -> tuple[bytes, bytes]:
    """(sealed salt ‖ payload, commit): commit = SHA-256(salt ‖ payload), unguessable once the key is gone."""
    salt, plain = os.urandom(SALT), orjson.dumps(payload, default=str)
    return seal(chain, PURPOSE, salt + plain), hashlib.sha256(salt + plain).digest()


def _event(item: News) -> dict[str, Any]:
    return exact({"kind": item.kind, "id": item.object_id, "run": item.run_id, "data": item.data})


__all__ = ["SYSTEM_CHAIN", "Draft", "News", "append", "body", "exact", "sealed_payload"]
