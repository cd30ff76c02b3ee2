"""Ordering a payment: recorded once a person has approved the exact order."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from governance.errors import Conflict
from governance.isolation.lookup import find
from governance.orders.accounts import FIELDS
from governance.orders.addresses import ADDRESS
from governance.orders.currencies import amount_text
from governance.orders.models import PaymentOrder
from governance.orders.policies import may_order
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

ORDER = "governance.payment.order"
ORDERED_TERMS = ("payee", "amount_minor", "currency", "due_date", "reference")


class OrderPayment(Params):
    """Records an order to pay. A person approves payee, amount and date first; no money is moved."""

    payee: str = Field(min_length=1, max_length=140, description="Who is to be paid")
    amount_minor: int = Field(gt=0, le=10**12, description="The amount in minor units (cents)")
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217 code, such as CAD or EUR")
    due_date: date | None = Field(default=None, description="When it is due, YYYY-MM-DD")
    reference: str = Field(default="", max_length=140, description="Invoice number or reference")
    # The draft that this orders. No tool offers it, and where there is none it is not even named: what was
    # asked without it keeps its bytes.
    order: SkipJsonSchema[UUID | None] = Field(default=None, exclude_if=lambda value: value is None)


def payment_preview(params: OrderPayment) -> dict[str, Any]:
    """Of a draft, also the account to be paid, the payee's address and its version. Raises Conflict when it says
    something else."""
    told = {"form": "payment", **params.model_dump(mode="json"), "reversible": False}
    if params.order is None:
        return told
    row: PaymentOrder = find(PaymentOrder.objects, params.order)
    if any(getattr(row, name) != getattr(params, name) for name in ORDERED_TERMS):
        raise Conflict("order_changed", _("The draft says something else: take it back and change it there."))
    address = {name: getattr(row, name) for name in ADDRESS} if row.country else {}
    return told | {name: getattr(row, name) for name in FIELDS} | address | {"version": row.version}


def payment_question(preview: dict[str, Any]) -> str:
    return gettext("Order the payment of %(amount)s to %(payee)s?") % {
        "amount": amount_text(preview["amount_minor"], preview["currency"]),
        "payee": preview["payee"],
    }


@action(
    ORDER,
    Effect.PAYMENT,
    params=OrderPayment,
    policy=may_order,
    label=_("Order a payment"),
    preview=payment_preview,
    question=payment_question,
)
def order_payment(uow: UnitOfWork, params: OrderPayment) -> PaymentOrder:
    """The draft becomes an order, or a new row is one from the beginning."""
    row = ordered_draft(uow, params.order) if params.order else _new_order(uow, params)
    uow.announce("payment.ordered", row.pk)
    return row


def ordered_draft(uow: UnitOfWork, order: UUID) -> PaymentOrder:
    """Raises Conflict for what is no draft any more, and for what waits at another question than the one answered."""
    row = uow.lock(PaymentOrder, order)
    waits = row.status == PaymentOrder.Status.AWAITING and row.checkpoint_id == uow.drafts[-1].checkpoint
    if not waits and row.status != PaymentOrder.Status.DRAFT:
        raise Conflict("order_state", _("This order was decided otherwise."))
    row.status, row.ordered_at = PaymentOrder.Status.ORDERED, timezone.now()
    uow.change(row, "status", "ordered_at")
    return row


def _new_order(uow: UnitOfWork, params: OrderPayment) -> PaymentOrder:
    terms = {name: getattr(params, name) for name in ORDERED_TERMS}
    actor = uow.actor
    return PaymentOrder.objects.create(
        **terms, person_id=actor.person_id, run_id=actor.run_id, ordered_at=timezone.now()
    )
