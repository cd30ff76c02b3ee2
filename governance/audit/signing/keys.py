"""The signing key: one Ed25519 key in a file, outside the database, made with the first signature only."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings


class KeyProblem(Exception):
    """The signing key is not what it should be; the message is one line a person can act on."""


def load(path: Path | None = None) -> Ed25519PrivateKey:
    """The key in the file. Raises KeyProblem when there is none, or something else."""
    path = path or settings.AUDIT_KEY_FILE
    try:
        key = forms.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise KeyProblem(f"the key that signs the log, {path}, cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyProblem(f"{path} holds no signing key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyProblem(f"{path} holds a key of another kind than Ed25519")
    return key


def known() -> dict[str, bytes]:
    """The public parts of all keys that ever signed here, by their prints. Raises KeyProblem for a bad file."""
    path: Path = settings.AUDIT_KEY_FILE
    files = [path, *sorted(path.parent.glob(f"{path.name}.????????????????"))]
    parts = [public_part(load(each)) for each in files if each.exists()]
    return {fingerprint(part): part for part in parts}


def make(path: Path | None = None) -> Ed25519PrivateKey:
    """A new key, written for its owner only. Raises KeyProblem when there is a file already."""
    path = path or settings.AUDIT_KEY_FILE
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError as error:
        raise KeyProblem(f"{path} exists already") from error
    except OSError as error:
        raise KeyProblem(f"{path} cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
    return key


def public_part(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes that check what `key` signs."""
    return key.public_key().public_bytes_raw()


def fingerprint(public: bytes) -> str:
    """What people compare: the first 16 hexadecimal digits of the digest of the public part."""
    return hashlib.sha256(public).hexdigest()[:16]


def public_key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)
