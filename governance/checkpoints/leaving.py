"""What somebody who leaves an identity had asked there; their votes count no more (see `standing_approvals`)."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from governance.checkpoints.actions import end
from governance.checkpoints.endings import tell_ended
from governance.checkpoints.models import Checkpoint
from governance.uow import UnitOfWork

Status = Checkpoint.Status


def end_questions(uow: UnitOfWork, person_id: UUID) -> None:
    """Withdraws what the person asked and nobody decided; what was approved and not begun is over too."""
    asked = Checkpoint.objects.select_for_update().filter(requester_id=person_id).order_by("id")
    for row in asked.filter(status=Status.PENDING):
        end(uow, row, Status.CANCELLED, wake=False)
    for row in asked.filter(status=Status.APPROVED):
        Checkpoint.objects.filter(pk=row.pk, status=Status.APPROVED).update(
            status=Status.FAILED, decided_at=timezone.now()
        )
        uow.announce("checkpoint.failed", row.pk, row.run_id)
        tell_ended(uow, row)
