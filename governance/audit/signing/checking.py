"""Do the chains still hold what was signed? Somebody who made a whole chain anew cannot sign it anew (design 3.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from governance.audit.models import AuditEntry
from governance.audit.signing import keys, merkle
from governance.audit.signing.lines import BadLine, Line, check, read, signed_by
from governance.audit.signing.models import SignedHead, TreeHead
from governance.audit.signing.taking import leaf_data, outside_record
from governance.isolation.context import Why, system_scope


@dataclass(slots=True)
class Standing:
    """What the outside record says since its last gap, and the key in force at its end."""

    lines: dict[int, Line] = field(default_factory=dict)
    tree: Line | None = None
    key: bytes = b""


def standing() -> Standing:
    """The record, read and checked from its first line. Raises BadLine."""
    found = Standing()
    for line, found.key in check(outside_record().lines()):
        if line.kind == "gap":
            found.lines, found.tree = {}, None
        found.lines[line.number] = line
        found.tree = line if line.kind == "head" else found.tree
    return found


def record_faults() -> list[str]:
    """What is wrong between the outside record and the database, for all chains together; empty when nothing is."""
    try:
        found = standing()
        if found.lines and keys.fingerprint(found.key) not in keys.known():
            return ["the outside record is signed by a key that is not this installation's"]
    except (BadLine, keys.KeyProblem) as problem:
        return [str(problem)]
    with system_scope(Why.VERIFY):
        rows = TreeHead.objects.filter(number__gte=min(found.lines, default=0)).values_list("number", "text")
        inside = {number: bytes(text) for number, text in rows}
        for number, line in found.lines.items():
            if inside.get(number) != line.text:
                return [f"line {number} of the outside record is not in the database as it was signed"]
        return _tree_faults(found.tree) if found.tree is not None else []


def _tree_faults(tree: Line) -> list[str]:
    """Whether the places of all chains make the signed root again: none was taken away, none put in."""
    newest = SignedHead.objects.filter(number__lte=tree.number)
    newest = newest.order_by("identity_id", "-number").distinct("identity_id")
    leaves = [
        merkle.leaf(leaf_data(chain, seq, bytes(head)))
        for chain, seq, head in newest.values_list("identity_id", "seq", "hash")
    ]
    root = merkle.levels(leaves)[-1][0].hex() if leaves else ""
    if root != tree.told["root"]:
        return [f"the heads kept in the database do not make the root signed in line {tree.number}"]
    return []


def newest_head() -> SignedHead | None:
    """The bound identity's last signed head."""
    return SignedHead.objects.order_by("-number").first()


def head_fault(chain: UUID, row: SignedHead, known: dict[str, bytes]) -> str:
    """Why this signed head does not hold for `chain`, whose rows are visible; or ''."""
    line = read(bytes(row.text))
    key = known.get(str(line.told.get("key")))
    if key is None or line.number != row.number or not signed_by(line, key):
        return f"its head of line {row.number} is not signed by a key of this installation"
    leaf = merkle.leaf(leaf_data(chain, row.seq, bytes(row.hash)))
    try:
        root = merkle.root_of(leaf, row.index, int(line.told["chains"]), [bytes(each) for each in row.path])
    except ValueError:
        root = b""
    if root.hex() != line.told["root"]:
        return f"its head of line {row.number} is not in the tree that was signed"
    stored = AuditEntry.objects.filter(seq=row.seq).values_list("hash", flat=True).first()
    if row.seq and (stored is None or bytes(stored) != bytes(row.hash)):
        return f"entry {row.seq} is not the one that was signed in line {row.number}: the chain was made anew"
    return ""


def first_head_fault(chain: UUID, rows: Iterable[SignedHead], known: dict[str, bytes]) -> tuple[SignedHead, str] | None:
    """The first of the signed heads that does not hold, and why."""
    for row in rows:
        if fault := head_fault(chain, row, known):
            return row, fault
    return None
