"""Having somebody else approve for oneself, and ending it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field

from governance.access.stepup import require_proved
from governance.checkpoints.models import Checkpoint
from governance.delegations.models import Delegation
from governance.delegations.policies import may_delegate, may_end
from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.lookup import find
from governance.members.actions import find_member
from governance.people.models import Membership, User
from governance.people.policies import WRITERS
from governance.registry.actions import Effect, Params, action, all_actions
from governance.uow import UnitOfWork

GRANT, REVOKE = "governance.delegation.grant", "governance.delegation.revoke"
LONGEST = timedelta(days=92)
MOST_LIVE = 20
MOST_PICO_USD = 10**17  # 100 000 $


class GrantDelegation(Params):
    """`member` approves for you until then. `covers`: kinds of questions or names of actions; all when empty."""

    member: UUID
    until: AwareDatetime
    starts_at: AwareDatetime | None = None
    covers: list[str] = Field(default_factory=list, max_length=20)
    checkpoint: UUID | None = None
    ceiling_pico_usd: int | None = Field(default=None, ge=0, le=MOST_PICO_USD)


@action(
    GRANT,
    Effect.CONFIGURE,
    params=GrantDelegation,
    policy=may_delegate,
    label=_("Have somebody else approve for you"),
)
def grant(uow: UnitOfWork, params: GrantDelegation) -> Delegation:
    """Writes the row; asks for a fresh proof, since it hands out what a proof is asked for."""
    now = timezone.now()
    starts_at = max(params.starts_at or now, now)
    member = find_member(params.member)
    if params.checkpoint is not None:
        find(Checkpoint.objects, params.checkpoint)
    check_delegate(uow, member)
    check_terms(params, starts_at, now)
    # One row of the person is locked, so that two requests at once cannot pass the count together.
    giver = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
    if Delegation.objects.live(now).filter(from_person_id=giver.pk).count() >= MOST_LIVE:
        raise Conflict("too_many_delegations", _("Twenty at a time at most: end one first."))
    require_proved(uow.actor, back="/approvals/delegations/")
    row = Delegation.objects.create(
        from_person_id=giver.pk,
        from_name=str(giver)[:80],
        to_person_id=member.user_id,
        to_name=str(member.user)[:80],
        covers=sorted(set(params.covers)),
        checkpoint_id=params.checkpoint,
        ceiling_pico_usd=params.ceiling_pico_usd,
        created_at=now,
        starts_at=starts_at,
        until=params.until,
    )
    uow.announce("delegation.granted", row.pk)
    return row


def check_delegate(uow: UnitOfWork, member: Membership) -> None:
    """Raises BadInput for who cannot approve here anyway, and for oneself."""
    if member.user_id == uow.actor.person_id:
        raise BadInput(errors={"member": [_("Choose somebody else than yourself.")]})
    if member.role not in WRITERS or not member.user.is_active:
        raise BadInput(errors={"member": [_("Who only looks on cannot approve for others.")]})


def check_terms(params: GrantDelegation, starts_at: datetime, now: datetime) -> None:
    """Raises BadInput naming what is wrong with the dates or with what is covered."""
    errors = {}
    if not starts_at < params.until <= now + LONGEST:
        errors["until"] = [_("It ends after it begins, and within three months.")]
    known = {*Checkpoint.Kind.values, *all_actions()}
    if not known >= set(params.covers):
        errors["covers"] = [_("This is neither a kind of question nor an action.")]
    if errors:
        raise BadInput(errors=errors)


class RevokeDelegation(Params):
    delegation: UUID


@action(REVOKE, Effect.CONFIGURE, params=RevokeDelegation, policy=may_delegate, label=_("End a delegation"))
def revoke(uow: UnitOfWork, params: RevokeDelegation) -> Delegation:
    """Ends it at once; votes cast under it on what still waits count no more."""
    row = find(Delegation.objects.select_for_update(), params.delegation)
    if not may_end(uow.actor, row):
        raise NotAllowed(_("It ends by who gave it, who holds it, or who manages the members."))
    if not row.is_live():
        raise Conflict("delegation_over", _("It is over already."))
    end(uow, row)
    return row


def end(uow: UnitOfWork, row: Delegation) -> None:
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    uow.announce("delegation.revoked", row.pk)


def end_delegations(uow: UnitOfWork, person_id: UUID) -> None:
    """Ends what somebody who leaves has given or holds here."""
    live = Delegation.objects.select_for_update().live(timezone.now()).order_by("id")
    for row in live.filter(from_person_id=person_id):
        end(uow, row)
    for row in live.filter(to_person_id=person_id):
        end(uow, row)
