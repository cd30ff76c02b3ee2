"""Who may take or end an identity's data: a person in person, never an agent nor a token."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import Channel, IdentityContext
from governance.people.models import Role
from governance.people.policies import may_manage, person_itself


def may_export(actor: IdentityContext, params: Any = None) -> bool:
    """Owners and administrators, in person."""
    return may_manage(actor, params) and person_itself(actor, params)


def may_end(actor: IdentityContext, params: Any = None) -> bool:
    """An owner, in person."""
    return actor.role == Role.OWNER and person_itself(actor, params)


def worker_for_manager(actor: IdentityContext, params: Any = None) -> bool:
    """The job that such a person asked for, if they still may."""
    return actor.channel is Channel.TASK and may_export(actor, params)
