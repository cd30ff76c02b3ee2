"""What people are told of elevations: theirs is in force, or somebody else has ended it."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from governance.audit.entries import News
from governance.checkpoints.models import Vote
from governance.checkpoints.runs import agent_name
from governance.elevate.models import Elevation
from governance.notifications import own
from governance.notifications.people import these
from governance.notifications.telling import tell
from governance.uow import UnitOfWork, tell_of


@tell_of("elevation.given")
def put_in_force(uow: UnitOfWork, news: News) -> None:
    """Whom it is for, unless they have allowed it themselves."""
    row = _row(uow, news)
    approvals = Vote.objects.filter(checkpoint_id=row.checkpoint_id, decision=Vote.Decision.APPROVE)
    if approvals.exclude(person_id=row.person_id, cast_by_id__isnull=True).exists():
        facts = {"agent": agent_name(row.agent), "at": row.expires_at.isoformat() if row.expires_at else ""}
        tell(uow, own.ELEVATED, these(row.person_id), about=row.pk, facts=facts, link=reverse("elevations"))


@tell_of("elevation.ended")
def ended_by_another(uow: UnitOfWork, news: News) -> None:
    row = _row(uow, news)
    if row.ended_by_id != row.person_id:
        facts = {"agent": agent_name(row.agent)}
        tell(uow, own.UNELEVATED, these(row.person_id), about=row.pk, facts=facts, link=reverse("elevations"))


def _row(uow: UnitOfWork, news: News) -> Elevation:
    """The one that this unit has just changed."""
    assert isinstance(news.object_id, UUID)
    row: Elevation = uow.mine[Elevation, news.object_id]
    return row
