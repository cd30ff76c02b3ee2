"""What ends at once when a person leaves an identity: each app ends its own (design 3.1)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from governance.live.notify import recheck
from governance.uow import UnitOfWork

Departure = Callable[[UnitOfWork, UUID], None]
_departures: list[Departure] = []


def register_departure(call: Departure) -> None:
    """`call(uow, person_id)` ends what the person has under way in the bound identity, in the same commit."""
    _departures.append(call)


def depart(uow: UnitOfWork, person_id: UUID) -> None:
    """Ends everything the person has in the bound identity; their sockets are looked at with the commit.

    Sessions and tokens need no list: either asks for the membership at each request.
    """
    for call in _departures:
        call(uow, person_id)
    recheck(person_id)
