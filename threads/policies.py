"""Who may act in threads."""

from __future__ import annotations

from typing import Any

from governance.isolation.context import Channel, IdentityContext
from governance.people.policies import may_write, person_itself

MACHINE_CHANNELS = frozenset({Channel.SYSTEM, Channel.AGENT, Channel.TASK})


def may_write_itself(actor: IdentityContext, params: Any = None) -> bool:
    """A member in person: what binds people is never done by an agent or a program's token."""
    return may_write(actor, params) and person_itself(actor, params)


def may_record(actor: IdentityContext, params: Any = None) -> bool:
    """The machinery of a run on behalf of a member: people speak by `threads.message.add`."""
    return may_write(actor, params) and (actor.run_id is not None or actor.channel in MACHINE_CHANNELS)
