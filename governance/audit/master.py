"""The master key and what it wraps: the data keys of identities. Knows no Django model, so that a start can try it."""

from __future__ import annotations

import hashlib
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12


def wrap(identity_id: UUID, data_key: bytes) -> bytes:
    """The data key of an identity as it is stored."""
    return encrypt(_master_key(), data_key, label("data-key", identity_id))


def unwrap(identity_id: UUID, wrapped: bytes) -> bytes | None:
    """The data key again; None when the master key does not open it."""
    try:
        return AESGCM(_master_key()).decrypt(wrapped[:NONCE], wrapped[NONCE:], label("data-key", identity_id))
    except (InvalidTag, ValueError):
        return None


def encrypt(key: bytes, plain: bytes, name: bytes) -> bytes:
    """12 bytes nonce ‖ ciphertext ‖ 16 bytes tag, bound to `name`."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, name)


def label(purpose: str, identity_id: UUID) -> bytes:
    return f"chenu.{purpose}.{identity_id}".encode()


def _master_key() -> bytes:
    return hashlib.sha256(b"chenu.master\x00" + settings.MASTER_KEY.encode()).digest()
