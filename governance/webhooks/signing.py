"""Standard Webhooks (standardwebhooks.com): a key per webhook, HMAC-SHA256 over `id.timestamp.body`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from uuid import UUID

from governance.audit.vault import seal, unseal
from governance.webhooks.models import WebhookSecret

MARK = "whsec_"
BYTES = 32


def new_key() -> bytes:
    return secrets.token_bytes(BYTES)


def shown(key: bytes) -> str:
    """The key as a receiver sets it up."""
    return MARK + base64.b64encode(key).decode()


def sealed(webhook_id: UUID, identity_id: UUID, key: bytes) -> bytes:
    """Sealed under the identity's data key, for this webhook only; it dies with the identity."""
    return seal(identity_id, _purpose(webhook_id), key)


def opened(row: WebhookSecret) -> bytes:
    """The key; inside a transaction. Raises AuditUnavailable when it does not open."""
    return unseal(row.identity_id, _purpose(row.webhook_id), bytes(row.sealed))


def headers(keys: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> list[tuple[bytes, bytes]]:
    """The three headers; one signature per key, the newest first, so that a receiver may change over in peace."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    marks = [b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in keys]
    return [
        (b"webhook-id", message_id.encode()),
        (b"webhook-timestamp", str(timestamp).encode()),
        (b"webhook-signature", b" ".join(marks)),
    ]


def _purpose(webhook_id: UUID) -> str:
    return f"webhook.{webhook_id}"
