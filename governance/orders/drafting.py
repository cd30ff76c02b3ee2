"""Writing an order down, and changing it while nobody was asked yet."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.errors import Conflict
from governance.orders.models import PaymentOrder
from governance.orders.policies import may_keep_orders
from governance.orders.terms import TERMS, ChangedTerms, OrderTerms, check_terms, terms_of
from governance.registry.actions import Effect, action
from governance.uow import UnitOfWork

CREATE, UPDATE = "governance.order.create", "governance.order.update"
Status = PaymentOrder.Status


@action(CREATE, Effect.CREATE, params=OrderTerms, policy=may_keep_orders, label=_("Write a payment order down"))
def create(uow: UnitOfWork, params: OrderTerms) -> PaymentOrder:
    """A draft; only approving it orders anything."""
    terms = params.model_dump()
    check_terms(terms)
    row = PaymentOrder(**terms, status=Status.DRAFT, person_id=uow.actor.person_id)
    uow.add(row)
    uow.announce("payment.drafted", row.pk)
    return row


class UpdateOrder(ChangedTerms):
    """`version`: the one that was seen; without it the last change wins."""

    order: UUID
    version: int | None = Field(default=None, ge=1)


@action(UPDATE, Effect.UPDATE, params=UpdateOrder, policy=may_keep_orders, label=_("Change a payment order"))
def update(uow: UnitOfWork, params: UpdateOrder) -> PaymentOrder:
    """Changes a draft. What waits for its approval is taken back first."""
    row = uow.lock(PaymentOrder, params.order)
    if row.status != Status.DRAFT:
        raise Conflict("order_state", _("Only a draft can be changed."))
    if params.version not in (None, row.version):
        raise Conflict("order_changed", _("Somebody has changed this order meanwhile. Look at it again."))
    before = terms_of(row)
    terms = before | {name: getattr(params, name) for name in params.model_fields_set & set(TERMS)}
    check_terms(terms)
    uow.tell(before={name: str(before[name]) for name in TERMS if before[name] != terms[name]})
    for name in TERMS:
        setattr(row, name, terms[name])
    row.version += 1
    uow.change(row, *TERMS, "version")
    uow.announce("payment.changed", row.pk)
    return row
