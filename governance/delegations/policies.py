"""Who may have somebody else approve for them, and who may end it."""

from __future__ import annotations

from typing import Any

from governance.delegations.models import Delegation
from governance.isolation.context import IdentityContext
from governance.people.policies import may_manage, may_write, person_itself


def may_delegate(actor: IdentityContext, params: Any = None) -> bool:
    """Whoever may decide themselves, in person."""
    return may_write(actor, params) and person_itself(actor, params)


def may_end(actor: IdentityContext, row: Delegation) -> bool:
    """Who gave it, who holds it, and who manages the members."""
    return actor.person_id in {row.from_person_id, row.to_person_id} or may_manage(actor)
