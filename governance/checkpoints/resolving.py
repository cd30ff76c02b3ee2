"""A person says what became of an effect that nobody knows the outcome of (design 3.4)."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.apps import apps
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.checkpoints.models import Checkpoint, Execution
from governance.checkpoints.policies import may_decide
from governance.errors import Conflict
from governance.isolation.lookup import find
from governance.registry.actions import Effect, Params, action, get_action
from governance.uow import UnitOfWork

RESOLVE = "governance.checkpoint.resolve"
Status, State = Checkpoint.Status, Execution.State


class Resolve(Params):
    """What somebody has found out, and how."""

    checkpoint: UUID
    outcome: Literal["happened", "did_not_happen"]
    note: str = Field(default="", max_length=500)


@action(RESOLVE, Effect.UPDATE, params=Resolve, policy=may_decide, label=_("Say what became of it"))
def resolve(uow: UnitOfWork, params: Resolve) -> Checkpoint:
    """Ends the doubt; nothing is done or repeated by it. The worker that comes back late finds it ended."""
    row: Checkpoint = find(Checkpoint.objects.select_for_update(), params.checkpoint)
    if row.status != Status.PENDING_EFFECT:
        raise Conflict("nothing_to_resolve", _("Its outcome is known, or it was never begun."))
    execution = Execution.objects.select_for_update().get(checkpoint=row)
    happened = params.outcome == "happened"
    execution.state, execution.ended_at = (State.DONE if happened else State.FAILED), timezone.now()
    execution.receipt = {"said_by": str(uow.actor.person_id), "outcome": params.outcome}
    execution.save()
    row.status = Status.EXECUTED if happened else Status.FAILED
    row.save(update_fields=["status"])
    note_in_resource(uow, row, execution, happened)
    uow.tell(said=params.outcome, question=row.action)
    uow.announce(f"checkpoint.{row.status}", row.pk, row.run_id)
    return row


def note_in_resource(uow: UnitOfWork, row: Checkpoint, execution: Execution, happened: bool) -> None:
    """Has the effect's own row say the same, as its action would have."""
    outside = get_action(row.action).outside
    if outside is None or not execution.resource_type or execution.resource_id is None:
        return
    resource: Any = apps.get_model(execution.resource_type).objects.filter(pk=execution.resource_id).first()
    if resource is None:
        return
    if happened:
        outside.settle(uow, resource, execution.receipt)
    elif outside.failed is not None:
        outside.failed(uow, resource)
