"""Who acts for the installation: staff through the admin, or its command line. No role of an identity ever does."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import SYSTEM_CHAIN, Channel, IdentityContext

STAFF, MACHINE = "staff", "system"


def is_staff_acting(actor: IdentityContext, _params: Any = None) -> bool:
    """A person of the staff whom the admin's gate has let in, in person."""
    return _for_installation(actor, STAFF, Channel.ADMIN) and not actor.agent and actor.token_id is None


def is_machine(actor: IdentityContext, _params: Any = None) -> bool:
    """The installation itself: its command line, its sweeps."""
    return _for_installation(actor, MACHINE, Channel.SYSTEM)


def staff_or_machine(actor: IdentityContext, params: Any = None) -> bool:
    return is_staff_acting(actor, params) or is_machine(actor, params)


def _for_installation(actor: IdentityContext, role: str, channel: Channel) -> bool:
    return (actor.role, actor.channel, actor.identity_id) == (role, channel, SYSTEM_CHAIN)
