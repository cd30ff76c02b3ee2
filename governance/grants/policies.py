"""Who may answer questions in advance: whoever may answer them, in person."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import IdentityContext
from governance.people.policies import may_write, person_itself


def may_grant(actor: IdentityContext, params: Any = None) -> bool:
    return may_write(actor, params) and person_itself(actor, params)


def nobody(_actor: IdentityContext, _params: Any = None) -> bool:
    """Only inside another act, by the gate itself."""
    return False
