"""Is the bound identity's log whole, and is it the one that was signed? (design 3.5)"""

from __future__ import annotations

from dataclasses import dataclass, replace

from governance.audit.signing import keys
from governance.audit.signing.checking import first_head_fault, newest_head
from governance.audit.signing.lines import read
from governance.audit.signing.models import SignedHead
from governance.audit.verify import GENESIS, ChainReport, verify_chain
from governance.isolation.context import current


@dataclass(frozen=True, slots=True)
class Proof:
    """`first` is the number of the first entry that was read again; `signed` the last signed head, if any."""

    report: ChainReport
    first: int
    signed: SignedHead | None
    key: str


def prove(*, full: bool) -> Proof:
    """Verifies from the last signed head, or with `full` from the first entry and against every signed head.

    Inside a transaction where the identity's rows are visible.
    """
    chain, signed = current().identity_id, newest_head()
    heads = SignedHead.objects.order_by("number").iterator() if full else [signed] if signed else []
    try:
        known = keys.known()
        found = first_head_fault(chain, heads, known)
    except keys.KeyProblem as problem:
        known, found = {}, (signed, str(problem)) if signed else None
    trusted = None if full or found else signed
    report = verify_chain(chain, since=(trusted.seq, bytes(trusted.hash)) if trusted else (0, GENESIS))
    if found and report.ok:
        head, reason = found
        report = replace(report, ok=False, first_bad={"seq": head.seq, "id": None, "reason": reason})
    return Proof(report, trusted.seq + 1 if trusted else 1, signed, print_of(signed))


def print_of(signed: SignedHead | None) -> str:
    """The fingerprint of the key that signed a head, to be compared with the one its owner keeps."""
    return str(read(bytes(signed.text)).told["key"]) if signed else ""
