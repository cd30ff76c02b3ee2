"""May this actor, at this role? Pure answers, used by the actions of every app."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import IdentityContext

READERS = frozenset({"owner", "admin", "member", "viewer"})
WRITERS = frozenset({"owner", "admin", "member"})
MANAGERS = frozenset({"owner", "admin"})


def may_read(actor: IdentityContext, _params: Any = None) -> bool:
    """Any member of the identity."""
    return actor.role in READERS


def may_write(actor: IdentityContext, _params: Any = None) -> bool:
    """Members who make and change things; viewers do not."""
    return actor.role in WRITERS


def may_manage(actor: IdentityContext, _params: Any = None) -> bool:
    """Owners and administrators of the identity."""
    return actor.role in MANAGERS


def may_own(actor: IdentityContext, _params: Any = None) -> bool:
    """Owners of the identity, in person: what becomes of it as a whole is nobody else's to say."""
    return actor.role == "owner" and person_itself(actor)


def person_itself(actor: IdentityContext, _params: Any = None) -> bool:
    """The person in person: neither an agent nor a program's token."""
    return not actor.agent and actor.token_id is None
