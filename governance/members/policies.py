"""Who may say who belongs: administrators and owners in person, nobody above their own role (design 3.1)."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import IdentityContext
from governance.people.policies import may_manage, may_read, person_itself

RANK = {"viewer": 0, "member": 1, "admin": 2, "owner": 3}


def may_manage_members(actor: IdentityContext, params: Any = None) -> bool:
    """Whom in particular, the action decides."""
    return may_manage(actor, params) and person_itself(actor, params)


def may_leave(actor: IdentityContext, params: Any = None) -> bool:
    return may_read(actor, params) and person_itself(actor, params)


def outranks(role: str, other: str) -> bool:
    """May somebody with `role` give, change or end `other`? Nobody reaches above themselves."""
    return role in {"owner", "admin"} and RANK[role] >= RANK[other]
