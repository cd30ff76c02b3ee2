"""Keys of identities, and sealing under them: AES-256-GCM, each data key wrapped by the master key.

What is sealed: an audit payload, or any value that must die with its identity.
Format of a sealed value: 12 bytes nonce ‖ ciphertext ‖ 16 bytes tag, bound to its purpose and identity.
"""

from __future__ import annotations

import time
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from governance.audit.master import NONCE, encrypt, label, unwrap, wrap
from governance.audit.models import DataKey
from governance.errors import AuditUnavailable

SALT = 32
KEY_LIFETIME = 60  # seconds


def make_data_key(identity_id: UUID) -> DataKey:
    """Creates the data key of a new identity; the identity must be bound (or the system's scope open)."""
    return DataKey.objects.create(identity_id=identity_id, wrapped=wrap(identity_id, AESGCM.generate_key(256)))


def seal(identity_id: UUID, purpose: str, plain: bytes) -> bytes:
    """Encrypts `plain` under the identity's data key; inside a transaction where its rows are visible."""
    return encrypt(_data_key(identity_id), plain, label(purpose, identity_id))


def unseal(identity_id: UUID, purpose: str, sealed: bytes) -> bytes:
    """Decrypts what `seal` made. Raises AuditUnavailable when the key is gone or the value was altered."""
    try:
        return AESGCM(_data_key(identity_id)).decrypt(
            bytes(sealed[:NONCE]), bytes(sealed[NONCE:]), label(purpose, identity_id)
        )
    except (InvalidTag, ValueError) as error:
        raise AuditUnavailable("A sealed value does not open with this identity's key.") from error


def forget_keys() -> None:
    """Drops the unwrapped keys this process holds (after an erasure, and between tests)."""
    _unwrapped.cache_clear()


def _data_key(identity_id: UUID) -> bytes:
    return _unwrapped(identity_id, int(time.monotonic() // KEY_LIFETIME))


@lru_cache(maxsize=1024)
def _unwrapped(identity_id: UUID, _period: int) -> bytes:
    """The opened key; a process holds it for one period at most, so an erased key dies soon everywhere."""
    wrapped = DataKey.objects.filter(identity_id=identity_id).values_list("wrapped", flat=True).first()
    if wrapped is None:
        raise AuditUnavailable("This identity has no data key.")
    key = unwrap(identity_id, bytes(wrapped))
    if key is None:
        raise AuditUnavailable("The master key does not open this identity's data key.")
    return key
