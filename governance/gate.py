"""The gate: from an action, its actor and its parameters to a ruling (design 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from uuid_utils.compat import uuid7

from governance.grants.applying import USE, lifted, use_of
from governance.isolation.context import IdentityContext, current
from governance.registry.actions import Action, Params
from governance.rules.conditions import Condition
from governance.rules.engine import Decision, evaluate
from governance.rules.facts import Facts
from governance.rules.models import RuleEffect, Verdict
from governance.rules.system import ALWAYS, RuleSpec
from governance.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the gate said about one act; `verdict_id` names the row it will be stored as."""

    verdict_id: UUID
    decision: Decision
    grant_id: UUID | None = None

    @property
    def denied(self) -> bool:
        return self.decision.decision == RuleEffect.DENY

    @property
    def asks(self) -> bool:
        return self.decision.decision == RuleEffect.CHECKPOINT


def judge(
    action: Action,
    actor: IdentityContext,
    params: Params,
    estimate: Mapping[str, Any] | None = None,
    thread: UUID | None = None,
) -> Ruling:
    """Applies the system's and the identity's rules, then standing grants, inside a transaction.

    `estimate`: facts of a run; `thread`: where it happens, without which no grant is looked for.
    """
    facts = Facts(action, actor, params, estimate or {})
    decision = evaluate(rules_for(action.name, own_rules()), facts)
    decision, grant = lifted(decision, action, actor, thread, int(facts["estimated_cost_pico_usd"]))
    return Ruling(uuid7(), decision, grant.pk if grant else None)


def rules_for(action: str, own: Sequence[RuleSpec]) -> tuple[RuleSpec, ...]:
    """All that are asked about an action. What keeps a person in control no own rule can close: a slip such as
    “refuse everything” could never be taken back."""
    return ALWAYS if action.startswith(KEPT_OPEN) else (*ALWAYS, *own)


# To get in and prove who one is, to decide what waits, to withdraw a key, to be forgotten, to change or end the
# rules themselves.
KEPT_OPEN = (
    "governance.rule.",
    "governance.whatif.",
    "governance.checkpoint.",
    "governance.session.",
    "governance.person.password",
    "governance.person.confirm_email",
    "governance.factor.",
    "governance.token.revoke",
    "governance.delegation.revoke",
    "governance.grant.revoke",
    "governance.elevation.end",
    "governance.kill.",
    "governance.identity.activate",
    "governance.memory.delete",
    "governance.memory.reject",
    "governance.memory.sweep",
)

# By hand: every act asks this, and to compile the queryset costs five times as much as the answer.
OWN_RULES = """
SELECT id, name, kind, effect, conditions, level, priority, quorum, exclude_requester, version
FROM governance_rule WHERE identity_id = %s AND enabled
"""


def own_rules() -> list[RuleSpec]:
    """The enabled rules of the bound identity. They can only tighten: an `allow` outweighs nothing."""
    with connection.cursor() as cursor:
        cursor.execute(OWN_RULES, [current().identity_id])
        return [_spec(*row) for row in cursor.fetchall()]


def _spec(pk: UUID, name: str, kind: str, effect: str, conditions: str, *more: Any) -> RuleSpec:
    return RuleSpec(
        f"rule.{pk}", name, kind, effect, tuple(Condition(**each) for each in orjson.loads(conditions)), *more
    )


def store_verdict(
    uow: UnitOfWork, ruling: Ruling, action: Action, actor: IdentityContext, *, consented: bool = False
) -> UUID:
    """Keeps the verdict, in the unit of work of what follows from it; its id. A grant it stands on is used now.

    `consented`: it was asked before, and agreed to; this one belongs to the carrying out.
    """
    if ruling.grant_id is not None:
        uow.also(USE, use_of(ruling.decision, ruling.verdict_id))
    uow.add(
        Verdict(
            id=ruling.verdict_id,
            action=action.name,
            decision=ruling.decision.decision,
            rule_set=ruling.decision.document["rule_set"],
            document=ruling.decision.document,
            person_id=actor.person_id,
            run_id=actor.run_id,
            consented=consented,
        )
    )
    return ruling.verdict_id
