"""Delegations as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.delegations.models import Delegation


class DelegationOut(BaseModel):
    """`to` approves for `from_person` what `covers` names (everything when empty), up to the ceiling, until then."""

    id: UUID
    from_person: UUID
    from_name: str
    to_person: UUID
    to_name: str
    covers: list[str]
    checkpoint: UUID | None
    ceiling_pico_usd: int | None
    created_at: datetime
    starts_at: datetime
    until: datetime
    revoked_at: datetime | None
    live: bool


class DelegationPage(BaseModel):
    results: list[DelegationOut]
    next: str | None
    previous: str | None


def delegation_out(row: Delegation) -> dict[str, Any]:
    return DelegationOut(
        id=row.pk,
        from_person=row.from_person_id,
        from_name=row.from_name,
        to_person=row.to_person_id,
        to_name=row.to_name,
        covers=row.covers,
        checkpoint=row.checkpoint_id,
        ceiling_pico_usd=row.ceiling_pico_usd,
        created_at=row.created_at,
        starts_at=row.starts_at,
        until=row.until,
        revoked_at=row.revoked_at,
        live=row.is_live(),
    ).model_dump(mode="json")
