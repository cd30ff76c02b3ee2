"""What rules may ask about one act, read only when a rule asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from governance.elevate.applying import is_lifted, needs_of
from governance.isolation.context import IdentityContext
from governance.ledger.budget import credits_left, percent
from governance.people.models import Membership, Role, User
from governance.registry.actions import Action, Params
from governance.rules.conditions import KEYS
from governance.rules.recorded import Telling


class Facts(Telling):
    """The facts of one act: known ones at once, costly ones (budget, local time) when first read.

    `elevated` is known of what an elevation could lift (elevate/applying.py), and of nothing else.
    """

    def __init__(self, action: Action, actor: IdentityContext, params: Params, estimate: Mapping[str, Any]) -> None:
        told = action.facts(params) if action.facts else {}
        self._actor = actor
        self._known: dict[str, Any] = {
            **dict.fromkeys(KEYS),
            "actor.kind": actor_kind(actor),
            "actor.role": str(actor.role),
            "channel": str(actor.channel),
            "action": action.name,
            "effect": str(action.effect),
            "agent.code": actor.agent or None,
            "crosses_identity": False,
            "crosses_sphere": False,
            "permanent": False,
            "estimated_tokens": 0,
            "estimated_cost_pico_usd": 0,
            "over_intent_budget": False,
            **estimate,
            **told,
        }
        unknown = set(self._known) - set(KEYS)
        if unknown:
            raise ValueError(f"{action.name} tells facts nobody documented: {sorted(unknown)}")
        if (here := self._known["sphere"]) and (there := self._known["target_sphere"]):
            self._known["crosses_sphere"] = here != there
        needs = needs_of(self._known)
        there = self._known["target_sphere"]
        self._known["elevated"] = is_lifted(actor, needs, here, there) if needs else None  # nobody's own to tell
        late: dict[str, Callable[[], Any]] = {
            "budget_used_percent": budget_used_percent,
            "hour": lambda: self._local_time().hour,
            "weekday": lambda: self._local_time().isoweekday(),
            "deciders": lambda: how_many_decide(actor.identity_id),
        }
        self._late = {key: find for key, find in late.items() if self._known[key] is None}

    def __getitem__(self, key: str) -> Any:
        if key in self._late:
            self._known[key] = self._late.pop(key)()
        return self._known[key]

    def told(self) -> dict[str, Any]:
        return {key: value for key in KEYS if (value := self._known[key]) is not None}

    def _local_time(self) -> Any:
        zone = User.objects.values_list("timezone", flat=True).get(pk=self._actor.person_id)
        return timezone.now().astimezone(ZoneInfo(zone))


def actor_kind(actor: IdentityContext) -> str:
    """`person`, `nova` or `agent`."""
    if not actor.agent:
        return "person"
    return "nova" if actor.agent == "nova" else "agent"


def budget_used_percent() -> int:
    """How much of this month's credits is used or reserved, in whole per cent (100 when there are none)."""
    return percent(*credits_left())


def how_many_decide(identity_id: UUID) -> int:
    """How many people may decide questions in the identity."""
    present = Membership.objects.filter(identity_id=identity_id, user__is_active=True)
    return present.exclude(role=Role.VIEWER).count()
