"""The log as the API shows it (design 6.2, pinned), and the words for its entries."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from governance.audit.entries import PURPOSE
from governance.audit.models import AuditEntry, ChainCheck, Outcome
from governance.audit.proof import Proof
from governance.audit.vault import SALT, unseal
from governance.errors import AuditUnavailable
from governance.registry.actions import all_actions

OUTCOMES: dict[str, Promise] = {
    Outcome.ALLOWED: _("done"),
    Outcome.REFUSED: _("refused"),
    Outcome.STOPPED: _("stopped, a person must decide"),
    Outcome.FAILED: _("failed"),
    Outcome.UNKNOWN: _("begun, outcome not known yet"),
}
# Entries that no declared action writes.
OTHER_LABELS: dict[str, Promise] = {
    "governance.boundary.cross": _("Reach across identities"),
    "governance.audit.rotate": _("Change the key that signs the log"),
    "governance.audit.acknowledge": _("Take note that the database went back"),
    "governance.token.use": _("Use an API token"),
}


class AuditEntryOut(BaseModel):
    """`actor`, `resource`, `verdict` and so on as they stand in the hashed body."""

    id: UUID
    chain: UUID
    seq: int
    at: datetime
    action: str
    effect: str
    outcome: str
    reason: str
    actor: dict[str, Any]
    resource: dict[str, Any]
    verdict: UUID | None
    checkpoint: UUID | None
    request: UUID | None
    hash: str
    prev_hash: str


class OpenedEntryOut(AuditEntryOut):
    """`payload` is None for a viewer, and for everybody once its key has been erased."""

    payload: dict[str, Any] | None


class AuditPage(BaseModel):
    results: list[AuditEntryOut]
    next: str | None
    previous: str | None


class ChainOut(BaseModel):
    chain: UUID
    entries: int
    ok: bool
    head: str
    first_bad: dict[str, Any] | None


class SignedOut(BaseModel):
    """The last signed head: up to entry `seq` nobody can make the log anew. `key` is the key's fingerprint."""

    line: int
    at: datetime
    seq: int
    hash: str
    key: str


class CheckOut(BaseModel):
    """A verification of the whole log: `state` is waiting, running, done or failed; `entries`: how many were read;
    `signed`: up to which entry a signed head holds."""

    id: UUID
    state: str
    entries: int
    total: int
    ok: bool | None
    first_bad: dict[str, Any] | None
    signed: int | None
    head: str
    asked_by: UUID
    created_at: datetime
    ended_at: datetime | None


class Verified(BaseModel):
    """`first`: the number of the first entry that was read again; `full`: the newest verification of the whole log.

    With `full=1` all of it tells of the last one that is done: `ok` is None and `chains` empty while there is none.
    """

    ok: bool | None
    chains: list[ChainOut]
    first: int
    signed: SignedOut | None
    full: CheckOut | None


def check_out(row: ChainCheck) -> dict[str, Any]:
    return checked(row).model_dump(mode="json")


def checked(row: ChainCheck) -> CheckOut:
    fields = {name: getattr(row, name) for name in ("id", "state", "total", "ok", "first_bad", "signed", "created_at")}
    return CheckOut(**fields, entries=row.done, head=row.hash, asked_by=row.person_id, ended_at=row.ended_at)


def full_out() -> dict[str, Any]:
    """What the last verification of the whole log has found."""
    newest = ChainCheck.objects.newest_first().first()
    done = ChainCheck.objects.filter(state=ChainCheck.State.DONE).newest_first().first()
    chains = []
    if done is not None:
        found = {"entries": done.done, "ok": done.ok, "head": done.hash, "first_bad": done.first_bad}
        chains = [ChainOut(chain=done.identity_id, **found)]
    return Verified(
        ok=done.ok if done else None, chains=chains, first=1, signed=None, full=newest and checked(newest)
    ).model_dump(mode="json")


def proof_out(proof: Proof) -> dict[str, Any]:
    head = proof.signed
    signed = (
        SignedOut(line=head.number, at=head.at, seq=head.seq, hash=bytes(head.hash).hex(), key=proof.key)
        if head
        else None
    )
    chain = ChainOut.model_validate(proof.report.as_dict())
    newest = ChainCheck.objects.newest_first().first()
    full = checked(newest) if newest else None
    told = Verified(ok=proof.report.ok, chains=[chain], first=proof.first, signed=signed, full=full)
    return told.model_dump(mode="json")


def body_of(row: AuditEntry) -> dict[str, Any]:
    """The hashed body, decoded."""
    body: dict[str, Any] = orjson.loads(bytes(row.body))
    return body


def entry_out(row: AuditEntry) -> dict[str, Any]:
    body = body_of(row)
    return AuditEntryOut(
        id=row.pk,
        chain=row.identity_id,
        seq=row.seq,
        at=row.at,
        action=row.action,
        effect=row.effect,
        outcome=row.outcome,
        reason=body["reason"],
        actor=body["actor"],
        resource=body["resource"],
        verdict=body["verdict"],
        checkpoint=body["checkpoint"],
        request=body["request"],
        hash=bytes(row.hash).hex(),
        prev_hash=bytes(row.prev_hash).hex(),
    ).model_dump(mode="json")


def opened_out(row: AuditEntry, *, show_payload: bool) -> dict[str, Any]:
    """The entry with what it names and tells, for those who may read it."""
    return {**entry_out(row), "payload": payload_of(row) if show_payload else None}


def payload_of(row: AuditEntry) -> dict[str, Any] | None:
    """The decrypted payload; None when it no longer opens."""
    try:
        opened = unseal(row.identity_id, PURPOSE, bytes(row.payload))
    except AuditUnavailable:
        return None
    payload: dict[str, Any] = orjson.loads(opened[SALT:])
    return payload


_words: dict[str, str | Promise] = {}


def register_words(said: str, words: str | Promise) -> None:
    """What an entry's `said` means to a reader, where it is a name and not a text of somebody's."""
    _words[said] = words


def words_of(said: str) -> str:
    return str(_words.get(said, said))


def label_of(action: str) -> str:
    """What an action is called, in the reader's language; its name when nobody declares it (any more)."""
    declared = all_actions().get(action)
    return str(declared.label if declared else OTHER_LABELS.get(action, action))


def known_actions() -> list[str]:
    """Every action that can stand in the log."""
    return [*all_actions(), *OTHER_LABELS]
