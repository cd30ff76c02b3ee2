"""Asking for a wider scope, putting it in force, and ending it.

To ask is always a question (`system.elevation`): what runs after its approval finds the row under the question's id.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.checkpoints.actions import EndCheckpoint
from governance.checkpoints.models import Checkpoint, Vote
from governance.elevate import asking
from governance.elevate.applying import void_approvals
from governance.elevate.asking import OneElevation, RequestElevation
from governance.elevate.models import Elevation
from governance.elevate.policies import may_end
from governance.errors import Conflict, NotAllowed
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import Effect, action
from governance.rules.system import ELEVATE
from governance.uow import UnitOfWork

END = "governance.elevation.end"
CANCEL = "governance.checkpoint.cancel"
State = Elevation.State


@action(
    ELEVATE,
    Effect.CONFIGURE,
    params=RequestElevation,
    policy=may_write,
    label=_("Ask for a wider scope for a while"),
    preview=asking.preview,
    question=asking.question,
)
def allow(uow: UnitOfWork, params: RequestElevation) -> Elevation:
    """What an approval carries out: its time begins now."""
    asked = uow.making.checkpoint if uow.making else None
    if asked is None:
        raise NotAllowed(_("A wider scope is never one's own to take: a person allows it."))
    if void_approvals(asked).exists():
        raise Conflict("approval_void", _("Somebody who allowed it no longer decides here: ask again."))
    row, now = uow.lock(Elevation, asked), timezone.now()
    row.state, row.begins_at, row.expires_at = State.IN_FORCE, now, now + timedelta(hours=params.hours)
    uow.change(row, "state", "begins_at", "expires_at")
    uow.announce("elevation.given", row.pk)
    return row


@action(END, Effect.CONFIGURE, params=OneElevation, policy=may_end, label=_("End what was allowed for a while"))
def end(uow: UnitOfWork, params: OneElevation) -> Elevation:
    """Withdraws what still waits, and ends at once what is in force. Raises Conflict for what is over."""
    row: Elevation = find(Elevation.objects, params.elevation)
    if row.state != State.REQUESTED:
        return end_one(uow, row.pk, uow.actor.person_id, timezone.now())
    if not Checkpoint.objects.filter(pk=row.checkpoint_id, status=Checkpoint.Status.PENDING).exists():
        raise Conflict("already_decided", _("This was decided already."))
    uow.also(CANCEL, EndCheckpoint(checkpoint=row.checkpoint_id))
    row.state = State.LAPSED  # written by who follows the question (following.py)
    return row


def end_one(uow: UnitOfWork, pk: UUID, by: UUID, now: datetime) -> Elevation:
    """Ends one that is in force; of two at once, the second is refused."""
    row = uow.lock(Elevation, pk)
    if not row.is_live(now):
        raise Conflict("elevation_over", _("It is over already."))
    close(uow, row, by, now)
    return row


def close(uow: UnitOfWork, row: Elevation, by: UUID, now: datetime) -> None:
    """Ends a locked row that is in force."""
    row.state, row.ended_at, row.ended_by_id = State.ENDED, now, by
    uow.change(row, "state", "ended_at", "ended_by_id")
    uow.announce("elevation.ended", row.pk)


def end_elevations(uow: UnitOfWork, person_id: UUID) -> None:
    """Ends what somebody who leaves was allowed, and what they have allowed. What waits ends with its question."""
    now = timezone.now()
    voted = Vote.objects.filter(
        Q(person_id=person_id) | Q(cast_by_id=person_id),
        checkpoint_id=OuterRef("checkpoint_id"),
        decision=Vote.Decision.APPROVE,
    )
    live = Elevation.objects.filter(state=State.IN_FORCE, expires_at__gt=now)
    theirs = live.filter(Q(person_id=person_id) | Q(Exists(voted)))
    for row in theirs.select_for_update().order_by("id"):
        close(uow, row, uow.actor.person_id, now)
