"""Elevations as pages and the API show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from pydantic import BaseModel

from governance.checkpoints.models import Checkpoint
from governance.elevate.applying import standing
from governance.elevate.models import Elevation
from governance.isolation.context import current
from governance.people.policies import may_write

State, Status = Elevation.State, Checkpoint.Status
OVER, VOID = "over", "void"


class ElevationOut(BaseModel):
    """What `agent` may do for `person` without asking each time. A viewer reads no reason.

    `state`: requested, in_force, denied, lapsed (nobody decided in time, or it was withdrawn or changed), ended (by
    somebody), over (its time is), or void (somebody who allowed it, or whom it is for, no longer decides here).
    """

    id: UUID
    kind: str
    sphere: str
    target_sphere: str
    agent: str
    person: UUID
    reason: str
    hours: int
    state: str
    live: bool
    question: UUID
    requested_at: datetime
    begins_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    ended_by: UUID | None


class ElevationPage(BaseModel):
    results: list[ElevationOut]
    next: str | None
    previous: str | None


def listed() -> Any:
    """The rows, each with what it needs to know of its question, and whether it counts now."""
    stands = Exists(standing().filter(pk=OuterRef("pk")))
    known = {"asked": F("checkpoint__status"), "asked_until": F("checkpoint__expires_at"), "stands": stands}
    return Elevation.objects.annotate(**known)


def shown_state(row: Any) -> str:
    """As people read it: time that is over counts, even before anybody has written it down."""
    now = timezone.now()
    if row.state == State.IN_FORCE and not row.is_live(now):
        return OVER
    if row.state == State.IN_FORCE and not getattr(row, "stands", True):
        return VOID
    waits = row.state == State.REQUESTED and getattr(row, "asked", Status.PENDING) in (Status.PENDING, Status.APPROVED)
    if waits and getattr(row, "asked_until", now) < now:
        return State.LAPSED.value
    return str(row.state)


def elevation_out(row: Any) -> dict[str, Any]:
    return ElevationOut(
        id=row.pk,
        kind=row.kind,
        sphere=row.sphere,
        target_sphere=row.target_sphere,
        agent=row.agent,
        person=row.person_id,
        reason=row.reason if may_write(current()) else "",
        hours=row.hours,
        state=shown_state(row),
        live=row.is_live() and getattr(row, "stands", True),
        question=row.checkpoint_id,
        requested_at=row.requested_at,
        begins_at=row.begins_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by_id,
    ).model_dump(mode="json")
