"""Keys at rest: AES-256-GCM under a key that the master key wraps, bound to row, provider and address (design 5.1)."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agents.llm.registry.models import IdentityKey, InstallationKey
from governance.audit.master import NONCE, encrypt, label, unwrap, wrap
from governance.audit.vault import seal, unseal
from governance.errors import AuditUnavailable

Row = IdentityKey | InstallationKey


def close(row: Row, secret: str) -> None:
    """Seals the secret into a row whose provider, address and owner are set; nothing but its end stays readable."""
    row.last4 = secret[-4:]
    if isinstance(row, IdentityKey):
        row.sealed = seal(row.identity_id, purpose(row), secret.encode())
        return
    data_key = AESGCM.generate_key(256)
    row.wrapped = wrap(row.pk, data_key)
    row.sealed = encrypt(data_key, secret.encode(), label(purpose(row), row.pk))


def opened(row: Row) -> str:
    """The secret. Raises AuditUnavailable when it does not open: another master key, or an altered row."""
    sealed = bytes(row.sealed)
    if isinstance(row, IdentityKey):
        return unseal(row.identity_id, purpose(row), sealed).decode()
    data_key = unwrap(row.pk, bytes(row.wrapped))
    try:
        if data_key is None:
            raise InvalidTag
        return AESGCM(data_key).decrypt(sealed[:NONCE], sealed[NONCE:], label(purpose(row), row.pk)).decode()
    except (InvalidTag, ValueError) as error:
        raise AuditUnavailable("A provider's key does not open with the master key.") from error


def purpose(row: Row) -> str:
    """What a sealed key is for; moved to another row, provider or address it does not open."""
    return f"llm-key.{row.pk}.{row.provider_id}.{row.base_url}"
