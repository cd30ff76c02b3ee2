"""Jobs of checkpoints: carry out what was approved, end what is overdue."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.checkpoints.carrying import EXECUTE, carry_out_approved
from governance.checkpoints.execution import mark_pending_effect
from governance.checkpoints.models import Checkpoint, Execution
from governance.errors import GovernanceError
from governance.isolation.context import Channel, IdentityContext, Why, bind, system_scope
from governance.jobs.registry import every, job
from governance.perform import perform

SWEEP_EVERY = 20  # seconds
LOST_AFTER = timedelta(minutes=10)


@job(EXECUTE)
def execute(checkpoint_id: UUID | None) -> None:
    """Carries out an approved act at once; a repeat after a crash never repeats the effect."""
    assert checkpoint_id is not None
    carry_out_approved(checkpoint_id)


@every(SWEEP_EVERY, "governance.checkpoints.sweep")
def sweep(_: UUID | None) -> None:
    """Lets overdue questions expire and makes lost executions visible."""
    now = timezone.now()
    overdue = Checkpoint.objects.filter(status=Checkpoint.Status.PENDING, expires_at__lte=now)
    for row in _seen(overdue):
        with bind(_nobody(row.identity_id, row.requester_id)):
            try:
                perform("governance.checkpoint.expire", {"checkpoint": row.pk})
            except GovernanceError:
                continue  # somebody ended it first; the refusal is on the record
    show_lost(LOST_AFTER)


def show_lost(older_than: timedelta) -> int:
    """Makes executions visible that have been under way for longer: nobody knows their outcome. How many."""
    lost = _seen(Execution.objects.filter(state=Execution.State.RUNNING, started_at__lte=timezone.now() - older_than))
    for row in lost:
        with bind(_nobody(row.identity_id, UUID(int=0))):
            mark_pending_effect(row)
    return len(lost)


def _seen(rows: QuerySet) -> list:
    """A bounded look across identities; what is changed afterwards is changed inside its own one."""
    with system_scope(Why.SWEEP):
        return list(rows[:200])


def _nobody(identity_id: UUID, person_id: UUID) -> IdentityContext:
    """The system acting inside one identity."""
    return IdentityContext(person_id, identity_id, "system", Channel.SYSTEM, uuid7())
