"""A security key in software: makes passkeys and shows them as a browser would hand them on."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

ORIGIN = "http://localhost"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Key:
    """One device with one passkey; `verified`: it checks who holds it; `counts`: it counts its uses (many never do)."""

    def __init__(
        self, *, verified: bool = True, origin: str = ORIGIN, rp: str = "localhost", counts: bool = False
    ) -> None:
        self.counts, self.uses = counts, 0
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id, self.verified, self.origin, self.rp = os.urandom(32), verified, origin, rp
        self.handle = b""

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`."""
        asked = options["publicKey"]
        self.handle = base64.urlsafe_b64decode(asked["user"]["id"] + "==")
        numbers = self.private.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor.encode(public)
        data = self._data(ATTESTED) + attested
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._told(
            {
                "clientDataJSON": b64(self._client("webauthn.create", asked["challenge"])),
                "attestationObject": b64(attestation),
            }
        ) | {"clientExtensionResults": {"credProps": {"rk": True}}}

    def show(self, options: dict[str, Any], handle: bytes | None = None) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`."""
        data, client = self._data(), self._client("webauthn.get", options["publicKey"]["challenge"])
        signed = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._told(
            {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(signed),
                "userHandle": b64(self.handle if handle is None else handle),
            }
        )

    def _data(self, more: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.verified else 0) | more
        self.uses += self.counts
        return hashlib.sha256(self.rp.encode()).digest() + bytes([flags]) + struct.pack(">I", self.uses)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _told(self, response: dict[str, str]) -> dict[str, Any]:
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }


A_CREDENTIAL = Key().make({"publicKey": {"user": {"id": b64(b"x")}, "challenge": b64(b"y" * 32)}})
