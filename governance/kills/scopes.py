"""What kill switches reach is registered by the apps above: governance stops nothing it does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from governance.uow import UnitOfWork

STOPPED_BY_STAFF = _("The operator of this installation has stopped this for everybody: nothing begins for now.")
Stopper = Callable[[UnitOfWork, str, str], list[UUID]]
Seeker = Callable[[str, str], list[UUID]]


@dataclass(frozen=True, slots=True)
class Reach:
    """One kind of thing that can be stopped.

    `name(ref)`: what people call it, inside a transaction; raises the refusals of every lookup, BadInput for what
    is none. `choices()`: what a page offers, as (ref, name). `say(name)`: a name that was kept, in the reader's words.
    """

    name: Callable[[str], str]
    choices: Callable[[], list[tuple[str, str]]]
    say: Callable[[str], str] | None = None


_reaches: dict[str, Reach] = {}
_stoppers: list[Stopper] = []
_seekers: list[Seeker] = []


def register_reach(scope: str, reach: Reach) -> None:
    _reaches[scope] = reach


def register_stopper(call: Stopper) -> None:
    """`call(uow, scope, ref)` stops what is under way there, in the commit of the switch; whose each of it was."""
    if call not in _stoppers:
        _stoppers.append(call)


def register_seeker(call: Seeker) -> None:
    """`call(scope, ref)`: the identities in which something there is under way and was not told to end.

    Asked unbound, as the installation, for what staff stop everywhere.
    """
    if call not in _seekers:
        _seekers.append(call)


def reach_of(scope: str) -> Reach | None:
    return _reaches.get(scope)


def reaches() -> dict[str, Reach]:
    return dict(_reaches)


def stop_all(uow: UnitOfWork, scope: str, ref: str) -> list[UUID]:
    """Stops everything under way in the scope of the bound identity; whose each of it was."""
    return [person_id for call in _stoppers for person_id in call(uow, scope, ref)]


def busy(scope: str, ref: str) -> list[UUID]:
    """The identities in which something of the scope is under way."""
    return sorted({identity_id for call in _seekers for identity_id in call(scope, ref)})
