"""Who sees, writes and hands over payment orders, and who says which account they are paid from."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import IdentityContext
from governance.people.policies import may_manage, may_write, person_itself


def may_keep_orders(actor: IdentityContext, params: Any = None) -> bool:
    """Sees and writes them: who may decide about them. A viewer sees that an approval waits, never of what."""
    return may_write(actor, params)


def may_order(actor: IdentityContext, params: Any = None) -> bool:
    """An agent asks for orders of its own words; a draft is for people to submit."""
    return may_write(actor, params) and not (actor.agent and getattr(params, "order", None))


def may_set_account(actor: IdentityContext, params: Any = None) -> bool:
    return may_manage(actor, params) and person_itself(actor, params)


def nobody(_actor: IdentityContext, _params: Any = None) -> bool:
    """Only inside another act."""
    return False
