"""Does a delegation reach this question, for this person, now?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from governance.delegations.models import Delegation
from governance.isolation.context import IdentityContext
from governance.people.models import Membership

PICO_PER_CENT = 10**10


def cost_of(row: Any) -> int | None:
    """What approving the question may cost, in pico-USD; None when nobody can tell, as in another currency."""
    if row.kind == "financial":
        cents = row.params.get("amount_minor")
        return int(cents) * PICO_PER_CENT if cents is not None and row.params.get("currency") == "USD" else None
    estimate = row.preview.get("estimate")
    return int(estimate.get("cost_pico_usd", 0)) if isinstance(estimate, dict) else 0


def covers(mandate: Delegation, row: Any, now: datetime | None = None) -> bool:
    """Does it reach what the question asks? Who uses it is not looked at."""
    now = now or timezone.now()
    if not mandate.is_live(now) or mandate.starts_at > now:
        return False
    if mandate.checkpoint_id is not None and mandate.checkpoint_id != row.pk:
        return False
    if mandate.covers and row.kind not in mandate.covers and row.action not in mandate.covers:
        return False
    if mandate.ceiling_pico_usd is None:
        return True
    cost = cost_of(row)
    return cost is not None and cost <= mandate.ceiling_pico_usd


def may_still_decide(mandate: Delegation, roles: frozenset[str]) -> bool:
    """Is who gave it still somebody who decides such a question, and has been here ever since? `roles`: whose it is."""
    there = Membership.objects.filter(identity_id=mandate.identity_id, user_id=mandate.from_person_id)
    return there.filter(role__in=roles, user__is_active=True, created_at__lte=mandate.created_at).exists()


def mandates_for(row: Any, actor: IdentityContext, members: dict[UUID, datetime]) -> list[Delegation]:
    """The delegations under which this person may vote on the question, one for each who gave one.

    `members`: who decides here, and since when. Who voted already, for themselves or for another, is left out.
    """
    voted = people_in(row.votes.all())
    if actor.person_id in voted or (row.exclude_requester and row.requester_id == actor.person_id):
        return []
    found: dict[UUID, Delegation] = {}
    for mandate in Delegation.objects.usable_by(actor.person_id, timezone.now()):
        giver = mandate.from_person_id
        excluded = giver in voted or (row.exclude_requester and row.requester_id == giver)
        belongs = giver in members and members[giver] <= mandate.created_at
        if belongs and not excluded and covers(mandate, row):
            found.setdefault(giver, mandate)
    return list(found.values())


def people_in(votes: Any) -> set[UUID]:
    """Everybody who has a part in the votes: whom each counts for, and who cast it."""
    return {pk for vote in votes for pk in (vote.person_id, vote.cast_by_id) if pk is not None}
