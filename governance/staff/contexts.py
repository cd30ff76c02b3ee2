"""The three contexts of the installation's own affairs.

Staff act for nobody: they are bound to the system's chain, under which PostgreSQL shows no row of any identity.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from uuid_utils.compat import uuid7

from governance.isolation.context import SYSTEM_CHAIN, Channel, IdentityContext, bind, current, reading
from governance.people.models import User
from governance.staff.models import BreakGlass
from governance.staff.policies import MACHINE, STAFF

LOOKING = "looking"  # no policy knows this role


def staff_context(person: User, *, request_id: UUID, epoch: str = "", session: str = "") -> IdentityContext:
    """A person of the staff, acting for the installation. Bound by the door alone."""
    return IdentityContext(
        person_id=person.pk,
        identity_id=SYSTEM_CHAIN,
        role=STAFF,
        channel=Channel.ADMIN,
        request_id=request_id,
        epoch=epoch,
        session=session,
        name=str(person),
    )


def machine_context() -> IdentityContext:
    """The installation acting by itself: a command, a sweep."""
    return IdentityContext(SYSTEM_CHAIN, SYSTEM_CHAIN, MACHINE, Channel.SYSTEM, uuid7())


@contextmanager
def looking_into(glass: BreakGlass) -> Iterator[None]:
    """Shows the rows of the one identity for the block, in a transaction that cannot write."""
    actor = current()
    look = IdentityContext(
        actor.person_id, glass.identity_id, LOOKING, Channel.ADMIN, actor.request_id, name=actor.name, looking=True
    )
    with reading(), bind(look):
        yield
