"""The gate's last word: what a rule asks, a standing grant may have answered already (design 3.4).

System rules come first and are never lifted; nor is what needs more than one person, what is critical, what touches
secrets, and what pays.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from pydantic import Field

from governance.grants.lifting import with_grant
from governance.grants.models import Grant
from governance.isolation.context import IdentityContext
from governance.people.models import Membership, Role
from governance.registry.actions import Action, Effect, Params
from governance.rules.engine import Decision
from governance.rules.models import Level, RuleEffect
from governance.rules.system import SENSITIVE_DATA

USE = "governance.grant.use"


def can_be_lifted(effect: str, level: str, quorum: int, exclude_requester: bool, asked_by: list[str]) -> bool:
    """May a grant answer such a question at all?"""
    return (
        effect != Effect.PAYMENT
        and level != Level.CRITICAL
        and quorum == 1
        and not exclude_requester
        and not any(code.startswith("system.") or code == SENSITIVE_DATA for code in asked_by)
    )


def lifted(
    decision: Decision, action: Action, actor: IdentityContext, thread: UUID | None, cost: int
) -> tuple[Decision, Grant | None]:
    """The decision, and the grant that turned its question into a yes. Asks the database only when one could."""
    asked_by = list(decision.matched)
    if (
        decision.decision != RuleEffect.CHECKPOINT
        or thread is None
        or not can_be_lifted(action.effect, decision.level, decision.quorum, decision.exclude_requester, asked_by)
    ):
        return decision, None
    grant = _find(action, actor, thread, cost)
    if grant is None:
        return decision, None
    told = {
        "id": str(grant.pk),
        "lifted": asked_by,
        "cost_pico_usd": cost,
        "used_before_pico_usd": grant.used_pico_usd,
        "ceiling_pico_usd": grant.ceiling_pico_usd,
    }
    return replace(decision, decision=RuleEffect.ALLOW, document=with_grant(decision.document, told)), grant


def _find(action: Action, actor: IdentityContext, thread: UUID, cost: int) -> Grant | None:
    """The live grant with room for it that ends first; whoever gave it must still be somebody who decides."""
    giver = Membership.objects.filter(
        identity_id=OuterRef("identity_id"), user_id=OuterRef("given_by_id"), user__is_active=True
    ).exclude(role=Role.VIEWER)
    live = Grant.objects.filter(revoked_at__isnull=True, expires_at__gt=timezone.now(), thread_id=thread)
    mine = live.filter(action=action.name, person_id=actor.person_id, agent=actor.agent)
    room = mine.filter(Exists(giver), ceiling_pico_usd__gte=F("used_pico_usd") + cost)
    return room.order_by("expires_at", "id").first()  # type: ignore[no-any-return]


class UseGrant(Params):
    """One use, counted in the commit of what it allows (actions.use)."""

    grant: UUID
    cost_pico_usd: int = Field(ge=0)
    verdict: UUID


def use_of(decision: Decision, verdict: UUID) -> UseGrant:
    """The use that a lifted decision stands on."""
    told = decision.document["grant"]
    return UseGrant(grant=told["id"], cost_pico_usd=told["cost_pico_usd"], verdict=verdict)
