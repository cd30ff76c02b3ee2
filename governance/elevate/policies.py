"""Who may ask for a wider scope, and who ends one."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import IdentityContext
from governance.people.policies import may_write, person_itself


def may_end(actor: IdentityContext, params: Any = None) -> bool:
    """Whoever decides, in person: ending one only makes things be asked again."""
    return may_write(actor, params) and person_itself(actor, params)
