"""Who may decide: a person in person, who may write here; never an agent, never a token (design 3.4)."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import IdentityContext
from governance.people.policies import WRITERS, may_write, person_itself
from governance.registry.actions import get_action


def may_decide(actor: IdentityContext, params: Any = None) -> bool:
    """May this actor cast a vote at all? Whether on this checkpoint, the action decides."""
    return may_write(actor, params) and person_itself(actor, params)


def deciding_roles(row: Any) -> frozenset[str]:
    """The roles that may decide this question."""
    return get_action(row.action).deciders or WRITERS
