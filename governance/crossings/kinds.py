"""What can cross at all: the apps that hold objects say how one is packed, and one of them how it is unpacked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.utils.functional import Promise

from governance.canonical import canonical
from governance.uow import UnitOfWork

DOMAIN = b"chenu.crossing.v1\x00"
LONGEST_TEXT = 100_000
Words = str | Promise


@dataclass(frozen=True, slots=True)
class Parcel:
    """One object as it crosses: its words, and nothing that leads further into where it was.

    `type` is what a copy becomes (`note`, `task`, `link`, `document`, `decision`); `extra` further values of it.
    """

    kind: str
    type: str
    title: str
    text: str
    sphere: str
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form: what is approved is what crosses."""
        return hashlib.sha256(DOMAIN + canonical(asdict(self))).hexdigest()

    def packed(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def unpacked(cls, packed: bytes) -> Parcel:
        return cls(**orjson.loads(packed))


@dataclass(frozen=True, slots=True)
class Kind:
    """`pack(id, lock)`: the object of the bound identity, inside a transaction, locked on request; raises NotThere,
    IdentityBoundary, or Conflict for what is in the trash or only refers to something else. `page(id)`: its address."""

    code: str
    label: Words
    pack: Callable[[UUID, bool], Parcel]
    page: Callable[[UUID], str]


# `write(uow, parcel, sphere, refers)`: the new row in the bound identity; with `refers` a pointer without the text.
Write = Callable[[UnitOfWork, Parcel, str, bool], Any]
_kinds: dict[str, Kind] = {}
_write: list[Write] = []
_spheres: dict[str, Words] = {}


def register_kind(kind: Kind) -> None:
    """Adds a kind of object that may cross. Another one of that code is a ValueError."""
    if kind.code in _kinds:
        raise ValueError(f"the kind {kind.code} is registered twice")
    _kinds[kind.code] = kind


def register_spheres(names: dict[str, Words], write: Write) -> None:
    """The spheres with their names, and how what arrives is written into one of them."""
    _spheres.update(names)
    _write[:] = [write]


def get_kind(code: str) -> Kind:
    """KeyError when nobody registered it."""
    return _kinds[code]


def known_kind(code: str) -> Kind | None:
    return _kinds.get(code)


def spheres() -> dict[str, Words]:
    """Slug and name of each, in their order."""
    return dict(_spheres)


def unpack(uow: UnitOfWork, parcel: Parcel, sphere: str, *, refers: bool) -> Any:
    """Writes what has crossed; the row that it became."""
    return _write[0](uow, parcel, sphere, refers)
