"""What is told of payment orders: to the people who keep them, and to webhooks (design 3.8, 3.10).

That one waits for its approval is told to people by its question, so only programs hear of that from here.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.audit.entries import Draft, News
from governance.isolation.lookup import by_id
from governance.notifications.events import Event, Group, Source, Type, register_event, register_fact
from governance.notifications.people import deciders, these
from governance.notifications.telling import settle, tell
from governance.orders.currencies import amount_text
from governance.orders.ending import CANCEL
from governance.orders.models import PaymentOrder
from governance.orders.shapes import order_out
from governance.orders.terms import WHERE_PAID
from governance.uow import UnitOfWork, tell_of
from governance.webhooks import events as hooks

PAYMENTS = Group(_("Payment orders"), 25)
ORDERED, SETTLED = "payment.ordered", "payment.settled"
CANCELLED, RECALL = "payment.cancelled", "payment.recall"
RETURNED = "payment.returned"
WHAT = frozenset({"amount", "payee"})

EVENTS = (
    Event(
        ORDERED, PAYMENTS, _("A payment was ordered"), _("Ordered: %(amount)s to %(payee)s"),
        _("A payment was ordered in %(identity)s"), _("Give it to your bank, and mark it as settled when it is paid."),
        facts=WHAT, type=Type.TASK,
    ),
    Event(
        SETTLED, PAYMENTS, _("A payment order was settled"), _("Settled: %(amount)s to %(payee)s"),
        _("A payment order was settled in %(identity)s"), facts=WHAT,
    ),
    Event(
        CANCELLED, PAYMENTS, _("A payment order was cancelled"), _("Cancelled: %(amount)s to %(payee)s"),
        _("A payment order was cancelled in %(identity)s"), facts=WHAT,
    ),
    Event(
        RECALL, PAYMENTS, _("An order that may be with your bank was cancelled"),
        _("Cancelled: %(amount)s to %(payee)s"), _("A payment order was cancelled in %(identity)s"),
        _("It stood in a file for the bank: if the bank has it, tell the bank yourself."),
        facts=WHAT, type=Type.WARNING, email=True,
    ),
)  # fmt: skip
# What a webhook is told of, and the news it follows from.
HOOKS = (
    ("payment.awaiting", _("A payment order waits for its approval"), "payment.submitted"),
    (RETURNED, _("A payment order is a draft again"), RETURNED),
    ("payment.ordered", _("A payment is ordered"), "payment.ordered"),
    ("payment.settled", _("A payment order is settled"), "payment.settled"),
    ("payment.cancelled", _("A payment order is cancelled"), "payment.cancelled"),
)


def register() -> None:
    """Called once, when the app is ready."""
    for event in EVENTS:
        register_event(event)
    register_fact("amount", said_amount)
    for name, label, kind in HOOKS:
        hooks.register_event(name, label, order_data, kinds=(kind,), when=is_draft if kind == RETURNED else None)


def is_draft(news: News) -> bool:
    """What is cancelled while it waits passes through a draft, and no program needs to hear of that."""
    row = by_id(PaymentOrder, news.object_id) if news.object_id else None
    return row is not None and row.status == PaymentOrder.Status.DRAFT


def order_data(pk: UUID) -> dict[str, Any] | None:
    """As the API gives it, without where the payee is paid and lives: who receives it looks that up, if they may."""
    row = by_id(PaymentOrder, pk)
    if row is None:
        return None
    return {name: value for name, value in order_out(row).items() if name not in WHERE_PAID}


def said_amount(value: Any) -> str:
    """“128430 EUR” as the reader reads it; anything else as it is."""
    minor, _sign, currency = str(value).partition(" ")
    return amount_text(int(minor), currency) if minor.isdecimal() and currency else str(value)


@tell_of("payment.ordered")
def was_ordered(uow: UnitOfWork, news: News) -> None:
    """All who may hand it to the bank; whoever approved it has seen the approval, not yet the order."""
    row = _row(uow, news.object_id)
    source = Source.AGENT if row.run_id else ""
    tell(uow, ORDERED, deciders(), about=row.pk, facts=_facts(row), link=_page(row), source=source)


@tell_of("payment.settled")
def was_settled(uow: UnitOfWork, news: News) -> None:
    """Who wrote it down; it waits for nobody any more."""
    row = _row(uow, news.object_id)
    settle(uow, row.pk, ORDERED)
    tell(uow, SETTLED, these(row.person_id), about=row.pk, facts=_facts(row), link=_page(row))


@tell_of(CANCEL)
def was_cancelled(uow: UnitOfWork, draft: Draft) -> None:
    """Who wrote it down; everybody who keeps orders, when a bank may have it. A draft that ends was nobody's wait."""
    row = _row(uow, draft.resource_id)
    settle(uow, row.pk, ORDERED)
    if draft.payload["was"] == PaymentOrder.Status.DRAFT:
        return
    key, people = (RECALL, deciders()) if row.filed_at else (CANCELLED, these(row.person_id))
    tell(uow, key, people, about=row.pk, facts=_facts(row), link=_page(row))


def _row(uow: UnitOfWork, order: UUID | None) -> PaymentOrder:
    assert order is not None
    return uow.lock(PaymentOrder, order)


def _facts(row: PaymentOrder) -> dict[str, str]:
    return {"amount": f"{row.amount_minor} {row.currency}", "payee": row.payee}


def _page(row: PaymentOrder) -> str:
    return reverse("order-detail", args=[row.pk])
