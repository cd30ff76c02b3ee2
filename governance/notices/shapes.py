"""Notices as the API and the sockets show them: no content."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.notices.models import PersonNotice


class NoticeOut(BaseModel):
    """`name`: of the identity; `nearest`: when the first of them ends."""

    id: UUID
    identity: UUID
    name: str
    kind: str
    count: int
    nearest: datetime | None


class NoticeList(BaseModel):
    results: list[NoticeOut]


def notice_out(row: PersonNotice) -> dict[str, Any]:
    return NoticeOut(
        id=row.pk,
        identity=row.identity_id,
        name=row.identity.name,
        kind=row.kind,
        count=row.count,
        nearest=row.nearest,
    ).model_dump(mode="json")
