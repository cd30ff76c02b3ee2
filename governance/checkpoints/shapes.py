"""Checkpoints as the API shows them (design 6.2, pinned)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.checkpoints.models import Checkpoint, Vote
from governance.checkpoints.words import question_of, untrusted_in


class VoteOut(BaseModel):
    """`cast_by`: who voted in the person's place, under a delegation; '' for a vote of one's own."""

    person: str
    decision: str
    comment: str
    self_approved: bool
    cast_by: str
    at: datetime


class CheckpointOut(BaseModel):
    """`untrusted`: what the run had read of others' words before it asked to send, hand over or pay."""

    id: UUID
    kind: str
    level: str
    status: str
    action: str
    question: str
    preview: dict[str, Any]
    envelope_digest: str
    options: list[str]
    quorum: int
    votes: list[VoteOut]
    expires_at: datetime
    created_at: datetime
    why: list[str]
    untrusted: list[str]
    agent: str
    sphere: str
    thread_id: UUID | None
    run_id: UUID | None


class RunState(BaseModel):
    id: UUID
    status: str


class DecidedCheckpoint(BaseModel):
    checkpoint: CheckpointOut
    run: RunState | None


def votes_on(row: Checkpoint) -> Iterable[Vote]:
    """The votes cast so far; where one decides, a question that waits has none."""
    if row.status == Checkpoint.Status.PENDING and row.quorum == 1:
        return ()
    votes: Iterable[Vote] = row.votes.all()
    return votes


def _vote_out(vote: Vote) -> VoteOut:
    return VoteOut(
        person=vote.person_name,
        decision=vote.decision,
        comment=vote.comment,
        self_approved=vote.self_approved,
        cast_by=vote.cast_by_name,
        at=vote.at,
    )


def checkpoint_out(
    row: Checkpoint, *, may_decide: bool = True, show_preview: bool = True, votes: Iterable[Vote] | None = None
) -> dict[str, Any]:
    """The public form; a viewer sees that something waits, not its preview. `votes`: when they are known."""
    waiting = row.status == Checkpoint.Status.PENDING
    return CheckpointOut(
        id=row.pk,
        kind=row.kind,
        level=row.level,
        status=row.status,
        action=row.action,
        question=question_of(row.action, row.preview) if show_preview else "",
        preview=row.preview if show_preview else {},
        envelope_digest=row.envelope_digest,
        options=["approve", "reject"] if waiting and may_decide else [],
        quorum=row.quorum,
        votes=[_vote_out(vote) for vote in (votes_on(row) if votes is None else votes)]
        if show_preview and not row._state.adding
        else [],
        expires_at=row.expires_at,
        created_at=row.created_at,
        why=row.why,
        untrusted=untrusted_in(row) if show_preview else [],
        agent=row.agent,
        sphere=row.sphere,
        thread_id=row.thread_id,
        run_id=row.run_id,
    ).model_dump(mode="json")
