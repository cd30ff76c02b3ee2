"""A stream sealed under the master key: AES-256-GCM over numbered pieces, the last one marked.

Layout: magic ‖ 16 bytes salt ‖ pieces of (4 bytes length ‖ ciphertext and tag). A piece that is changed, moved,
doubled or missing, the end included, does not open.
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"CHENU-BACKUP-1\n"
PIECE = 1 << 20  # bytes of plain text
TAG = 16
SALT = 16


class BackupProblem(Exception):
    """A backup cannot be made or brought back; the message is one line a person can act on."""


class SealedWriter(io.RawIOBase):
    """Write plain bytes; `close()` seals the end. The target stays open."""

    def __init__(self, target: BinaryIO, master_key: str) -> None:
        salt = os.urandom(SALT)
        self._target, self._cipher = target, _cipher(master_key, salt)
        self._waiting, self._number = bytearray(), 0
        target.write(MAGIC + salt)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._waiting += data
        while len(self._waiting) > PIECE:
            self._seal(last=False)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(last=True)
        super().close()

    def _seal(self, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, last), bytes(self._waiting[:PIECE]), None)
        self._target.write(len(sealed).to_bytes(4, "big") + sealed)
        del self._waiting[:PIECE]
        self._number += 1


class SealedReader(io.RawIOBase):
    """Read the plain bytes back. Raises BackupProblem at the first byte that is not what was written."""

    def __init__(self, source: BinaryIO, master_key: str) -> None:
        if source.read(len(MAGIC)) != MAGIC:
            raise BackupProblem("this is not a backup of CHE·NU")
        self._source, self._cipher = source, _cipher(master_key, source.read(SALT))
        self._waiting, self._number, self._ended = b"", 0, False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:  # type: ignore[override]
        pieces = [self._waiting]
        held = len(self._waiting)
        while not self._ended and (size < 0 or held < size):
            pieces.append(self._open())
            held += len(pieces[-1])
        plain = b"".join(pieces)
        size = len(plain) if size < 0 else size
        self._waiting = plain[size:]
        return plain[:size]

    def _open(self) -> bytes:
        length = int.from_bytes(self._source.read(4), "big")
        sealed = self._source.read(length) if TAG <= length <= PIECE + TAG else b""
        sealed = sealed if len(sealed) == length else b""
        for last in (False, True):
            try:
                plain = self._cipher.decrypt(_nonce(self._number, last), sealed, None)
            except (InvalidTag, ValueError):
                continue
            self._ended, self._number = last, self._number + 1
            return plain
        raise BackupProblem("the backup is damaged or was sealed under another master key")


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _cipher(master_key: str, salt: bytes) -> AESGCM:
    derived = HKDF(SHA256(), 32, salt, b"chenu.backup.v1").derive(master_key.encode())
    return AESGCM(derived)
