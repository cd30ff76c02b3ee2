"""Is the chain whole? Recomputes every link of what is stored (design 3.5).

Finds any flipped, inserted, deleted, reordered or truncated entry, and names the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import orjson

from governance.audit.models import AuditEntry, ChainHead
from governance.audit.vault import SALT, unseal
from governance.errors import AuditUnavailable

GENESIS = bytes(32)
DOMAIN = b"chenu.audit.v1"
CHUNK = 2000
CUT_OFF = "entries are missing at the end"
COLUMNS = (
    "seq", "id", "body", "payload", "prev_hash", "hash", "at", "action", "effect", "outcome",
    "person_id", "run_id", "request_id", "resource_type", "resource_id", "checkpoint_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a verification found: `first_bad` is None or {seq, id, reason}."""

    chain: str
    entries: int
    ok: bool
    head: str
    first_bad: dict[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def link(chain: UUID, seq: int, prev_hash: bytes, body: bytes) -> bytes:
    """hash = SHA-256(domain ‖ chain uuid ‖ seq int8 ‖ previous hash ‖ SHA-256(body))."""
    numbered = DOMAIN + chain.bytes + seq.to_bytes(8, "big")
    return hashlib.sha256(numbered + prev_hash + hashlib.sha256(body).digest()).digest()


def verify_chain(
    chain: UUID, *, open_payloads: bool = False, since: tuple[int, bytes] = (0, GENESIS), most: int | None = None
) -> ChainReport:
    """Verifies one chain from its first entry, inside a transaction where it is visible.

    With `open_payloads` each payload is decrypted and compared with its commitment too. `since` is the number and
    hash of an entry known to be right: what comes before it is left out. With `most`, a piece of that many entries:
    the head is looked at by the piece that is shorter.
    """
    (seq, last), reason = since, CUT_OFF
    rows: Iterable[dict[str, Any]] = islice(_rows(after=seq), most)
    while reason == CUT_OFF:
        begun_at = seq
        for row in rows:
            fault = _fault(chain, seq, last, row) or (_payload_fault(chain, row) if open_payloads else "")
            if fault:
                return _report(chain, seq, last, {"seq": row["seq"], "id": str(row["id"]), "reason": fault})
            seq, last = row["seq"], bytes(row["hash"])
        if most is not None and seq - since[0] >= most:
            return _report(chain, seq, last, None)
        reason = _head_fault(seq, last)
        if seq == begun_at:
            break
        rows = _rows(after=seq)  # the head may be ahead because the log was written to meanwhile
    return _report(chain, seq, last, {"seq": seq + 1, "id": None, "reason": reason} if reason else None)


def _rows(after: int) -> Iterator[dict[str, Any]]:
    rows = AuditEntry.objects.in_order().values(*COLUMNS)
    return (rows.filter(seq__gt=after) if after else rows).iterator(chunk_size=CHUNK)


def _fault(chain: UUID, seq: int, last: bytes, row: dict[str, Any]) -> str:
    """Why this row cannot follow, or ''."""
    body = bytes(row["body"])
    if row["seq"] != seq + 1:
        return "an entry is missing or doubled before this one"
    if bytes(row["prev_hash"]) != last:
        return "it does not follow the entry before it"
    if bytes(row["hash"]) != link(chain, row["seq"], last, body):
        return "its body or its hash was altered"
    try:
        return _column_fault(orjson.loads(body), row)
    except (ValueError, KeyError, TypeError):
        return "its body is not an entry"


def _column_fault(told: dict[str, Any], row: dict[str, Any]) -> str:
    """The search columns are copies of the body: re-derive and compare."""
    actor, resource = told["actor"], told["resource"]
    derived = {
        "id": told["id"],
        "action": told["action"],
        "effect": told["effect"],
        "outcome": told["outcome"],
        "person_id": actor["person"],
        "run_id": actor["run"],
        "request_id": told["request"],
        "resource_type": resource["type"],
        "resource_id": resource["id"],
        "checkpoint_id": told["checkpoint"],
    }
    for name, value in derived.items():
        kept = row[name]
        if (str(kept) if kept is not None else None) != value:
            return f"its column {name} differs from its body"
    return "" if row["at"] == datetime.fromisoformat(told["at"]) else "its column at differs from its body"


def _payload_fault(chain: UUID, row: dict[str, Any]) -> str:
    try:
        opened = unseal(chain, "audit", bytes(row["payload"]))
    except AuditUnavailable:
        return "its payload does not open"
    commit = orjson.loads(bytes(row["body"])).get("commit")
    whole = len(opened) >= SALT and hashlib.sha256(opened).hexdigest() == commit
    return "" if whole else "its payload is not the one committed to"


def _head_fault(seq: int, last: bytes) -> str:
    head = ChainHead.objects.first()
    if head is None:
        return "" if seq == 0 else "the chain has no head"
    if head.seq > seq:
        return CUT_OFF
    return "" if (head.seq, bytes(head.hash)) == (seq, last) else "the head does not match the last entry"


def _report(chain: UUID, seq: int, last: bytes, first_bad: dict[str, Any] | None) -> ChainReport:
    return ChainReport(str(chain), seq, first_bad is None, last.hex(), first_bad)
