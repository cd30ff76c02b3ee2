"""Archives and erasures as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.rights.models import DataExport, Erasure


class ExportOut(BaseModel):
    """`kind`: all or log; `narrowed`: what the entries of a log were narrowed to."""

    id: UUID
    kind: str
    narrowed: dict[str, Any]
    state: str
    rows_done: int
    rows_total: int
    bytes: int
    sha256: str
    downloads: int
    created_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None


class ExportPage(BaseModel):
    results: list[ExportOut]
    next: str | None
    previous: str | None


def export_out(row: DataExport) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in ExportOut.model_fields}
    return ExportOut(**(fields | {"state": row.shown_state})).model_dump(mode="json")


class ErasureOut(BaseModel):
    id: UUID
    kind: str
    target_id: UUID
    state: str
    requested_at: datetime
    due_at: datetime
    ended_at: datetime | None


def erasure_out(row: Erasure) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in ErasureOut.model_fields}
    return ErasureOut(**fields).model_dump(mode="json")
