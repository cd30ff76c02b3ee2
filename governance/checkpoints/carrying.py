"""Carrying out an approval that no run waits for: a person's own request by page or API."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from governance.checkpoints.endings import tell_ended
from governance.checkpoints.envelope import Binding
from governance.checkpoints.execution import OutsideFailed, mark_pending_effect
from governance.checkpoints.models import Checkpoint, Execution
from governance.errors import GovernanceError
from governance.isolation.context import reading
from governance.isolation.lookup import find
from governance.jobs.queue import others_alive
from governance.perform import perform
from governance.uow import unit_of_work

EXECUTE = "governance.checkpoint.execute"


def carry_out_approved(checkpoint_id: UUID) -> None:
    """Performs the approved act of the bound requester, unless it was begun before."""
    with reading():
        row = find(Checkpoint.objects, checkpoint_id)
        begun = Execution.objects.filter(checkpoint=row).first()
    if begun is not None:
        if begun.state == Execution.State.RUNNING and not others_alive(EXECUTE, checkpoint_id):
            mark_pending_effect(begun)
        return
    if row.status != Checkpoint.Status.APPROVED:
        return
    try:
        perform(row.action, row.params, approval=row.pk, binding=Binding(sphere=row.sphere, thread=row.thread_id))
    except OutsideFailed:
        return  # recorded as failed, with its reason
    except GovernanceError:
        fail(row)


def fail(row: Checkpoint) -> None:
    """An approval that can no longer be carried out as approved is over: it must be asked again."""
    with transaction.atomic():
        still = Checkpoint.objects.filter(pk=row.pk, status=Checkpoint.Status.APPROVED).exists()
    if not still:
        return
    with unit_of_work() as uow:
        failed = Checkpoint.objects.filter(pk=row.pk, status=Checkpoint.Status.APPROVED).update(
            status=Checkpoint.Status.FAILED, decided_at=timezone.now()
        )
        if not failed:
            return
        uow.announce("checkpoint.failed", row.pk, row.run_id)
        tell_ended(uow, row)
