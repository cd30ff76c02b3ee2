"""Who may carry something over a border, take it in, or take it back."""

from __future__ import annotations

from typing import Any

from governance.crossings.models import Crossing
from governance.isolation.context import IdentityContext
from governance.people.policies import may_manage, may_write, person_itself


def may_cross(actor: IdentityContext, params: Any = None) -> bool:
    """A member who writes, in person: between identities, and for withdrawing, no agent and no token."""
    return may_write(actor, params) and person_itself(actor, params)


def may_withdraw(actor: IdentityContext, row: Crossing) -> bool:
    """Who asked for it, and who manages the identity."""
    return may_cross(actor) and (actor.person_id == row.person_id or may_manage(actor))


def may_answer(actor: IdentityContext, row: Crossing) -> bool:
    """The one person it was offered to: they have asked for it where it comes from."""
    return may_cross(actor) and row.direction == Crossing.Direction.IN and actor.person_id == row.person_id
