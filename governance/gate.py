"""The gate: from an action, its actor and its parameters to a ruling (design 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from governance.isolation.context import IdentityContext
from governance.registry.actions import Action, Params
from governance.rules.conditions import Condition
from governance.rules.engine import Decision, evaluate
from governance.rules.facts import Facts
from governance.rules.models import Rule, RuleEffect, Verdict
from governance.rules.system import ALWAYS, RuleSpec


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the gate said about one act; `verdict_id` names the row it will be stored as."""

    verdict_id: UUID
    decision: Decision

    @property
    def denied(self) -> bool:
        return self.decision.decision == RuleEffect.DENY

    @property
    def asks(self) -> bool:
        return self.decision.decision == RuleEffect.CHECKPOINT


def judge(action: Action, actor: IdentityContext, params: Params, estimate: Mapping[str, Any] | None = None) -> Ruling:
    """Applies the system's and the identity's rules, inside a transaction. `estimate`: facts of a run."""
    facts = Facts(action, actor, params, estimate or {})
    return Ruling(uuid7(), evaluate((*ALWAYS, *own_rules()), facts))


def own_rules() -> list[RuleSpec]:
    """The enabled rules of the bound identity. They can only tighten: an `allow` outweighs nothing."""
    return [
        RuleSpec(
            code=f"rule.{row.pk}",
            name=row.name,
            kind=row.kind,
            effect=row.effect,
            conditions=tuple(Condition(**condition) for condition in row.conditions),
            level=row.level,
            priority=row.priority,
            quorum=row.quorum,
            exclude_requester=row.exclude_requester,
            version=row.version,
        )
        for row in Rule.objects.filter(enabled=True)
    ]


def store_verdict(ruling: Ruling, action: Action, actor: IdentityContext) -> Verdict:
    """Keeps the verdict, in the transaction of what follows from it."""
    return Verdict.objects.create(
        id=ruling.verdict_id,
        action=action.name,
        decision=ruling.decision.decision,
        rule_set=ruling.decision.document["rule_set"],
        document=ruling.decision.document,
        person_id=actor.person_id,
        run_id=actor.run_id,
    )
