"""`Idempotency-Key`: the same request twice has one effect and one answer (design 4.1)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection
from django.utils.translation import gettext_lazy as _

from governance.audit.vault import seal, unseal
from governance.errors import BadInput, Conflict, Unprocessable
from governance.isolation.context import current
from governance.registry.models import IdempotencyRecord

SHORTEST, LONGEST = 16, 255
PURPOSE = "idempotency"


@dataclass(frozen=True, slots=True)
class Key:
    """A request's key: `scope` says whose and where, `fingerprint` digests the body's canonical form."""

    scope: str
    fingerprint: str

    @classmethod
    def of_request(cls, value: str, method: str, path: str, body: Any) -> Key:
        """Builds the key of an API request; raises BadInput for an unusable header value."""
        if not SHORTEST <= len(value) <= LONGEST or not value.isascii() or not value.isprintable():
            raise BadInput(_("Idempotency-Key must have 16 to 255 printable characters."))
        actor = current()
        whose = actor.token_id or actor.person_id
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        return cls(_digest(f"{whose}\n{method}\n{path}\n{value}".encode()), _digest(canonical))


def replay_or_claim(key: Key) -> tuple[int, Any] | None:
    """The kept answer, or None after claiming the key for this transaction.

    Raises Conflict while another request holds the key, Unprocessable for another body under it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [key.scope])
        if not cursor.fetchone()[0]:
            raise Conflict("idempotency_in_flight", _("The first request with this key is still running."))
    kept = IdempotencyRecord.objects.filter(scope=key.scope).first()
    if kept is None:
        return None
    if kept.fingerprint != key.fingerprint:
        raise Unprocessable("idempotency_mismatch", _("This key was used for another request."))
    return kept.status, orjson.loads(unseal(kept.identity_id, PURPOSE, kept.answer))


def store_answer(key: Key, answer: tuple[int, Any]) -> None:
    """Keeps the answer of a success, encrypted with the identity's data key."""
    status, body = answer
    identity = current().identity_id
    IdempotencyRecord.objects.create(
        scope=key.scope,
        fingerprint=key.fingerprint,
        status=status,
        answer=seal(identity, PURPOSE, orjson.dumps(body, default=str)),
    )


def _digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()
