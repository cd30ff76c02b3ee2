"""Memories as the pages show them: with their place, their source, and what may be done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.checkpoints.runs import agent_name
from governance.isolation.context import current
from governance.memory.models import MemoryItem, Type
from governance.memory.places import Place, places_of, spheres
from governance.memory.policies import may_change
from governance.memory.reading import everything

MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Item:
    """One row; `source` in words, `may` what its buttons offer."""

    row: MemoryItem
    place: Place | None
    sphere: str
    source: str
    may: bool

    @property
    def pinned(self) -> bool:
        return self.row.status == MemoryItem.Status.PINNED

    @property
    def live(self) -> bool:
        return self.row.is_live

    @property
    def archived(self) -> bool:
        return self.row.status == MemoryItem.Status.ARCHIVED

    @property
    def waits(self) -> bool:
        return self.row.status == MemoryItem.Status.PROPOSED

    @property
    def forgotten(self) -> bool:
        return self.row.status == MemoryItem.Status.DELETED

    @property
    def until(self) -> datetime | None:
        """The last moment of it: what ends at midnight is told by the day before."""
        return self.row.expires_at - MOMENT if self.row.expires_at else None

    @property
    def until_sign_out(self) -> bool:
        return self.row.type == Type.SHORT


def items_of(rows: Iterable[MemoryItem]) -> list[Item]:
    """The rows with their places; one query for each kind of place."""
    found = list(rows)
    places, names, actor = places_of(found), spheres(), current()
    return [
        Item(row, places.get(row.place_id or row.pk), names.get(row.sphere, ""), source_of(row), may_change(actor, row))
        for row in found
    ]


def item_of(row: MemoryItem) -> Item:
    return items_of([row])[0]


def source_of(row: MemoryItem) -> str:
    """Where it came from, in words."""
    if row.agent:
        return _("proposed by %(agent)s") % {"agent": agent_name(row.agent)}
    if row.by_program:
        return _("proposed by a program")
    return _("yours") if row.person_id == current().person_id else _("by a member")


def shown_in(frozen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fragments of a snapshot for a page: the words of memory for who may see them, while they are those.

    `gone`: there is nothing to show. No statement where nothing is remembered.
    """
    marks = [UUID(each["id"]) for each in frozen if "memory" in each]
    if not marks:
        return frozen
    rows = {str(row.pk): row for row in everything().filter(pk__in=marks)}
    return [_shown(each, rows.get(each["id"])) if "memory" in each else each for each in frozen]


def _shown(fragment: dict[str, Any], row: MemoryItem | None) -> dict[str, Any]:
    same = row is not None and bool(row.salt) and row.digest == fragment["memory"]["digest"]
    return {**fragment, "text": row.text if row is not None and same else "", "gone": not same, "remembered": True}
