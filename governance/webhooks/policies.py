"""Who may say where an identity's events go: owners and administrators, in person; a program may look."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import Channel, IdentityContext
from governance.people.policies import may_manage, person_itself


def may_manage_webhooks(actor: IdentityContext, params: Any = None) -> bool:
    """An address that is told everything is a door: neither an agent nor a token opens one."""
    return may_manage(actor, params) and person_itself(actor, params)


def may_see_webhooks(actor: IdentityContext, params: Any = None) -> bool:
    """The same people; their addresses may hold secrets of the receiver, so nobody else reads them."""
    return may_manage(actor, params) and not actor.agent


def by_the_system(actor: IdentityContext, _params: Any = None) -> bool:
    """The job that delivers and the one that cleans, acting inside one identity."""
    return actor.channel is Channel.SYSTEM
