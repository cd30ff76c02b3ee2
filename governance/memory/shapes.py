"""Memory as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.memory.models import MemoryItem, MemoryUse


class SourceOut(BaseModel):
    """Where it came from. `kind`: person, program or agent."""

    kind: str
    agent: str
    run: UUID | None


class PlaceOut(BaseModel):
    kind: str
    id: UUID


class MemoryOut(BaseModel):
    """`digest` names exactly these words and terms: an approval repeats it. Once forgotten, it and `text` are empty."""

    id: UUID
    type: str
    category: str
    status: str
    text: str
    digest: str
    sensitivity: str
    person: UUID
    audience: str
    place: PlaceOut | None
    sphere: str
    for_agent: str
    source: SourceOut
    checkpoint: UUID | None
    approved_by: UUID | None
    version: int
    created_at: datetime
    changed_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    deleted_at: datetime | None


class MemoryPage(BaseModel):
    results: list[MemoryOut]
    next: str | None
    previous: str | None


class UseOut(BaseModel):
    """A run was shown it, in that version."""

    id: UUID
    run: UUID
    memory: UUID
    version: int
    at: datetime


class UsePage(BaseModel):
    results: list[UseOut]
    next: str | None
    previous: str | None


class MemoryLawOut(BaseModel):
    number: int
    title: str
    says: str
    enforced: str


class MemoryLawPage(BaseModel):
    results: list[MemoryLawOut]
    next: None = None
    previous: None = None


def memory_out(row: MemoryItem) -> dict[str, Any]:
    place = PlaceOut(kind=row.place_kind, id=row.place_id) if row.place_id else None
    source = SourceOut(kind=source_kind(row), agent=row.agent, run=row.source_run)
    plain = {name: getattr(row, name) for name in MemoryOut.model_fields if name not in OTHERWISE}
    shown = MemoryOut(
        **plain,
        digest=row.digest if row.salt else "",
        person=row.person_id,
        place=place,
        source=source,
        checkpoint=row.checkpoint_id,
    )
    return shown.model_dump(mode="json")


OTHERWISE = frozenset({"digest", "person", "place", "source", "checkpoint"})


def source_kind(row: MemoryItem) -> str:
    return "agent" if row.agent else "program" if row.by_program else "person"


def use_out(row: MemoryUse) -> dict[str, Any]:
    return UseOut(id=row.pk, run=row.run_id, memory=row.memory_id, version=row.version, at=row.at).model_dump(
        mode="json"
    )
