"""Members and invitations as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.access.stepup import has_second_factor
from governance.members.models import Invitation
from governance.people.models import Membership


class MemberOut(BaseModel):
    """`email` and `second_factor` (has the person one?) are for administrators and owners; null for everybody else."""

    id: UUID
    person: UUID
    display_name: str
    email: str | None
    second_factor: bool | None
    role: str
    since: datetime


class MemberPage(BaseModel):
    results: list[MemberOut]
    next: str | None
    previous: str | None


class InvitationOut(BaseModel):
    id: UUID
    email: str
    role: str
    invited_by: UUID
    created_at: datetime
    sent_at: datetime
    expires_at: datetime


class InvitationPage(BaseModel):
    results: list[InvitationOut]
    next: str | None
    previous: str | None


class Sent(InvitationOut):
    """`sent`: has the e-mail left?"""

    sent: bool


def member_out(row: Membership, *, in_full: bool) -> dict[str, Any]:
    return MemberOut(
        id=row.pk,
        person=row.user_id,
        display_name=str(row.user),
        email=row.user.email if in_full else None,
        second_factor=_has_factor(row) if in_full else None,
        role=row.role,
        since=row.created_at,
    ).model_dump(mode="json")


def _has_factor(row: Membership) -> bool:
    """As the list has read it with the row, or asked now."""
    known = getattr(row, "has_factor", None)
    return has_second_factor(row.user) if known is None else bool(known)


def invitation_out(row: Invitation) -> dict[str, Any]:
    same = ("id", "email", "role", "created_at", "sent_at", "expires_at")
    fields = {name: getattr(row, name) for name in same}
    return InvitationOut(**fields, invited_by=row.invited_by_id).model_dump(mode="json")
