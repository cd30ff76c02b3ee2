"""What an elevation lifts, and whether one holds for this act. It becomes a fact that rules ask about (rules/facts.py).

So a verdict keeps it, and says the same again from itself. What is deleted, sent, transferred, paid or configured has
no such fact: nothing lifts the question there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from governance.checkpoints.models import Vote
from governance.checkpoints.votes import still_decides
from governance.elevate.models import Elevation
from governance.isolation.context import IdentityContext
from governance.people.models import Membership, Role
from governance.registry.actions import Effect
from governance.rules.system import SECRETS

LIFTABLE = frozenset({Effect.READ, Effect.CREATE, Effect.UPDATE})
DECIDING = frozenset(role.value for role in Role if role != Role.VIEWER)
Kind = Elevation.Kind


def needs_of(facts: Mapping[str, Any]) -> frozenset[str]:
    """The kinds of elevation without which the act is asked about; none where no elevation could help. Pure."""
    if facts["effect"] not in LIFTABLE or facts["sphere"] is None:
        return frozenset()
    found = set()
    if facts["sensitivity"] in SECRETS:
        found.add(Kind.SENSITIVE.value)
    if facts["crosses_sphere"] and facts["effect"] != Effect.READ:
        found.add(Kind.SPHERE.value)
    return frozenset(found)


def is_lifted(actor: IdentityContext, needs: frozenset[str], sphere: str, target: str | None) -> bool:
    """Do elevations in force cover everything the act needs? One query, inside a transaction."""
    there = Q(kind=Kind.SENSITIVE) | Q(kind=Kind.SPHERE, target_sphere=target or "")
    mine = standing().filter(there, person_id=actor.person_id, agent=actor.agent, sphere=sphere, kind__in=needs)
    return needs <= set(mine.values_list("kind", flat=True))


def standing() -> QuerySet[Elevation]:
    """Those that count now: in time, and of people who may still ask for and allow such things."""
    person = Membership.objects.filter(
        identity_id=OuterRef("identity_id"),
        user_id=OuterRef("person_id"),
        user__is_active=True,
        role__in=DECIDING,
        created_at__lte=OuterRef("requested_at"),
    )
    approvals, void = approvals_of(OuterRef("checkpoint_id")), void_approvals(OuterRef("checkpoint_id"))
    live = Elevation.objects.filter(state=Elevation.State.IN_FORCE, expires_at__gt=timezone.now())
    rows: QuerySet[Elevation] = live.filter(Exists(person), Exists(approvals), ~Exists(void))
    return rows


def approvals_of(question: Any) -> QuerySet[Vote]:
    """The votes that allowed it; `question` is an id, or a reference to one."""
    rows: QuerySet[Vote] = Vote.objects.filter(checkpoint_id=question, decision=Vote.Decision.APPROVE)
    return rows


def void_approvals(question: Any) -> QuerySet[Vote]:
    """Those of them whose people have left since, or no longer decide."""
    by_hand = Q(cast_by_id__isnull=True) | still_decides("cast_by_id", DECIDING)
    return approvals_of(question).exclude(still_decides("person_id", DECIDING) & by_hand)
