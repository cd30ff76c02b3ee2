"""How a crossing ends: declined there, withdrawn here, or with what it stood on (design 3.8).

A copy stays: it is theirs. A reference ends with its source, with the membership of who made it, and when it is
withdrawn; between identities its snapshot goes at once, between spheres there is nothing to read any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.audit.entries import Draft, append
from governance.audit.models import Outcome
from governance.checkpoints.actions import EndCheckpoint
from governance.checkpoints.models import Checkpoint
from governance.crossings import asking, elsewhere
from governance.crossings.actions import settle
from governance.crossings.models import Crossing, CrossingParcel
from governance.crossings.policies import may_cross, may_withdraw
from governance.errors import Conflict, NotAllowed
from governance.isolation.context import IdentityContext
from governance.isolation.lookup import find
from governance.registry.actions import Effect, Params, action
from governance.rights.sweeping import nobody_in
from governance.uow import UnitOfWork

DECLINE, REVOKE = "governance.transfer.decline", "governance.transfer.revoke"
CANCEL = "governance.checkpoint.cancel"
ENDED = "governance.transfer.end"
State, Direction = Crossing.State, Crossing.Direction


class OneTransfer(Params):
    transfer: UUID


@action(DECLINE, Effect.UPDATE, params=OneTransfer, policy=may_cross, label=_("Decline what is offered"))
def decline(uow: UnitOfWork, params: OneTransfer) -> Crossing:
    """Sends it back unread by anybody else: the parcel goes, and the source hears of it."""
    row = uow.lock(Crossing, params.transfer)
    asking.check_answerable(row)
    CrossingParcel.objects.filter(crossing=row).delete()
    cancel_question(uow, row)
    settle(uow, row, state=State.DECLINED, answered_at=timezone.now())
    elsewhere.tell_source(row, State.DECLINED)
    uow.announce("transfer.declined", row.pk)
    elsewhere.also_there(uow, row, DECLINE, "transfer.answered")
    return row


@action(REVOKE, Effect.UPDATE, params=OneTransfer, policy=may_cross, label=_("Withdraw an offer or a reference"))
def revoke(uow: UnitOfWork, params: OneTransfer) -> Crossing:
    """Ends a request that waits, an offer, or a reference. Raises Conflict for a copy, and for what is over."""
    row: Crossing = find(Crossing.objects, params.transfer)
    if row.direction == Direction.IN:
        raise Conflict("not_the_source", _("It is withdrawn where it came from."))
    if not may_withdraw(uow.actor, row):
        raise NotAllowed(_("It is withdrawn by who asked for it, or by who manages this identity."))
    if row.state == State.WAITING:
        if not cancel_question(uow, row):
            raise Conflict("already_decided", _("This was decided already."))
        row.state = State.CANCELLED  # written by who follows the question (following.py)
        return row
    if row.state == State.DONE and not row.is_reference:
        raise Conflict("copy_stays", _("A copy stays where it is: only a reference can be withdrawn."))
    return end_reach(uow, row, State.REVOKED)


def cancel_question(uow: UnitOfWork, row: Crossing) -> bool:
    """Nobody needs to decide any more what a crossing asks; False when nothing waited."""
    if row.checkpoint_id is None:
        return False
    if not Checkpoint.objects.filter(pk=row.checkpoint_id, status=Checkpoint.Status.PENDING).exists():
        return False
    uow.also(CANCEL, EndCheckpoint(checkpoint=row.checkpoint_id))
    return True


def end_reach(uow: UnitOfWork, row: Crossing, state: str) -> Crossing:
    """Ends an offer or reference that still holds: there first, then here. Raises Conflict when it is over."""
    between = row.direction == Direction.OUT
    if between:
        elsewhere.withdraw_there(row, state)
    row = uow.lock(Crossing, row.pk)
    if row.state not in (State.OFFERED, State.DONE):
        raise Conflict("crossing_over", _("It is over already."))
    settle(uow, row, state=state, ended_at=timezone.now())
    uow.announce(f"transfer.{state}", row.pk)
    if between and row.twin_id:
        elsewhere.also_there(uow, row, REVOKE, "transfer.withdrawn")
    return row


class EndWithSource(Params):
    """What a source that is deleted leaves reaching out."""

    kind: str
    objects: list[UUID]


def never_alone(actor: IdentityContext, _params: object = None) -> bool:
    """It only ever follows a deletion, in its unit of work."""
    return False


@action(ENDED, Effect.UPDATE, params=EndWithSource, policy=never_alone, label=_("End what refers to what is deleted"))
def end_with_source(uow: UnitOfWork, params: EndWithSource) -> None:
    """Other identities no longer see what its own one has deleted; nothing to undo, it would be offered anew."""
    for row in Crossing.objects.reaching(params.kind, params.objects).order_by("id"):
        end_reach(uow, row, State.ENDED)


def source_deleted(uow: UnitOfWork, kind: str, objects: Iterable[UUID]) -> None:
    """Called where objects are deleted, inside that unit of work; one statement when nothing reaches out."""
    gone = list(objects)
    if gone and Crossing.objects.reaching(kind, gone).exists():
        uow.also(ENDED, EndWithSource(kind=kind, objects=gone))


def end_crossings(uow: UnitOfWork, person_id: UUID) -> None:
    """Who leaves an identity takes no window into it along, and what waits for them here goes back."""
    for row in Crossing.objects.reaching_out().filter(person_id=person_id).order_by("id"):
        end_reach(uow, row, State.ENDED)
    waiting = Crossing.objects.filter(direction=Direction.IN, state=State.OFFERED, person_id=person_id)
    for row in waiting.order_by("id"):
        row = uow.lock(Crossing, row.pk)
        CrossingParcel.objects.filter(crossing=row).delete()
        settle(uow, row, state=State.ENDED, ended_at=timezone.now())
        elsewhere.tell_source(row, State.DECLINED)
        elsewhere.also_there(uow, row, DECLINE, "transfer.answered")


def end_from(erased: UUID) -> None:
    """Before an identity is erased, in the system's scope: what it lends to others or was offered by them ends, on
    their side too. Copies stay with whom they were given to."""
    between = Crossing.objects.filter(other_identity_id=erased)
    standing = between.filter(state=State.OFFERED) | between.filter(state=State.DONE, form=Crossing.Form.REFERENCE)
    for row in standing.order_by("identity_id", "id"):
        CrossingParcel.objects.filter(identity_id=row.identity_id, crossing_id=row.pk).delete()
        Crossing.objects.filter(pk=row.pk).update(state=State.ENDED, ended_at=timezone.now())
        draft: Any = Draft(ENDED, Effect.UPDATE, Outcome.ALLOWED, reason="other_identity_erased")
        draft.resource_type, draft.resource_id = Crossing._meta.label_lower, row.pk
        append(row.identity_id, nobody_in(row.identity_id), [draft], [])
