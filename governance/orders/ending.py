"""Taking an order back, settling it, cancelling it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from governance.checkpoints.actions import EndCheckpoint
from governance.checkpoints.models import Checkpoint
from governance.errors import BadInput, Conflict
from governance.isolation.lookup import find
from governance.orders.days import day_of
from governance.orders.models import PaymentOrder
from governance.orders.policies import may_keep_orders
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

SETTLE, CANCEL, WITHDRAW = "governance.order.settle", "governance.order.cancel", "governance.order.withdraw"
Status = PaymentOrder.Status


class OneOrder(Params):
    order: UUID


class SettleOrder(OneOrder):
    """`on`: the day the money left; today when not said."""

    on: date | None = None


@action(SETTLE, Effect.UPDATE, params=SettleOrder, policy=may_keep_orders, label=_("Mark a payment as settled"))
def settle(uow: UnitOfWork, params: SettleOrder) -> PaymentOrder:
    """Records that the bank has paid. Raises Conflict for what was not ordered, or is settled already."""
    row = uow.lock(PaymentOrder, params.order)
    if row.status == Status.SETTLED:
        raise Conflict("already_settled", _("This order was settled already."))
    if row.status != Status.ORDERED:
        raise Conflict("order_state", _("Only what was ordered can be settled."))
    today = day_of(uow.person)
    if params.on is not None and params.on > today:
        raise BadInput(errors={"on": [_("This day has not come yet.")]})
    row.status, row.settled_on = Status.SETTLED, params.on or today
    uow.change(row, "status", "settled_on")
    uow.announce("payment.settled", row.pk)
    return row


@action(WITHDRAW, Effect.UPDATE, params=OneOrder, policy=may_keep_orders, label=_("Withdraw a payment order"))
def withdraw(uow: UnitOfWork, params: OneOrder) -> PaymentOrder:
    """Takes back what nobody has approved yet: its question ends, and it can be changed."""
    row = lock_with_question(uow, params.order)
    if row.status != Status.AWAITING or row.checkpoint_id is None:
        raise Conflict("order_state", _("This order waits for no approval."))
    uow.also("governance.checkpoint.cancel", EndCheckpoint(checkpoint=row.checkpoint_id))
    return row


@action(CANCEL, Effect.UPDATE, params=OneOrder, policy=may_keep_orders, label=_("Cancel a payment order"))
def cancel(uow: UnitOfWork, params: OneOrder) -> PaymentOrder:
    """It stays on record, and is never paid by a file of ours. Whoever has such a file has to be told."""
    row = lock_with_question(uow, params.order)
    if row.status in {Status.SETTLED, Status.CANCELLED}:
        raise Conflict("order_state", _("This order has ended already."))
    uow.tell(was=row.status, file=row.message_id)
    if row.status == Status.AWAITING and row.checkpoint_id is not None:
        uow.also("governance.checkpoint.cancel", EndCheckpoint(checkpoint=row.checkpoint_id))
    row.status, row.checkpoint_id = Status.CANCELLED, None
    uow.change(row, "status", "checkpoint_id")
    uow.announce("payment.cancelled", row.pk)
    return row


def lock_with_question(uow: UnitOfWork, order: UUID) -> PaymentOrder:
    """The order, locked after the question it waits at: whoever decides locks them in this order, too."""
    seen: PaymentOrder = find(PaymentOrder.objects, order)
    if seen.checkpoint_id is not None:
        find(Checkpoint.objects.select_for_update(), seen.checkpoint_id)
    row = uow.lock(PaymentOrder, order)
    if row.checkpoint_id != seen.checkpoint_id:
        raise Conflict("order_changed", _("Somebody has changed this order meanwhile. Look at it again."))
    return row
