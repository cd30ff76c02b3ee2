"""Who may keep, change and forget what."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import Channel, IdentityContext
from governance.memory.models import MemoryItem, Type
from governance.people.policies import MANAGERS, may_manage, may_write, person_itself

OWN = (Type.SHORT, Type.LONG)
OF_ALL = (Type.INSTITUTIONAL, Type.AGENT)


def may_keep(actor: IdentityContext, params: Any = None) -> bool:
    """People and their programs; an agent only proposes."""
    return may_write(actor, params) and not actor.agent


def may_propose(actor: IdentityContext, params: Any = None) -> bool:
    """Agents, for the person in whose name they act."""
    return may_write(actor, params) and bool(actor.agent)


def may_settle(actor: IdentityContext, params: Any = None) -> bool:
    """In person; an agent's request for it always waits for a person (rules/system.py), a program may never."""
    return may_write(actor, params) and actor.token_id is None


def in_person(actor: IdentityContext, params: Any = None) -> bool:
    """To change the words, to refuse and to forget cannot be undone: neither an agent nor a token may."""
    return may_write(actor, params) and person_itself(actor, params)


def by_the_system(actor: IdentityContext, _params: Any = None) -> bool:
    return actor.channel is Channel.SYSTEM


def may_change(actor: IdentityContext, row: MemoryItem) -> bool:
    """One's own; what belongs to all, its owners and administrators; what belongs to a place, whoever writes there."""
    if row.type in OWN:
        return may_write(actor) and row.person_id == actor.person_id
    return may_manage(actor) if row.type in OF_ALL else may_write(actor)


def deciding_roles(row: MemoryItem) -> frozenset[str]:
    """Whose approval a proposal of this type needs, besides that of its own person."""
    return MANAGERS if row.type in OF_ALL else frozenset({"owner", "admin", "member"})
