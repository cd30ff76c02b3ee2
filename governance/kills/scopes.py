"""What kill switches reach is registered by the apps above: governance stops nothing it does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from governance.uow import UnitOfWork

Stopper = Callable[[UnitOfWork, str, str], int]


@dataclass(frozen=True, slots=True)
class Reach:
    """One kind of thing that can be stopped.

    `name(ref)`: what people call it, inside a transaction; raises the refusals of every lookup, BadInput for what
    is none. `choices()`: what a page offers, as (ref, name).
    """

    name: Callable[[str], str]
    choices: Callable[[], list[tuple[str, str]]]


_reaches: dict[str, Reach] = {}
_stoppers: list[Stopper] = []


def register_reach(scope: str, reach: Reach) -> None:
    _reaches[scope] = reach


def register_stopper(call: Stopper) -> None:
    """`call(uow, scope, ref)` stops what is under way there, in the commit of the switch; how many they were."""
    if call not in _stoppers:
        _stoppers.append(call)


def reach_of(scope: str) -> Reach | None:
    return _reaches.get(scope)


def reaches() -> dict[str, Reach]:
    return dict(_reaches)


def stop_all(uow: UnitOfWork, scope: str, ref: str) -> int:
    """Stops everything under way in the scope."""
    return sum(call(uow, scope, ref) for call in _stoppers)
