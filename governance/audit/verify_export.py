"""Checks an archive of CHE·NU without CHE·NU: Python 3.9 or later and nothing else.

    python3 verify.py                    in the folder the archive was unpacked into
    python3 verify.py archive.zip        the archive as it was downloaded
    python3 verify.py archive.zip PRINT  and the key must be the one whose print you noted

1. the manifest is signed, every file of it is there with the digest it states, and there is no other;
2. the chain of the log: each entry's hash is SHA-256 of its domain, the chain's id, its number, the hash
   before it and the digest of its body, from the first entry to the head; each payload is the one that the
   body committed to. In an archive that was narrowed, the entries that were not asked for are there as links alone:
   the digest of their body in its place;
3. the signed heads: an Ed25519 signature over the root of a hash tree (RFC 6962) in which the chain's head of
   that moment was a leaf. Whoever made the log anew could not sign it anew.
"""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHAIN, HEAD, EXPORT = b"chenu.audit.v1", b"chenu.head.v1", b"chenu.export.v1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error, EOFError)


class Folder:
    """An unpacked archive."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def names(self) -> set[str]:
        return {path.relative_to(self.path).as_posix() for path in self.path.rglob("*") if path.is_file()}


class Archive:
    """The archive as one file."""

    def __init__(self, path: str) -> None:
        self.zip = zipfile.ZipFile(path)

    def read(self, name: str) -> bytes:
        return self.zip.read(name)

    def names(self) -> set[str]:
        return {name for name in self.zip.namelist() if not name.endswith("/")}


Source = Any  # Folder or Archive


def check_manifest(source: Source, known: dict[str, bytes], wanted: str) -> Iterator[str]:
    """Yields why the manifest is not the one that was signed."""
    if not known:
        yield f"{SIGNATURE}: no key is known, the archive is not signed"
        return
    raw, text = source.read(SIGNATURE), source.read(MANIFEST)
    told = json.loads(raw)
    key = known.get(told["key"])
    if raw != json.dumps({"key": told["key"], "sig": told["sig"].lower()}).encode():
        yield f"{SIGNATURE}: altered"
    if key is None or not signed(key, EXPORT + hashlib.sha256(text).digest(), told["sig"]):
        yield f"{MANIFEST}: altered, or signed by nobody we know"
    if wanted and told["key"] != wanted:
        yield f"{SIGNATURE}: signed by the key {told['key']}, not by {wanted}"


def check_files(source: Source) -> Iterator[str]:
    """Yields what differs from the manifest."""
    stated = json.loads(source.read(MANIFEST))["files"]
    there = source.names() - {MANIFEST, SIGNATURE}
    for name in sorted(set(stated) - there):
        yield f"{name}: missing"
    for name in sorted(there - set(stated)):
        yield f"{name}: not in the manifest"
    for name in sorted(there & set(stated)):
        try:
            digest = hashlib.sha256(source.read(name)).hexdigest()
        except BROKEN:
            digest = ""
        if digest != stated[name]["sha256"]:
            yield f"{name}: altered"


def check_chain(source: Source, notes: list[str]) -> Iterator[str]:
    """Yields what breaks the chain, at the first entry that does not fit; notes how many are links alone."""
    head = json.loads(source.read("audit/head.json"))
    if not head:
        return
    narrowed, links = bool(json.loads(source.read(MANIFEST)).get("narrowed")), 0
    chain, seq, last = uuid.UUID(head["chain"]).bytes, 0, bytes(32)
    for line in source.read("audit/chain.jsonl").splitlines():
        seq += 1
        try:
            entry = json.loads(line)
            is_link = entry["body"] is None and narrowed
            body = "" if is_link else entry["body"]
            digest = bytes.fromhex(entry["digest"]) if is_link else hashlib.sha256(body.encode()).digest()
            numbered = CHAIN + chain + seq.to_bytes(8, "big")
            before, last = last, hashlib.sha256(numbered + last + digest).digest()
            if entry["seq"] != seq or entry["prev_hash"] != before.hex() or entry["hash"] != last.hex():
                raise ValueError(seq)
            if is_link:
                links += 1
            elif entry["payload"] is None:
                yield f"log: the payload of entry {seq} is not in the clear"
            elif committed(entry) != json.loads(body)["commit"]:
                yield f"log: the payload of entry {seq} is not the one committed to"
        except BROKEN:
            yield f"log: entry {seq} does not fit"
            return
    if (seq, last.hex()) != (head["seq"], head["hash"]):
        yield f"log: it ends at entry {seq}, its head says {head['seq']}"
    if links:
        notes.append(f"{seq - links} of {seq} entries are told, the others are links alone")


def check_signed(source: Source, known: dict[str, bytes], notes: list[str]) -> Iterator[str]:
    """Yields the signed heads that do not hold; notes how far the log is signed."""
    head = json.loads(source.read("audit/head.json"))
    hashes = [json.loads(line)["hash"] for line in source.read("audit/chain.jsonl").splitlines()]
    seen: dict[str, bool] = {}
    last = ""
    for text in source.read("audit/signed.jsonl").splitlines():
        kept = json.loads(text)
        told, where = json.loads(kept["line"]), f"signed head {kept['number']}"
        if kept["line"] not in seen:
            plain = {name: value for name, value in told.items() if name != "sig"}
            exact = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            seen[kept["line"]] = told["key"] in known and signed(known[told["key"]], HEAD + exact, told["sig"])
        leaf = uuid.UUID(head["chain"]).bytes + kept["seq"].to_bytes(8, "big") + bytes.fromhex(kept["hash"])
        root = root_of(hashlib.sha256(b"\x00" + leaf).digest(), kept["index"], told["chains"], kept["path"])
        if not seen[kept["line"]] or told["n"] != kept["number"]:
            yield f"{where}: not signed by a known key"
        elif root != told["root"]:
            yield f"{where}: not in the tree that was signed"
        elif kept["seq"] > len(hashes) or (kept["seq"] and hashes[kept["seq"] - 1] != kept["hash"]):
            yield f"{where}: entry {kept['seq']} is another one than was signed"
        last = f"signed up to entry {kept['seq']} of {len(hashes)} at {told['at']} by the key {told['key']}"
    if last:
        notes.append(last)


def root_of(leaf: bytes, index: int, size: int, path: list[str]) -> str:
    """The root that a leaf leads to by its neighbours (RFC 6962); '' for an impossible path."""
    left, at = [bytes.fromhex(each) for each in path], leaf
    while size > 1:
        if index ^ 1 < size:
            if not left:
                return ""
            beside = left.pop(0)
            at = hashlib.sha256(b"\x01" + (beside + at if index & 1 else at + beside)).digest()
        index, size = index // 2, (size + 1) // 2
    return "" if left else at.hex()


def committed(entry: dict[str, Any]) -> str:
    return hashlib.sha256(bytes.fromhex(entry["salt"]) + entry["payload"].encode()).hexdigest()


def keys_of(source: Source) -> dict[str, bytes]:
    """The public keys of the archive by their prints, which are made from them here."""
    try:
        parts = [bytes.fromhex(text) for text in json.loads(source.read("audit/keys.json"))]
    except BROKEN:
        return {}
    return {hashlib.sha256(part).hexdigest()[:16]: part for part in parts}


# --- Ed25519 (RFC 8032, 5.1): points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z ---------------------
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def signed(public: bytes, message: bytes, signature: str) -> bool:
    """Whether `signature` (hexadecimal) is the key's over the message."""
    raw = bytes.fromhex(signature)
    if len(raw) != 64 or len(public) != 32:
        return False
    key, point, factor = _point(public), _point(raw[:32]), int.from_bytes(raw[32:], "little")
    if key is None or point is None or factor >= ORDER:
        return False
    hashed = int.from_bytes(hashlib.sha512(raw[:32] + public + message).digest(), "little") % ORDER
    return _same(_times(factor, _BASE), _plus(point, _times(hashed, key)))


def _plus(a: Point, b: Point) -> Point:
    first, second = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    third, fourth = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = second - first, fourth - third, fourth + third, second + first
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(factor: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            found = _plus(found, point)
        point, factor = _plus(point, point), factor >> 1
    return found


def _same(a: Point, b: Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def _point(text: bytes) -> Point | None:
    number = int.from_bytes(text, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


_BASE: Any = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def faults(source: Source, wanted: str, notes: list[str]) -> Iterator[str]:
    """Everything that is wrong; a part that cannot even be read is named."""
    known = keys_of(source)
    parts = (
        (f"{MANIFEST} or {SIGNATURE}", check_manifest(source, known, wanted)),
        ("files", check_files(source)),
        ("log", check_chain(source, notes)),
        ("signed heads", check_signed(source, known, notes)),
    )
    for name, check in parts:
        try:
            yield from check
        except BROKEN as error:
            yield f"{name}: cannot be read ({type(error).__name__})"


def main(arguments: list[str]) -> int:
    place = arguments[0] if arguments else str(Path(__file__).resolve().parent)
    notes: list[str] = []
    try:
        source = Folder(place) if Path(place).is_dir() else Archive(place)
        found = list(faults(source, arguments[1] if len(arguments) > 1 else "", notes))
    except BROKEN as error:
        found = [f"{place}: cannot be read ({type(error).__name__})"]
    for line in [*found, *notes]:
        print(line)
    print("whole" if not found else f"{len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
