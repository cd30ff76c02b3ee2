"""Signing the heads of all chains as they are now, and telling it to the outside record."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection

from governance.audit.entries import Draft, append
from governance.audit.models import ChainHead, Outcome
from governance.audit.signing import keys, merkle
from governance.audit.signing.lines import Line, in_force, print_in_force, read, write
from governance.audit.signing.models import SignedHead, TreeHead
from governance.audit.signing.outside import OutsideRecord, RecordProblem, contradiction
from governance.isolation.context import SYSTEM_CHAIN, Why, system_scope
from governance.registry.actions import Effect

ROTATED, ACKNOWLEDGED = "governance.audit.rotate", "governance.audit.acknowledge"
LOCK = 0x48454144  # "HEAD"
Head = tuple[int, bytes]  # number and hash of a chain's last entry
MADE_ANEW = """
SELECT s.identity_id FROM (
    SELECT DISTINCT ON (identity_id) identity_id, seq, hash FROM governance_signedhead
    ORDER BY identity_id, number DESC) s
LEFT JOIN governance_auditentry e ON e.identity_id = s.identity_id AND e.seq = s.seq
WHERE s.seq > 0 AND e.hash IS DISTINCT FROM s.hash
"""
logger = logging.getLogger(__name__)


def outside_record() -> OutsideRecord:
    return OutsideRecord(settings.AUDIT_HEADS_FILE)


def sign_heads() -> Line | None:
    """Signs the heads of all chains, when one has moved since the last time; returns the last line.

    Raises RecordProblem when the outside record does not agree, KeyProblem without the right key: then nothing
    is signed, and what was signed before stands.
    """
    with system_scope(Why.SIGN):
        _one_at_a_time()
        last = last_line()
        _refuse_contradiction(last)
        key = key_of(last)
        last = last or _keep(write(None, "key", key, at=_now(), public=keys.public_part(key).hex()))
        signed, heads = _signed(), _heads()
        for chain in _made_anew():
            logger.error("the log of %s is not the one that was signed: it is not signed again", chain)
            heads[chain] = signed[chain]
        moved = {chain for chain, head in heads.items() if signed.get(chain) != head}
        if moved:
            last = _sign(last, key, heads, moved)
    publish()
    return last


def change_key() -> Line:
    """A new key from now on: brought by a line that the old one signs. The old file stays beside it, with its print."""
    with system_scope(Why.SIGN):
        _one_at_a_time()
        last = last_line()
        if last is None:
            raise keys.KeyProblem("nothing has been signed yet: there is no key to replace")
        _refuse_contradiction(last)
        old = key_of(last)
        path = settings.AUDIT_KEY_FILE
        fresh = keys.make(path.with_name(f"{path.name}.next"))
        line = _keep(write(last, "key", old, at=_now(), public=keys.public_part(fresh).hex()))
        _tell(ROTATED, {"line": line.number, "print": print_in_force(line)})
        path.replace(path.with_name(f"{path.name}.{keys.fingerprint(keys.public_part(old))}"))
        path.with_name(f"{path.name}.next").replace(path)
    publish()
    return line


def take_note(reason: str) -> Line:
    """Goes on from an outside record that contradicts the database: a line that says so, in both.

    The system's log keeps the `reason`, a person's words.

    Raises RecordProblem when they agree, KeyProblem without the key of the record.
    """
    record = outside_record()
    with system_scope(Why.SIGN):
        _one_at_a_time()
        inside, outside = last_line(), record.last()
        problem = _contradiction(inside)
        if not problem or outside is None:
            raise RecordProblem("the outside record and the database agree: there is nothing to take note of")
        key, known = key_of(outside), inside.number if inside else 0
        facts = {"at": _now(), "inside": known, "public": keys.public_part(key).hex()}
        line = _keep(write(outside, "gap", key, n=max(known, outside.number) + 1, **facts))
        _tell(ACKNOWLEDGED, {"line": line.number, "problem": problem, "reason": reason})
    with record.growing() as file:
        file.write(line.text + b"\n")
    return line


def publish() -> None:
    """Brings the outside record up to what the database has committed. Raises RecordProblem."""
    with outside_record().growing() as file:
        last = outside_record().last()
        with system_scope(Why.SIGN):
            rows = TreeHead.objects.filter(number__gt=last.number if last else 0).order_by("number")
            texts = [bytes(text) for text in rows.values_list("text", flat=True)]
        file.writelines(text + b"\n" for text in texts)


def last_line() -> Line | None:
    """The database's last line; inside the system's scope."""
    text = TreeHead.objects.order_by("-number").values_list("text", flat=True).first()
    return read(bytes(text)) if text is not None else None


def key_of(last: Line | None) -> Ed25519PrivateKey:
    """The signing key, made when nothing was ever signed. Raises KeyProblem when it is not the one in force."""
    if last is None:
        return keys.load() if settings.AUDIT_KEY_FILE.exists() else keys.make()
    return in_force(last)


def leaf_data(chain: UUID, seq: int, head: bytes) -> bytes:
    return chain.bytes + seq.to_bytes(8, "big") + head


def _heads() -> dict[UUID, Head]:
    """All chains as they end now, in the order of the tree's leaves."""
    rows = ChainHead.objects.order_by("identity_id").values_list("identity_id", "seq", "hash")
    return {chain: (seq, bytes(head)) for chain, seq, head in rows}


def _signed() -> dict[UUID, Head]:
    """All chains as they were signed last."""
    newest = SignedHead.objects.order_by("identity_id", "-number").distinct("identity_id")
    return {chain: (seq, bytes(head)) for chain, seq, head in newest.values_list("identity_id", "seq", "hash")}


def _made_anew() -> list[UUID]:
    """Chains that do not hold the entry they were last signed with: signing them again would make it right."""
    with connection.cursor() as cursor:
        cursor.execute(MADE_ANEW)
        return [chain for (chain,) in cursor.fetchall()]


def _sign(last: Line, key: Ed25519PrivateKey, heads: dict[UUID, Head], moved: set[UUID]) -> Line:
    tree = merkle.levels([merkle.leaf(leaf_data(chain, *head)) for chain, head in heads.items()])
    entries, now = sum(seq for seq, _ in heads.values()), datetime.now(UTC)
    root = tree[-1][0].hex()
    line = _keep(write(last, "head", key, at=_text(now), chains=len(heads), entries=entries, root=root))
    rows = [
        SignedHead(
            identity_id=chain,
            number=line.number,
            at=now,
            seq=seq,
            hash=head,
            index=index,
            path=merkle.path(tree, index),
            text=line.text,
        )
        for index, (chain, (seq, head)) in enumerate(heads.items())
        if chain in moved
    ]
    SignedHead.objects.bulk_create(rows, batch_size=500)
    return line


def _tell(action: str, facts: dict[str, Any]) -> None:
    """An entry in the system's own chain, in the same transaction."""
    append(SYSTEM_CHAIN, None, [Draft(action, Effect.CONFIGURE, Outcome.ALLOWED, payload=facts)], [])


def _keep(line: Line) -> Line:
    TreeHead.objects.create(identity_id=SYSTEM_CHAIN, number=line.number, kind=line.kind, text=line.text)
    return line


def _refuse_contradiction(inside: Line | None) -> None:
    if problem := _contradiction(inside):
        raise RecordProblem(problem)


def _contradiction(inside: Line | None) -> str:
    outside = outside_record().last()
    there = TreeHead.objects.filter(number=outside.number).values_list("text", flat=True).first() if outside else None
    return contradiction(outside, inside, bytes(there) if there is not None else None)


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _now() -> str:
    return _text(datetime.now(UTC))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
