"""The stand-alone verifier: every mutation of an archive is found and named, also what somebody made anew with care."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.mutations import mutated, stated
from governance.audit import verify_export
from tests.cast import Person, make_person
from tests.governance.audit.chains import grow
from tests.governance.rights.archives import exported, opened

MUTATIONS = 1000
CLEAN = 12
_made: list[dict[str, bytes]] = []


class Held:
    """An archive in memory, as the verifier reads it."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def read(self, name: str) -> bytes:
        return self.files[name]

    def names(self) -> set[str]:
        return set(self.files)

    def faults(self, wanted: str = "") -> list[str]:
        return list(verify_export.faults(self, wanted, []))

    def stated(self) -> Held:
        """With the manifest that somebody who changed the files would write."""
        return Held(stated(self.files))


@pytest.fixture
def held(db: None) -> Held:
    if not _made:
        alice = make_person("Alice")
        grow(alice, 12)
        archive = opened(exported(alice))
        _made.append({name: archive.zip.read(name) for name in archive.names()})
    return Held(dict(_made[0]))


def found_and_named(files: dict[str, bytes], seed: int) -> None:
    """One mutation of what is signed is found, and its file is named in a fault."""
    name, changed = mutated(files, random.Random(seed))
    faults = Held(changed).faults()
    named = (name, "signed by nobody we know", "cannot be read", "not signed")
    assert any(word in fault for fault in faults for word in named), (seed, name, faults)


def test_clean_archives_are_whole(held: Held, db: None) -> None:
    assert held.faults() == []
    for number in range(CLEAN):
        person = make_person("Carl")
        grow(person, number)
        archive = opened(exported(person))
        assert Held({name: archive.zip.read(name) for name in archive.names()}).faults() == []


@pytest.mark.parametrize("part", range(4))
def test_every_mutation_is_found_and_named(held: Held, part: int) -> None:
    for seed in range(part, MUTATIONS, 4):
        found_and_named(held.files, seed)


def test_another_spelling_of_the_signature_is_an_alteration(held: Held) -> None:
    raw = held.read("manifest.sig")
    for other in (raw.upper().replace(b"KEY", b"key").replace(b"SIG", b"sig"), raw + b" ", raw.replace(b": ", b":")):
        assert any(
            fault.startswith("manifest.sig: altered") for fault in Held({**held.files, "manifest.sig": other}).faults()
        )


def test_a_log_made_anew_down_to_the_manifest_is_not_signed(held: Held) -> None:
    """Everything that can be computed is computed; what is left is the key."""
    head = json.loads(held.read("audit/head.json"))
    last, lines = bytes(32), []
    for text in held.read("audit/chain.jsonl").splitlines():
        entry = json.loads(text)
        if entry["seq"] == 3:
            entry["body"] = entry["body"].replace('"outcome":"allowed"', '"outcome":"refused"')
        numbered = b"chenu.audit.v1" + uuid.UUID(head["chain"]).bytes + entry["seq"].to_bytes(8, "big")
        entry["prev_hash"] = last.hex()
        last = hashlib.sha256(numbered + last + hashlib.sha256(entry["body"].encode()).digest()).digest()
        entry["hash"] = last.hex()
        lines.append(json.dumps(entry).encode())
    made = {
        "audit/chain.jsonl": b"\n".join(lines),
        "audit/head.json": json.dumps({**head, "hash": last.hex()}).encode(),
    }
    faults = Held({**held.files, **made}).stated().faults()
    assert any("manifest.json: altered" in fault for fault in faults)
    assert any("another one than was signed" in fault for fault in faults)
    assert not any(fault.startswith("log:") for fault in faults), "the chain itself was made anew with care"


def test_an_archive_signed_by_another_key_is_told_apart_by_its_print(held: Held) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    mine = hashlib.sha256(public).hexdigest()[:16]
    forged = Held({**held.files, "audit/keys.json": json.dumps([public.hex()]).encode()}).stated()
    message = b"chenu.export.v1" + hashlib.sha256(forged.read("manifest.json")).digest()
    forged.files["manifest.sig"] = json.dumps({"key": mine, "sig": key.sign(message).hex()}).encode()
    assert any("not signed by a known key" in fault for fault in forged.faults()), "its signed heads are not"
    noted = json.loads(held.read("manifest.sig"))["key"]
    assert f"manifest.sig: signed by the key {mine}, not by {noted}" in forged.faults(noted)
    assert held.faults(noted) == []


def test_ed25519_agrees_with_the_library() -> None:
    dice = random.Random(5)
    for size in (0, 1, 32, 63, 1000):
        key, message = Ed25519PrivateKey.generate(), dice.randbytes(size)
        public, signature = key.public_key().public_bytes_raw(), key.sign(message)
        assert verify_export.signed(public, message, signature.hex())
        assert not verify_export.signed(public, message + b"x", signature.hex())
        for at in (0, 31, 32, 63):
            wrong = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
            assert not verify_export.signed(public, message, wrong.hex())
    # RFC 8032, 7.1, test 3
    public = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    signature = (
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    assert verify_export.signed(public, bytes.fromhex("af82"), signature)
    # the factor must be below the order: adding it gives a second signature of the same message
    factor = int.from_bytes(bytes.fromhex(signature)[32:], "little") + verify_export.ORDER
    doubled = signature[:64] + factor.to_bytes(32, "little").hex()
    assert not verify_export.signed(public, bytes.fromhex("af82"), doubled)


@pytest.mark.parametrize("raw", [b"", b"no zip", b"PK\x03\x04" + bytes(40)])
def test_what_is_no_archive_is_one_line(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(raw)
    command: list[Any] = [sys.executable, "-I", "-S", verify_export.__file__, tmp_path / "x.zip"]
    done = subprocess.run(command, capture_output=True, text=True, env={}, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "cannot be read" in done.stdout


def test_an_archive_without_the_key_goes_out_and_says_so(alice: Person, settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_KEY_FILE = tmp_path / "gone" / "audit_key"
    settings.AUDIT_KEY_FILE.parent.mkdir()
    settings.AUDIT_KEY_FILE.write_text("no key")
    code, told = opened(exported(alice)).verify(tmp_path / "archive")
    assert code == 1
    assert "the archive is not signed" in told
