"""Who writes rules: owners and administrators, in person. Whoever is bound by them reads them."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import Channel, IdentityContext
from governance.people.policies import may_manage, person_itself


def may_rule(actor: IdentityContext, params: Any = None) -> bool:
    """Neither an agent nor a token writes the rules it is held by."""
    return may_manage(actor, params) and person_itself(actor, params)


def worker_for_ruler(actor: IdentityContext, params: Any = None) -> bool:
    """The job of somebody who may still do so."""
    return may_rule(actor, params) and actor.channel is Channel.TASK
