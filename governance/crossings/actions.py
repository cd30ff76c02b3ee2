"""Carrying something over a border: into another sphere, to another identity, and taking it in there.

All three always stop at a person first (effect TRANSFER). What runs afterwards finds the crossing under the id of its
question, looks the object up again under a lock, and carries over what was approved, to the byte.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.crossings import asking, elsewhere
from governance.crossings.asking import AcceptTransfer, OfferTransfer, RequestTransfer
from governance.crossings.kinds import Parcel, unpack
from governance.crossings.models import Crossing, CrossingParcel
from governance.crossings.policies import may_cross
from governance.errors import Conflict, NotAllowed
from governance.people.policies import MANAGERS, may_write
from governance.registry.actions import Effect, action
from governance.uow import UnitOfWork

REQUEST, OFFER, ACCEPT = "governance.transfer.request", "governance.transfer.offer", "governance.transfer.accept"
State = Crossing.State


@action(
    REQUEST,
    Effect.TRANSFER,
    params=RequestTransfer,
    policy=may_write,
    label=_("Take something into another sphere"),
    facts=asking.request_facts,
    preview=asking.request_preview,
    question=asking.crossing_question,
)
def request_transfer(uow: UnitOfWork, params: RequestTransfer) -> Crossing:
    """Writes the copy, or the reference, where it was approved to go."""
    row = asked_for(uow)
    parcel = as_approved(row, asking.packed(params, lock=True))
    made = unpack(uow, parcel, params.to_sphere, refers=row.is_reference)
    settle(uow, row, state=State.DONE, made_id=made.pk, executed_at=timezone.now())
    uow.announce("transfer.done", row.pk, sphere=params.to_sphere)
    return row


@action(
    OFFER,
    Effect.TRANSFER,
    params=OfferTransfer,
    policy=may_cross,
    label=_("Offer something to another of one's identities"),
    facts=asking.offer_facts,
    preview=asking.offer_preview,
    question=asking.crossing_question,
    deciders=MANAGERS,
)
def offer_transfer(uow: UnitOfWork, params: OfferTransfer) -> Crossing:
    """Leaves a sealed parcel in the other identity, where the same person accepts or declines it."""
    row = asked_for(uow)
    asking.destination(params.to_identity)
    parcel = as_approved(row, asking.packed(params, lock=True))
    twin = elsewhere.deliver(row, parcel)
    settle(uow, row, state=State.OFFERED, twin_id=twin.pk, executed_at=timezone.now())
    uow.announce("transfer.offered", row.pk)
    elsewhere.also_there(uow, row, OFFER, "transfer.arrived")
    return row


@action(
    ACCEPT,
    Effect.TRANSFER,
    params=AcceptTransfer,
    policy=may_cross,
    label=_("Take in what another of one's identities offers"),
    facts=asking.accept_facts,
    preview=asking.accept_preview,
    question=asking.crossing_question,
)
def accept_transfer(uow: UnitOfWork, params: AcceptTransfer) -> Crossing:
    """Writes the copy, or the reference, here, and says so there. Two acceptances at once end in one."""
    row = uow.lock(Crossing, params.transfer)
    asking.check_answerable(row)
    parcel = elsewhere.opened(row)
    if parcel is None:
        raise asking.over()
    made = unpack(uow, as_approved(row, parcel), params.sphere, refers=row.is_reference)
    if not row.is_reference:
        CrossingParcel.objects.filter(crossing=row).delete()
    settle(uow, row, state=State.DONE, made_id=made.pk, to_sphere=params.sphere, answered_at=timezone.now())
    elsewhere.tell_source(row, State.DONE)
    uow.announce("transfer.done", row.pk, sphere=params.sphere)
    elsewhere.also_there(uow, row, ACCEPT, "transfer.accepted")
    return row


def asked_for(uow: UnitOfWork) -> Crossing:
    """The crossing of the approval that is being carried out; raises NotAllowed without one."""
    asked = uow.making.checkpoint if uow.making else None
    if asked is None:
        raise NotAllowed(_("Nothing crosses a border unless a person has approved it."))
    return uow.lock(Crossing, asked)


def as_approved(row: Crossing, parcel: Parcel) -> Parcel:
    """The parcel, if it is still what was asked for; raises Conflict otherwise."""
    if parcel.digest != row.digest:
        raise Conflict("stale_checkpoint", _("What was approved is no longer what would happen."))
    return parcel


def settle(uow: UnitOfWork, row: Crossing, **values: Any) -> None:
    """Changes a locked row at the end of the unit."""
    for name, value in values.items():
        setattr(row, name, value)
    uow.change(row, *values)
