"""Where memory may live: threads and DataSpaces, which the apps above register. Filled from above, empty until then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.errors import BadInput
from governance.memory.models import DATASPACE, MemoryItem


@dataclass(frozen=True, slots=True)
class Place:
    """One place as people know it."""

    kind: str
    id: UUID
    name: str
    sphere: str
    url: str


Open = Callable[[UUID], Place]
Named = Callable[[set[UUID]], dict[UUID, Place]]


@dataclass(frozen=True, slots=True)
class PlaceKind:
    """A kind of place: `open(id)` is the one that can take something (refused like any lookup), `named(ids)` those
    that still stand, `choices()` what a form offers."""

    label: str | Promise
    open: Open
    named: Named
    choices: Callable[[], list[Place]]


_kinds: dict[str, PlaceKind] = {}
_of_run: list[Callable[[UUID], list[Place]]] = []
_spheres: dict[str, Callable[[], str]] = {}


def register_place(kind: str, found: PlaceKind) -> None:
    """Declares a kind of place, such as `thread`."""
    _kinds[kind] = found


def register_places_of_run(call: Callable[[UUID], list[Place]]) -> None:
    """`call(run id)`: the thread of a run, and the DataSpace of that thread when it has one."""
    _of_run.append(call)


def register_spheres(named: dict[str, Callable[[], str]]) -> None:
    """The spheres there are, each with how it is called in the reader's language."""
    _spheres.update(named)


def spheres() -> dict[str, str]:
    return {slug: name() for slug, name in _spheres.items()}


def kinds() -> dict[str, PlaceKind]:
    return dict(_kinds)


def place_of(kind: str, pk: UUID) -> Place:
    """The place, if something can be kept there. Raises BadInput for a kind there is not, and as lookups do."""
    if kind not in _kinds:
        raise BadInput(errors={"place_kind": [_("There is no such kind of place.")]})
    return _kinds[kind].open(pk)


def places_of_run(run_id: UUID | None) -> list[Place]:
    """Where a run works; nothing outside a run."""
    return [place for call in _of_run for place in call(run_id)] if run_id is not None else []


def places_of(rows: Iterable[MemoryItem]) -> dict[UUID, Place]:
    """The places of these items that still stand; one query for each kind."""
    wanted: dict[str, set[UUID]] = {}
    for row in rows:
        if row.place_id is not None:
            wanted.setdefault(row.place_kind, set()).add(row.place_id)
    found: dict[UUID, Place] = {}
    for kind, ids in wanted.items():
        if kind in _kinds:
            found |= _kinds[kind].named(ids)
    return found


def dataspaces() -> list[Place]:
    """What a form offers to keep something in for good."""
    return _kinds[DATASPACE].choices() if DATASPACE in _kinds else []
