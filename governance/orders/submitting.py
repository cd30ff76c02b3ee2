"""From a draft to the question that a person answers, and back when the answer is no."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from governance.checkpoints.endings import register_ending
from governance.checkpoints.models import Checkpoint
from governance.errors import Conflict
from governance.isolation.context import reading
from governance.isolation.lookup import find
from governance.orders.actions import ORDER, ORDERED_TERMS
from governance.orders.models import PaymentOrder
from governance.orders.policies import nobody
from governance.perform import perform
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

RETURN = "governance.order.return"
Status = PaymentOrder.Status


def submit(order: UUID) -> PaymentOrder:
    """Asks for exactly this order. Raises CheckpointRequired: it then waits, in the same commit as the question."""
    with reading():
        row: PaymentOrder = find(PaymentOrder.objects, order)
    if row.status not in {Status.DRAFT, Status.AWAITING}:
        raise Conflict("order_state", _("Only a draft can be submitted."))
    terms = {name: getattr(row, name) for name in ORDERED_TERMS}
    done: PaymentOrder = perform(ORDER, {**terms, "order": row.pk}, alongside=await_answer)
    return done


def await_answer(uow: UnitOfWork, phase: str, asked: Any) -> None:
    """The order waits at the question; one that waits at another already stays there."""
    if phase != "asked":
        return
    row = uow.lock(PaymentOrder, UUID(str(asked.params["order"])))
    if row.status == Status.AWAITING and row.checkpoint_id == asked.pk:
        return
    if row.status != Status.DRAFT:
        raise Conflict("order_state", _("This order was submitted already."))
    row.status, row.checkpoint_id = Status.AWAITING, asked.pk
    uow.change(row, "status", "checkpoint_id")
    uow.announce("payment.submitted", row.pk)


class ReturnOrder(Params):
    order: UUID


@action(RETURN, Effect.UPDATE, params=ReturnOrder, policy=nobody, label=_("Take a payment order back"))
def give_back(uow: UnitOfWork, params: ReturnOrder) -> PaymentOrder:
    """It is a draft again: what it waited for will not come."""
    row = uow.lock(PaymentOrder, params.order)
    row.status, row.checkpoint_id = Status.DRAFT, None
    uow.change(row, "status", "checkpoint_id")
    uow.announce("payment.returned", row.pk)
    return row


def follow_question(uow: UnitOfWork, asked: Checkpoint, successor: Checkpoint | None) -> None:
    """Called where a question about a payment ends without it; an order that waits at another one is left alone."""
    order = asked.params.get("order")
    row = uow.lock(PaymentOrder, UUID(str(order))) if order else None
    if row is None or row.status != Status.AWAITING or row.checkpoint_id != asked.pk:
        return
    if successor is None:
        uow.also(RETURN, ReturnOrder(order=row.pk))
        return
    row.checkpoint_id = successor.pk
    uow.change(row, "checkpoint_id")


register_ending(ORDER, follow_question)
