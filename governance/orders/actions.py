"""Ordering a payment, requesting a transfer: recorded once a person has approved the exact order."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.orders.models import PaymentOrder, TransferRequest
from governance.orders.words import amount_in_words
from governance.people.policies import may_write
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

Sphere = Literal[
    "personal", "business", "government", "creative", "community", "social", "entertainment", "team", "scholar"
]


class OrderPayment(Params):
    """Records an order to pay. A person approves payee, amount and date first; no money is moved."""

    payee: str = Field(min_length=1, max_length=140, description="Who is to be paid")
    amount_minor: int = Field(gt=0, le=10**12, description="The amount in minor units (cents)")
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217 code, such as CAD or EUR")
    due_date: date | None = Field(default=None, description="When it is due, YYYY-MM-DD")
    reference: str = Field(default="", max_length=140, description="Invoice number or reference")


def payment_preview(params: OrderPayment) -> dict[str, Any]:
    return {"form": "payment", **params.model_dump(mode="json"), "reversible": False}


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


class RequestTransfer(Params):
    """Requests that something be handed over to another sphere. A person approves it first."""

    subject: str = Field(min_length=1, max_length=200, description="What is to be handed over")
    from_sphere: Sphere = Field(description="The sphere it is in")
    to_sphere: Sphere = Field(description="The sphere it should go to")
    note: str = Field(default="", max_length=500, description="Why")


def transfer_preview(params: RequestTransfer) -> dict[str, Any]:
    return {"form": "transfer", **params.model_dump(mode="json"), "reversible": True}


def transfer_question(preview: dict[str, Any]) -> str:
    return gettext("Hand over “%(subject)s” to another sphere?") % {"subject": preview["subject"]}


@action(
    "governance.transfer.request",
    Effect.TRANSFER,
    params=RequestTransfer,
    policy=may_write,
    label=_("Request a transfer"),
    preview=transfer_preview,
    question=transfer_question,
)
def request_transfer(uow: UnitOfWork, params: RequestTransfer) -> TransferRequest:
    row = TransferRequest.objects.create(
        **params.model_dump(), person_id=uow.actor.person_id, run_id=uow.actor.run_id, requested_at=timezone.now()
    )
    uow.announce("transfer.requested", row.pk)
    return row
