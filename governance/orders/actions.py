"""Ordering a payment: recorded once a person has approved the exact order."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.orders.models import PaymentOrder
from governance.people.policies import may_write
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork


class OrderPayment(Params):
    """Records an order to pay. A person approves payee, amount and date first; no money is moved."""

    payee: str = Field(min_length=1, max_length=140, description="Who is to be paid")
    amount_minor: int = Field(gt=0, le=10**12, description="The amount in minor units (cents)")
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217 code, such as CAD or EUR")
    due_date: date | None = Field(default=None, description="When it is due, YYYY-MM-DD")
    reference: str = Field(default="", max_length=140, description="Invoice number or reference")


def payment_preview(params: OrderPayment) -> dict[str, Any]:
    return {"form": "payment", **params.model_dump(mode="json"), "reversible": False}


def amount_in_words(preview: dict[str, Any]) -> str:
    """`1284,30 CAD`: minor units with two decimals, whole numbers only."""
    units, cents = divmod(preview["amount_minor"], 100)
    return f"{units},{cents:02d} {preview['currency']}"


def payment_question(preview: dict[str, Any]) -> str:
    return gettext("Order the payment of %(amount)s to %(payee)s?") % {
        "amount": amount_in_words(preview),
        "payee": preview["payee"],
    }


@action(
    "governance.payment.order",
    Effect.PAYMENT,
    params=OrderPayment,
    policy=may_write,
    label=_("Order a payment"),
    preview=payment_preview,
    question=payment_question,
)
def order_payment(uow: UnitOfWork, params: OrderPayment) -> PaymentOrder:
    order = PaymentOrder.objects.create(
        **params.model_dump(), person_id=uow.actor.person_id, run_id=uow.actor.run_id, ordered_at=timezone.now()
    )
    uow.announce("payment.ordered", order.pk)
    return order
