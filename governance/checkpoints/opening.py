"""From a ruling that asks to a waiting checkpoint, and from an approval back to its one execution."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.audit.entries import Draft
from governance.audit.models import Outcome
from governance.checkpoints.envelope import (
    Binding,
    envelope,
    envelope_digest,
    preview_digest,
    request_digest,
)
from governance.checkpoints.models import LIFETIME, Checkpoint, Execution
from governance.checkpoints.shapes import checkpoint_out
from governance.errors import CheckpointRequired, Conflict, Gone, NotAllowed
from governance.gate import Ruling, store_verdict
from governance.isolation.context import IdentityContext, current, reading
from governance.isolation.lookup import find
from governance.registry.actions import Action, Params
from governance.uow import UnitOfWork, recorded, unit_of_work


def open_checkpoint(
    action: Action, params: Params, preview: dict[str, Any], ruling: Ruling, binding: Binding
) -> CheckpointRequired:
    """Writes the checkpoint with its entry and news in one unit of work; returns the refusal to raise.

    The same question asked again while it waits is the same checkpoint.
    """
    actor = current()
    asked = request_digest(actor, action, params)
    with transaction.atomic():
        waiting = Checkpoint.objects.waiting().filter(request_digest=asked, expires_at__gt=timezone.now()).first()
    if waiting is not None:
        return required(waiting)
    with unit_of_work() as uow:
        row = write_checkpoint(uow, action, params, preview, ruling, binding)
    return required(row)


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

    `actor` is who the act will be carried out for, when it is not the one who writes this.
    """
    asker = actor or uow.actor
    asked = request_digest(asker, action, params)
    expire_overdue(uow, asked)
    row = _new_row(action, asker, params, preview, ruling, binding, asked)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("checkpoint_exists", _("The same request is being asked at this moment.")) from error
    store_verdict(ruling, action, asker)
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


def expire_overdue(uow: UnitOfWork, asked: str) -> None:
    """An overdue checkpoint of the same request no longer waits: expiry is refusal."""
    for overdue in Checkpoint.objects.filter(request_digest=asked, status=Checkpoint.Status.PENDING):
        Checkpoint.objects.filter(pk=overdue.pk).update(status=Checkpoint.Status.EXPIRED, decided_at=timezone.now())
        uow.announce("checkpoint.expired", overdue.pk, overdue.run_id)


def _new_row(
    action: Action,
    actor: IdentityContext,
    params: Params,
    preview: dict[str, Any],
    ruling: Ruling,
    binding: Binding,
    asked: str,
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
        request_digest=asked,
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


def required(row: Checkpoint) -> CheckpointRequired:
    """The 423 that shows this checkpoint."""
    with reading():
        shown = checkpoint_out(row)
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
        raise Conflict("stale_checkpoint", _("What was approved is no longer what would happen."))
    claimed = Checkpoint.objects.filter(pk=row.pk, status=Checkpoint.Status.APPROVED, expires_at__gt=now).update(
        status=Checkpoint.Status.EXECUTED
    )
    if claimed != 1:
        raise Conflict("checkpoint_consumed", _("This approval was used already."))
    return Execution.objects.create(checkpoint=row, state=Execution.State.RUNNING, started_at=now)


def _check_claimable(row: Checkpoint, now: Any) -> None:
    if row.status in {Checkpoint.Status.PENDING, Checkpoint.Status.APPROVED} and row.expires_at <= now:
        raise Gone("checkpoint_expired", _("The time to use this approval is over."))
    if row.status == Checkpoint.Status.EXPIRED:
        raise Gone("checkpoint_expired", _("The time to use this approval is over."))
    if row.status in {Checkpoint.Status.EXECUTED, Checkpoint.Status.FAILED, Checkpoint.Status.PENDING_EFFECT}:
        raise Conflict("checkpoint_consumed", _("This approval was used already."))
    if row.status != Checkpoint.Status.APPROVED:
        refusal = NotAllowed(_("This was not approved."))
        refusal.code = "checkpoint_rejected" if row.status == Checkpoint.Status.REJECTED else "checkpoint_not_approved"
        raise refusal


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
