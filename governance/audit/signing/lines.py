"""The lines of the outside record: each signed, each naming the one before it. Knows neither Django nor database.

`key` brings a public key: the first line, signed by itself, or a successor, signed by the key before it.
`head` states the root of the tree over all chain heads. `gap` states that the database went back behind the
record and a person took note of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.audit.signing.keys import KeyProblem, fingerprint, load, public_key, public_part
from governance.canonical import canonical

VERSION = 1
DOMAIN = b"chenu.head.v1"
NOTHING = bytes(32).hex()


class BadLine(Exception):
    """A line is not what was signed, or does not follow the one before; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `text` are its exact bytes, without the line's end."""

    number: int
    kind: str
    text: bytes
    told: dict[str, Any]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text).hexdigest()


def read(text: bytes) -> Line:
    """The line in these bytes, unjudged. Raises BadLine for anything that is none."""
    try:
        told = orjson.loads(text)
        return Line(int(told["n"]), str(told["kind"]), text, told)
    except (ValueError, KeyError, TypeError) as error:
        raise BadLine("a line of the outside record is no line") from error


def write(before: Line | None, kind: str, key: Ed25519PrivateKey, **facts: Any) -> Line:
    """The line after `before`, signed."""
    told = {
        "v": VERSION,
        "n": before.number + 1 if before else 1,
        "kind": kind,
        "prev": before.digest if before else NOTHING,
        "key": fingerprint(public_part(key)),
        **facts,
    }
    told["sig"] = key.sign(DOMAIN + canonical(told)).hex()
    return read(canonical(told))


def check(lines: Iterable[Line]) -> Iterator[tuple[Line, bytes]]:
    """Each line with the public key in force after it. Raises BadLine at the first that does not hold."""
    before, key = None, b""
    for line in lines:
        if not follows(line, before):
            raise BadLine(f"line {line.number} of the outside record does not follow the one before it")
        if before is None:
            key = _brought(line)
        if not signed_by(line, key):
            raise BadLine(f"line {line.number} of the outside record is not signed by the key in force")
        if line.kind == "key":
            key = _brought(line)
        yield line, key
        before = line


def follows(line: Line, before: Line | None) -> bool:
    """The next number (a gap may leave some out) and the digest of the line before."""
    number, digest = (before.number, before.digest) if before else (0, NOTHING)
    in_order = line.number > number if line.kind == "gap" else line.number == number + 1
    return in_order and line.told.get("prev") == digest


def signed_by(line: Line, public: bytes) -> bool:
    """Whether the line is what the key signed."""
    told = {name: value for name, value in line.told.items() if name != "sig"}
    try:
        public_key(public).verify(bytes.fromhex(line.told["sig"]), DOMAIN + canonical(told))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    return True


def print_in_force(line: Line) -> str:
    """The fingerprint of the key that signs what comes after `line`."""
    return fingerprint(_brought(line)) if line.kind == "key" else str(line.told["key"])


def in_force(line: Line) -> Ed25519PrivateKey:
    """The key to sign the next line with. Raises KeyProblem when the file holds none, or another."""
    key = load()
    if fingerprint(public_part(key)) != print_in_force(line):
        raise KeyProblem(
            f"the key file of the log holds another key than the one that signs it ({print_in_force(line)}): "
            "bring back audit_key from your copy of the keys"
        )
    return key


def _brought(line: Line) -> bytes:
    try:
        return bytes.fromhex(line.told["public"])
    except (KeyError, ValueError, TypeError) as error:
        raise BadLine(f"line {line.number} of the outside record brings no key") from error
