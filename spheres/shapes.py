"""What the API answers about spheres and what they hold (design 6.2, pinned where it says so)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from spheres.facts import Section, Sphere
from spheres.models import Capture, DataSpace, Item
from spheres.search import Found
from spheres.sections import Tile


class Shape(BaseModel):
    """What an answer holds; compiled when it is first used."""

    model_config = ConfigDict(defer_build=True)


class SectionOut(Shape):
    key: str
    slug: str
    name: str
    icon: str


class SphereOut(Shape):
    slug: str
    order: int
    name_fr: str
    name_en: str
    icon: str
    sections: list[str]


class Pages(Shape):
    """The members of every list beside its `results`."""

    next: str | None
    previous: str | None


class SphereList(Pages):
    results: list[SphereOut]


class RowOut(Shape):
    title: str
    url: str
    meta: str
    at: datetime | None


class TileOut(SectionOut):
    count: int
    counted: str
    rows: list[RowOut]


class BureauOut(Shape):
    sphere: str
    sections: list[TileOut]


class StatsOut(Shape):
    """Counts stop at 100, which then means “100 or more”."""

    sphere: str
    captures_waiting: int
    dataspaces: int
    items: int
    open_tasks: int
    new_this_week: int
    waiting: int


class Routed(Shape):
    type: str
    id: UUID


class CaptureOut(Shape):
    id: UUID
    type: str
    content: str
    status: str
    sphere: str
    routed_to: Routed | None
    created_at: datetime


class DataSpaceOut(Shape):
    id: UUID
    type: str
    name: str
    sphere: str
    domain: str
    parent: UUID | None
    status: str
    visibility: str
    created_at: datetime
    changed_at: datetime
    deleted_at: datetime | None


class ItemOut(Shape):
    id: UUID
    type: str
    title: str
    content: str
    sphere: str
    dataspace: UUID | None
    version: int
    priority: str
    status: str
    due_on: date | None
    assignee: UUID | None
    completed_at: datetime | None
    origin: UUID | None
    created_at: datetime
    changed_at: datetime
    deleted_at: datetime | None


class ItemsMade(Shape):
    results: list[ItemOut]


class VersionOut(Shape):
    version: int
    title: str
    content: str
    at: datetime
    person: UUID


class FoundOut(Shape):
    kind: str
    id: UUID
    title: str
    excerpt: str
    sphere: str
    at: datetime
    url: str


class FoundList(Pages):
    results: list[FoundOut]


class TrashOut(Shape):
    kind: str
    id: UUID
    title: str
    sphere: str
    deleted_at: datetime
    restorable_until: datetime


class TrashList(Pages):
    results: list[TrashOut]


class CaptureList(Pages):
    results: list[CaptureOut]


class DataSpaceList(Pages):
    results: list[DataSpaceOut]


class ItemList(Pages):
    results: list[ItemOut]


class VersionList(Pages):
    results: list[VersionOut]


def _json(shape: type[BaseModel], values: dict[str, Any]) -> dict[str, Any]:
    return shape(**values).model_dump(mode="json")


def _from(shape: type[BaseModel], row: Any, **special: Any) -> dict[str, Any]:
    """The attributes of `row` that the shape names, but for the special ones."""
    return _json(shape, {name: getattr(row, name) for name in shape.model_fields if name not in special} | special)


def sphere_out(sphere: Sphere) -> dict[str, Any]:
    return _from(SphereOut, sphere, slug=sphere.slug.value, sections=[s.key.value for s in sphere.sections])


def tile_out(section: Section, tile: Tile) -> dict[str, Any]:
    rows = [RowOut(title=row.title, url=row.url, meta=row.meta, at=row.at) for row in tile.rows]
    return _from(TileOut, section, key=section.key.value, count=tile.count, counted=tile.counted, rows=rows)


def capture_out(capture: Capture) -> dict[str, Any]:
    routed = {"type": capture.routed_type, "id": capture.routed_id} if capture.routed_id else None
    return _from(CaptureOut, capture, routed_to=routed)


def dataspace_out(space: DataSpace) -> dict[str, Any]:
    return _from(DataSpaceOut, space, parent=space.parent_id)


def item_out(item: Item) -> dict[str, Any]:
    return _from(ItemOut, item, dataspace=item.dataspace_id, origin=item.origin_id)


def items_made(items: list[Item]) -> dict[str, Any]:
    return {"results": [item_out(item) for item in items]}


def found_out(found: Found) -> dict[str, Any]:
    return _from(FoundOut, found)


def trash_out(row: Item | DataSpace) -> dict[str, Any]:
    kind = "item" if isinstance(row, Item) else "dataspace"
    return _from(TrashOut, row, kind=kind, title=str(row))
