"""Who may give and take keys, and who may change what can be called."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import IdentityContext
from governance.people.policies import may_manage, person_itself
from governance.staff.policies import is_staff_acting


def may_set_keys(actor: IdentityContext, params: Any = None) -> bool:
    """Owners and administrators, for their identity and in person; staff, for the installation."""
    return is_staff_acting(actor) or (may_manage(actor, params) and person_itself(actor))
