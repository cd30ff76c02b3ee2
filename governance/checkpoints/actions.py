"""Deciding, cancelling and expiring a checkpoint."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.checkpoints.models import Checkpoint, Vote
from governance.checkpoints.policies import may_decide
from governance.errors import Conflict, Gone, NotAllowed
from governance.isolation.context import Channel, IdentityContext
from governance.isolation.lookup import find
from governance.jobs.queue import enqueue
from governance.people.models import User
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

Status = Checkpoint.Status


class Decide(Params):
    """A vote on exactly what was shown: `envelope_digest` is the one the approver saw."""

    checkpoint: UUID
    decision: Literal["approve", "reject"]
    envelope_digest: str = Field(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")
    comment: str = Field(default="", max_length=500)


@action(
    "governance.checkpoint.decide",
    Effect.UPDATE,
    params=Decide,
    policy=may_decide,
    label=_("Decide"),
)
def decide(uow: UnitOfWork, params: Decide) -> Checkpoint:
    """Records the vote; a first refusal ends the question, a full quorum approves it."""
    row = find(Checkpoint.objects.select_for_update(), params.checkpoint)
    check_decidable(row, uow.actor, params)
    _vote(uow.actor, row, params)
    uow.tell(question=row.action, envelope=row.envelope_digest)
    if params.decision == "reject":
        end(uow, row, Status.REJECTED)
    elif row.votes.filter(decision="approve").count() >= row.quorum:
        end(uow, row, Status.APPROVED)
    return row


def check_open(row: Checkpoint) -> None:
    """Raises Gone when the time to decide is over, Conflict when the question has ended otherwise."""
    if row.status == Status.EXPIRED or (row.status == Status.PENDING and row.expires_at <= timezone.now()):
        raise Gone("checkpoint_expired", _("The time to decide is over: it counts as refused."))
    if row.status != Status.PENDING:
        raise Conflict("already_decided", _("This was decided already."))


def check_decidable(row: Checkpoint, actor: IdentityContext, params: Decide) -> None:
    """Raises the reason why this person cannot decide this question now."""
    check_open(row)
    if params.envelope_digest != row.envelope_digest:
        raise Conflict("stale_checkpoint", _("This is not what you were shown. Look at it again."))
    if row.exclude_requester and actor.person_id == row.requester_id:
        raise NotAllowed(_("A rule asks for somebody else than the person who requested it."))
    if row.votes.filter(person_id=actor.person_id).exists():
        raise Conflict("already_voted", _("You have voted already."))


def _vote(actor: IdentityContext, row: Checkpoint, params: Decide) -> None:
    Vote.objects.create(
        checkpoint=row,
        person_id=actor.person_id,
        person_name=str(User.objects.get(pk=actor.person_id)),
        decision=params.decision,
        comment=params.comment,
        at=timezone.now(),
    )


class EndCheckpoint(Params):
    checkpoint: UUID


def by_the_system(actor: IdentityContext, _params: object = None) -> bool:
    return actor.channel in {Channel.TASK, Channel.SYSTEM}


@action(
    "governance.checkpoint.expire",
    Effect.UPDATE,
    params=EndCheckpoint,
    policy=by_the_system,
    label=_("Let a question expire"),
)
def expire(uow: UnitOfWork, params: EndCheckpoint) -> Checkpoint:
    """Ends a question whose time is over; expiry is refusal."""
    row = find(Checkpoint.objects.select_for_update(), params.checkpoint)
    if row.status != Status.PENDING or row.expires_at > timezone.now():
        raise Conflict("not_overdue", _("This question is not overdue."))
    end(uow, row, Status.EXPIRED)
    return row


@action(
    "governance.checkpoint.cancel",
    Effect.UPDATE,
    params=EndCheckpoint,
    policy=may_decide,
    label=_("Withdraw a question"),
)
def cancel(uow: UnitOfWork, params: EndCheckpoint) -> Checkpoint:
    """Withdraws a question nobody has decided yet."""
    row = find(Checkpoint.objects.select_for_update(), params.checkpoint)
    if row.status != Status.PENDING:
        raise Conflict("already_decided", _("This was decided already."))
    end(uow, row, Status.CANCELLED)
    return row


def end(uow: UnitOfWork, row: Checkpoint, status: str, wake: bool = True) -> None:
    """Leaves `pending`; whoever waits for the answer is woken by its job (unless it ended the question itself)."""
    now = timezone.now()
    claimed = Checkpoint.objects.filter(pk=row.pk, status=Status.PENDING).update(status=status, decided_at=now)
    if claimed != 1:
        raise Conflict("already_decided", _("This was decided already."))
    row.status, row.decided_at = status, now
    uow.announce(f"checkpoint.{status}", row.pk, row.run_id, thread=str(row.thread_id) if row.thread_id else None)
    if wake and (status == Status.APPROVED or row.run_id is not None):
        enqueue(
            row.resume_job,
            identity_id=uow.actor.identity_id,
            object_id=row.run_id or row.pk,
            person_id=row.requester_id,
        )
