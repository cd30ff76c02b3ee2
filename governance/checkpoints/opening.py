"""From a ruling that asks to a waiting checkpoint, and from an approval back to its one execution."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Exists
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.audit.entries import Draft
from governance.audit.models import Outcome
from governance.checkpoints.endings import tell_ended
from governance.checkpoints.envelope import (
    Binding,
    envelope,
    envelope_digest,
    preview_digest,
    request_digest,
)
from governance.checkpoints.models import LIFETIME, Checkpoint, Execution, Vote
from governance.checkpoints.pausing import asks_the_same
from governance.checkpoints.shapes import checkpoint_out
from governance.errors import CheckpointRequired, Conflict, Gone, NotAllowed
from governance.gate import Ruling, store_verdict
from governance.isolation.context import IdentityContext, current, reading
from governance.isolation.lookup import find
from governance.registry.actions import Action, Params
from governance.uow import UnitOfWork, recorded, unit_of_work

Status = Checkpoint.Status


def open_checkpoint(
    action: Action,
    params: Params,
    preview: dict[str, Any],
    ruling: Ruling,
    binding: Binding,
    alongside: Callable[[UnitOfWork, str, Any], None] | None = None,
) -> CheckpointRequired:
    """Writes the checkpoint with its entry and news in one unit of work; returns the refusal to raise.

    The same question asked again while it waits is the same checkpoint. `alongside(uow, "asked", row)` notes
    it in the same commit. Raises TooMany for an agent that has ten.
    """
    with unit_of_work() as uow:
        asked, agent = request_digest(uow.actor, action, params), uow.actor.agent
        waiting = still_waiting(uow, asked) if not agent or asks_the_same(agent, asked) else None
        row = waiting or write_checkpoint(uow, action, params, preview, ruling, binding)
        if alongside is not None:
            alongside(uow, "asked", row)
    return required(row, votes=() if waiting is None else None)


def write_checkpoint(
    uow: UnitOfWork,
    action: Action,
    params: Params,
    preview: dict[str, Any],
    ruling: Ruling,
    binding: Binding,
    actor: IdentityContext | None = None,
) -> Checkpoint:
    """The waiting checkpoint, its verdict, entry and news, inside an open unit of work.

    `actor` is who the act will be carried out for, when it is not the one who writes this. Raises Conflict when
    the same question waits already: `still_waiting` would have found it.
    """
    asker = actor or uow.actor
    row = _new_row(action, asker, params, preview, ruling, binding)
    uow.add(row)
    try:
        uow.write()
    except IntegrityError as error:
        raise Conflict("checkpoint_exists", _("The same request is being asked at this moment.")) from error
    store_verdict(uow, ruling, action, asker)
    uow.drafts.append(
        Draft(
            action.name,
            action.effect,
            Outcome.STOPPED,
            reason="checkpoint_required",
            resource_type=row._meta.label_lower,
            resource_id=row.pk,
            verdict=ruling.verdict_id,
            checkpoint=row.pk,
            payload={"params": recorded(action, params), "preview": preview, "envelope": row.envelope_digest},
        )
    )
    uow.announce("checkpoint.created", row.pk, row.run_id, level=row.level, thread=_text(row.thread_id))
    return row


def still_waiting(uow: UnitOfWork, asked: str) -> Checkpoint | None:
    """The question of the same request that waits; an overdue one no longer does: expiry is refusal."""
    for overdue in Checkpoint.objects.select_for_update().filter(request_digest=asked, status=Status.PENDING):
        if overdue.expires_at > timezone.now():
            return overdue  # type: ignore[no-any-return]
        Checkpoint.objects.filter(pk=overdue.pk).update(status=Status.EXPIRED, decided_at=timezone.now())
        uow.announce("checkpoint.expired", overdue.pk, overdue.run_id)
        tell_ended(uow, overdue)
    return None


def _new_row(
    action: Action,
    actor: IdentityContext,
    params: Params,
    preview: dict[str, Any],
    ruling: Ruling,
    binding: Binding,
) -> Checkpoint:
    now, decision = timezone.now(), ruling.decision
    expires_at = now + LIFETIME[decision.level]  # type: ignore[index]
    terms = {"nonce": secrets.token_hex(16), "not_before": now.isoformat(), "expires_at": expires_at.isoformat()}
    bound = envelope(action, actor, params, preview, decision.document["rule_set"], binding, terms)
    return Checkpoint(
        kind=decision.kind,
        level=decision.level,
        action=action.name,
        params=params.model_dump(mode="json"),
        preview=preview,
        preview_digest=preview_digest(preview),
        envelope=bound,
        envelope_digest=envelope_digest(bound),
        request_digest=request_digest(actor, action, params),
        why=list(decision.matched),
        quorum=decision.quorum,
        exclude_requester=decision.exclude_requester,
        requester_id=actor.person_id,
        agent=actor.agent,
        sphere=binding.sphere,
        thread_id=binding.thread,
        run_id=actor.run_id,
        verdict_id=ruling.verdict_id,
        resume_job=binding.resume_job,
        created_at=now,
        expires_at=expires_at,
    )


def required(row: Checkpoint, votes: Iterable[Vote] | None = None) -> CheckpointRequired:
    """The 423 that shows this checkpoint; `votes` are those on it, when they are known."""
    with reading() if votes is None else nullcontext():
        shown = checkpoint_out(row, votes=votes)
    return CheckpointRequired(
        shown,
        run_id=_text(row.run_id),
        links={"checkpoint": f"/api/v2/governance/checkpoints/{row.pk}/", "page": f"/approvals/{row.pk}/"},
    )


def claim(
    checkpoint_id: UUID, action: Action, params: Params, preview: dict[str, Any], ruling: Ruling, binding: Binding
) -> Execution:
    """Consumes an approval, once, inside the unit of work of its execution.

    The envelope is rebuilt from what is true now and must equal the approved one. Raises Gone when it
    has expired, NotAllowed when it was not approved, Conflict when it was consumed or the world changed.
    """
    row = find(Checkpoint.objects.select_for_update(), checkpoint_id)
    now = timezone.now()
    _check_claimable(row, now)
    terms = {name: row.envelope[name] for name in ("nonce", "not_before", "expires_at")}
    rebuilt = envelope(action, current(), params, preview, ruling.decision.document["rule_set"], binding, terms)
    if rebuilt != row.envelope or envelope_digest(rebuilt) != row.envelope_digest:
        raise _stale()
    # Votes can only be added, never changed: what they were cast on holds, whatever the row says now.
    on_another = row.votes.exclude(envelope_digest__in=[row.envelope_digest, ""])
    ours = Checkpoint.objects.filter(pk=row.pk, status=Status.APPROVED, expires_at__gt=now)
    if ours.filter(~Exists(on_another)).update(status=Status.EXECUTED) != 1:
        raise _stale() if ours.exists() else Conflict("checkpoint_consumed", _("This approval was used already."))
    return Execution.objects.create(checkpoint=row, state=Execution.State.RUNNING, started_at=now)


def _stale() -> Conflict:
    return Conflict("stale_checkpoint", _("What was approved is no longer what would happen."))


def _check_claimable(row: Checkpoint, now: Any) -> None:
    if row.status in {Status.PENDING, Status.APPROVED} and row.expires_at <= now:
        raise Gone("checkpoint_expired", _("The time to use this approval is over."))
    if row.status == Status.EXPIRED:
        raise Gone("checkpoint_expired", _("The time to use this approval is over."))
    if row.status in {Status.EXECUTED, Status.FAILED, Status.PENDING_EFFECT}:
        raise Conflict("checkpoint_consumed", _("This approval was used already."))
    if row.status != Status.APPROVED:
        refusal = NotAllowed(_("This was not approved."))
        refusal.code = "checkpoint_rejected" if row.status == Status.REJECTED else "checkpoint_not_approved"
        raise refusal


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
