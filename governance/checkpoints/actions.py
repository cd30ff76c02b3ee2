"""Deciding, cancelling and expiring a checkpoint."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.checkpoints.endings import tell_ended
from governance.checkpoints.models import Checkpoint, Vote
from governance.checkpoints.pace import thought_ms, watch
from governance.checkpoints.policies import deciding_roles, may_decide
from governance.checkpoints.quorum import EXCLUDED, is_self_approval, needed, require_care, standing_approvals
from governance.delegations.covering import covers, may_still_decide, people_in
from governance.delegations.models import Delegation
from governance.errors import Conflict, Gone, NotAllowed
from governance.grants.actions import GIVE, GiveGrant
from governance.isolation.context import Channel, IdentityContext
from governance.isolation.lookup import find
from governance.jobs.queue import enqueue
from governance.people.models import User
from governance.registry.actions import Effect, Params, action
from governance.rules.models import Level
from governance.uow import UnitOfWork

Status = Checkpoint.Status


class Decide(Params):
    """A vote on exactly what was shown: `envelope_digest` is the one the approver saw."""

    checkpoint: UUID
    decision: Literal["approve", "reject"]
    envelope_digest: str = Field(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")
    comment: str = Field(default="", max_length=500)
    grant: bool = False  # and the like of it, in advance
    delegation: UUID | None = None  # the vote is cast for who gave it
    level: Level | None = None  # as it was shown, where that matters: refused when it was raised meanwhile


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
    alone = is_self_approval(row)
    check_decidable(row, uow.actor, params, alone)
    mandate = find_mandate(row, uow.actor, params.delegation)
    approves = params.decision == "approve"
    if approves:
        require_care(row, uow.actor, alone=alone)
    vote = _vote(uow.actor, row, params, mandate, self_approved=alone and approves)
    uow.tell(question=row.action, envelope=row.envelope_digest, self_approved=vote.self_approved)
    uow.tell(voter=str(vote.person_id))
    if vote.thought_ms is not None:
        watch(uow)
    if not approves:
        end(uow, row, Status.REJECTED)
    elif standing_approvals(row) >= needed(row):
        end(uow, row, Status.APPROVED)
        if params.grant:
            grant_the_like(uow, row, mandate)
    return row


def grant_the_like(uow: UnitOfWork, row: Checkpoint, mandate: Delegation | None) -> None:
    """Allows such questions in advance, on the usual terms; raises NotAllowed for what is not one's own to promise."""
    if mandate is not None:
        raise NotAllowed(_("A vote for somebody else allows nothing in advance."))
    uow.also(GIVE, GiveGrant(checkpoint=row.pk))


def check_open(row: Checkpoint) -> None:
    """Raises Gone when the time to decide is over, Conflict when the question has ended otherwise."""
    if row.status == Status.EXPIRED or (row.status == Status.PENDING and row.expires_at <= timezone.now()):
        raise Gone("checkpoint_expired", _("The time to decide is over: it counts as refused."))
    if row.status != Status.PENDING:
        raise Conflict("already_decided", _("This was decided already."))


def check_decidable(row: Checkpoint, actor: IdentityContext, params: Decide, alone: bool) -> None:
    """Raises the reason why this person cannot decide this question now. `alone`: nobody else could."""
    check_open(row)
    if params.envelope_digest != row.envelope_digest:
        raise Conflict("stale_checkpoint", _("This is not what you were shown. Look at it again."))
    if params.level is not None and params.level != row.level:
        raise Conflict("level_raised", _("Somebody has raised its level: look at it on its own page."))
    if actor.role not in deciding_roles(row):
        raise NotAllowed(_("Only owners and administrators decide this."))
    if row.exclude_requester and actor.person_id == row.requester_id and not alone:
        raise NotAllowed(EXCLUDED)
    if actor.person_id in people_in(row.votes.all()):
        raise Conflict("already_voted", _("You have voted already."))


def find_mandate(row: Checkpoint, actor: IdentityContext, pk: UUID | None) -> Delegation | None:
    """The delegation this vote is cast under, locked against being revoked meanwhile.

    Raises NotAllowed when it is not this person's to use on this question, Conflict when its giver has voted.
    """
    if pk is None:
        return None
    mandate = find(Delegation.objects.select_for_update(), pk)
    reaches = covers(mandate, row) and may_still_decide(mandate, deciding_roles(row))
    if mandate.to_person_id != actor.person_id or not reaches:
        raise NotAllowed(_("This delegation does not reach this question."))
    if row.exclude_requester and mandate.from_person_id == row.requester_id:
        raise NotAllowed(EXCLUDED)
    if mandate.from_person_id in people_in(row.votes.all()):
        raise Conflict("already_voted", _("They have voted already."))
    return mandate  # type: ignore[no-any-return]


def _vote(
    actor: IdentityContext, row: Checkpoint, params: Decide, mandate: Delegation | None, self_approved: bool
) -> Vote:
    name = str(User.objects.get(pk=actor.person_id))
    vote = Vote(person_id=actor.person_id, person_name=name)
    if mandate is not None:
        vote = Vote(person_id=mandate.from_person_id, person_name=mandate.from_name, delegation=mandate)
        vote.cast_by_id, vote.cast_by_name = actor.person_id, name
    vote.checkpoint, vote.decision, vote.comment = row, params.decision, params.comment
    vote.envelope_digest = params.envelope_digest
    vote.self_approved, vote.at = self_approved, timezone.now()
    vote.thought_ms = thought_ms(row, actor.person_id, vote.at)
    vote.save()
    return vote


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
    if status != Status.APPROVED:
        tell_ended(uow, row)
    uow.announce(f"checkpoint.{status}", row.pk, row.run_id, thread=str(row.thread_id) if row.thread_id else None)
    if wake and row.resume_job and (status == Status.APPROVED or row.run_id is not None):
        enqueue(
            row.resume_job,
            identity_id=uow.actor.identity_id,
            object_id=row.run_id or row.pk,
            person_id=row.requester_id,
        )
