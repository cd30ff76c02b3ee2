"""What somebody who leaves an identity had in its queue."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from governance.jobs.models import Job
from governance.people.standing import NoLongerMember
from governance.uow import UnitOfWork

State = Job.State


def end_jobs(uow: UnitOfWork, person_id: UUID) -> None:
    """Refuses the person's jobs in the bound identity; one that runs has lost its fence, and may not act."""
    under_way = [State.PENDING, State.QUEUED, State.RUNNING]
    Job.objects.filter(identity_id=uow.actor.identity_id, person_id=person_id, state__in=under_way).update(
        state=State.REFUSED,
        last_error=NoLongerMember.code,
        fence=F("fence") + 1,
        finished_at=Now(),
        lease_until=None,
        holder=None,
    )
