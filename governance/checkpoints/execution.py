"""Effects that leave the installation, between two commits (design 3.4, 4.1).

“Begun” is committed before the effect, its outcome after it. A crash between the two is never
repeated: the execution becomes a visible `pending_effect` for a person to resolve.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone

from governance.audit.entries import Draft
from governance.audit.models import Outcome
from governance.checkpoints.models import Checkpoint, Execution
from governance.registry.actions import Action
from governance.uow import UnitOfWork, describe, unit_of_work

logger = logging.getLogger("chenu.effects")


class OutsideFailed(Exception):
    """The effect certainly did not happen; the message says why, for the person."""


def carry_out_outside(
    action: Action,
    begin: Callable[[UnitOfWork], tuple[Any, Execution | None]],
    alongside: Callable[[UnitOfWork, str, Any], None] | None = None,
) -> Any:
    """Begins, does and concludes an outside effect. Returns the row; raises OutsideFailed when it failed."""
    assert action.outside is not None
    with unit_of_work() as uow:
        row, execution = begin(uow)
        if alongside is not None:
            alongside(uow, "begun", row)
        uow.drafts[-1].outcome, uow.drafts[-1].reason = Outcome.UNKNOWN, "begun"
        _point_to(execution, row)
        checkpoint = execution.checkpoint_id if execution else None
    try:
        receipt = action.outside.run(row)
    except OutsideFailed as failure:
        _record(action, row, execution, checkpoint, Outcome.FAILED, Execution.State.FAILED, str(failure))
        raise
    except Exception as unknown:
        logger.exception("%s: the outcome is unknown", action.name)
        _record(action, row, execution, checkpoint, Outcome.UNKNOWN, Execution.State.PENDING_EFFECT, repr(unknown))
        raise
    with unit_of_work() as uow:
        action.outside.settle(uow, row, receipt)
        _draft(uow, action, row, checkpoint, Outcome.ALLOWED, receipt)
        conclude(execution, row, receipt)
        _known_after_all(uow, checkpoint)
        if alongside is not None:
            alongside(uow, "done", row)
    return row


def _known_after_all(uow: UnitOfWork, checkpoint: UUID | None) -> None:
    """Whoever thought this execution lost, or said it never happened, was wrong: the outcome is known."""
    if checkpoint is None:
        return
    wrong = [Checkpoint.Status.PENDING_EFFECT, Checkpoint.Status.FAILED]
    doubted = Checkpoint.objects.filter(pk=checkpoint, status__in=wrong)
    if doubted.update(status=Checkpoint.Status.EXECUTED):
        uow.announce("checkpoint.executed", checkpoint)


def conclude(execution: Execution | None, row: Any, receipt: dict[str, Any] | None = None) -> None:
    """Ends an execution well, in the open unit of work."""
    if execution is None:
        return
    _point_to(execution, row, save=False)
    execution.state, execution.ended_at, execution.receipt = Execution.State.DONE, timezone.now(), receipt or {}
    execution.save()


def mark_pending_effect(execution: Execution) -> bool:
    """Makes a lost execution visible: nobody knows whether its effect happened. False when it had ended."""
    with unit_of_work() as uow:
        return _end(uow, execution, Execution.State.PENDING_EFFECT)


def _record(
    action: Action,
    row: Any,
    execution: Execution | None,
    checkpoint: UUID | None,
    outcome: str,
    state: str,
    reason: str,
) -> None:
    with unit_of_work() as uow:
        if outcome == Outcome.FAILED and action.outside is not None and action.outside.failed is not None:
            action.outside.failed(uow, row)
        _draft(uow, action, row, checkpoint, outcome, {"error": reason})
        if execution is not None:
            _end(uow, execution, state)


def _end(uow: UnitOfWork, execution: Execution, state: str) -> bool:
    doubtful = state == Execution.State.PENDING_EFFECT
    open_states = [Execution.State.RUNNING] if doubtful else [Execution.State.RUNNING, Execution.State.PENDING_EFFECT]
    ended = Execution.objects.filter(pk=execution.pk, state__in=open_states).update(
        state=state, ended_at=timezone.now()
    )
    if ended:
        Checkpoint.objects.filter(pk=execution.checkpoint_id).update(status=state)
        uow.announce(f"checkpoint.{state}", execution.checkpoint_id)
    return bool(ended)


def _draft(
    uow: UnitOfWork, action: Action, row: Any, checkpoint: UUID | None, outcome: str, payload: dict[str, Any]
) -> None:
    draft = Draft(action.name, action.effect, outcome, checkpoint=checkpoint, payload=payload)
    describe(draft, row)
    uow.drafts.append(draft)


def _point_to(execution: Execution | None, row: Any, save: bool = True) -> None:
    if execution is None or row is None:
        return
    execution.resource_type, execution.resource_id = row._meta.label_lower, row.pk
    if save:
        execution.save(update_fields=["resource_type", "resource_id"])
