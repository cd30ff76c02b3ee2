"""Violations as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.access.models import Violation


class ViolationOut(BaseModel):
    """`ip` and `user_agent` are for owners and administrators; null for everybody else."""

    id: UUID
    kind: str
    person: UUID
    method: str
    path: str
    resource: str
    severity: str
    ip: str | None
    user_agent: str | None
    resolved_at: datetime | None
    note: str
    created_at: datetime


class ViolationPage(BaseModel):
    results: list[ViolationOut]
    next: str | None
    previous: str | None


def violation_out(row: Violation, *, in_full: bool) -> dict[str, Any]:
    same = ("id", "kind", "method", "path", "resource", "severity", "resolved_at", "note", "created_at")
    return ViolationOut(
        **{name: getattr(row, name) for name in same},
        person=row.person_id,
        ip=row.ip if in_full else None,
        user_agent=row.user_agent if in_full else None,
    ).model_dump(mode="json")
