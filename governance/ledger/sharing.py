"""A share of one's credits for another of one's identities (design 3.6)."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.audit.entries import Draft, News
from governance.audit.models import Outcome
from governance.errors import BadInput, IdentityBoundary, NotAllowed
from governance.ledger import budget
from governance.people.models import Identity, Membership, Role
from governance.people.policies import may_own
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

SHARE = "governance.credits.share"
MOST_CREDITS = 10**12


class ShareCredits(Params):
    """Monthly credits for the identity `to`: they are its own from now on, until it gives them back."""

    to: UUID
    credits: int = Field(gt=0, le=MOST_CREDITS)


@action(SHARE, Effect.CONFIGURE, params=ShareCredits, policy=may_own, label=_("Share credits"))
def share_credits(uow: UnitOfWork, params: ShareCredits) -> Identity:
    """Moves the share; the entry in either chain names the other identity as its resource."""
    other = _own_other(uow.actor.person_id, uow.actor.identity_id, params.to)
    budget.share(other.pk, params.credits)
    uow.tell(to=str(other.pk), name=other.name)
    uow.announce("budget.shared", other.pk, credits=-params.credits)
    uow.also_told(
        other.pk,
        Draft(
            SHARE,
            Effect.CONFIGURE,
            Outcome.ALLOWED,
            resource_type=Identity._meta.label_lower,
            resource_id=uow.actor.identity_id,
            payload={"credits": params.credits, "from": str(uow.actor.identity_id)},
        ),
        News("budget.shared", uow.actor.identity_id, data={"credits": params.credits}),
    )
    return other


def _own_other(person_id: UUID, here: UUID, there: UUID) -> Identity:
    """The other identity, of which the person must be an owner too."""
    if there == here:
        raise BadInput(errors={"to": [_("These credits are here already.")]})
    membership = Membership.objects.of_person(person_id).filter(identity_id=there).first()
    if membership is None:
        raise IdentityBoundary("invalid_identity", resource=Identity._meta.label_lower, target=there)
    if membership.role != Role.OWNER:
        raise NotAllowed(_("Only between identities that you own."))
    return membership.identity
