"""The isolation matrix of payment orders, their files, and of documents."""

from __future__ import annotations

from typing import Any

from governance.models import PayingAccount
from tests.cast import Person
from tests.governance.orders.ordering import EUROS, PAYER, decided, drafted, pays_from, submitted
from tests.isolation.case import MARK, Case
from tests.isolation.cases_governance import an_opened_budget

FORM = {"payee": "Fournisseur", "amount": "12,50", "currency": "EUR"}


def a_draft(alice: Person) -> dict[str, Any]:
    return {"order": drafted(alice, payee=MARK, reference=MARK).pk}


def a_waiting_one(alice: Person) -> dict[str, Any]:
    row = drafted(alice, payee=MARK, reference=MARK)
    submitted(alice, row)
    return {"order": row.pk}


def an_order(alice: Person) -> dict[str, Any]:
    row = drafted(alice, payee=MARK, reference=MARK)
    decided(alice, submitted(alice, row))
    return {"order": row.pk}


def some_orders(alice: Person) -> dict[str, Any]:
    an_order(alice)
    return {}


def an_account(alice: Person) -> dict[str, Any]:
    with alice.looking():
        known = PayingAccount.objects.exists()
    if not known:
        pays_from(alice, holder=MARK)
    return {}


def her_order(alice: Person, _kwargs: dict[str, Any]) -> dict[str, Any]:
    """A choice that names an order of Alice's."""
    return {"orders": [str(an_order(alice)["order"])], "format": "csv"}


def her_ticks(alice: Person, _kwargs: dict[str, Any]) -> dict[str, Any]:
    return {"order": str(an_order(alice)["order"]), "form": "csv"}


TERMS = {name: value for name, value in EUROS.items() if name != "reference"}
CASES = [
    Case("statement-pdf", ("POST",), make=an_opened_budget, whole=True),
    Case("orders", make=some_orders, whole=True),
    Case("order-new", ("GET", "POST"), some_orders, FORM, whole=True),
    Case("paying-account", ("GET", "POST"), an_account, {"holder": "Atelier", "iban": PAYER["iban"]}, whole=True),
    Case("orders-export", ("POST",), body=her_ticks),
    Case("order-detail", make=an_order),
    Case("order-edit", ("GET", "POST"), a_draft, FORM),
    Case("order-submit", ("POST",), a_draft),
    Case("order-withdraw", ("POST",), a_waiting_one),
    Case("order-settle", ("POST",), an_order, {"on": "2026-11-02"}),
    Case("order-cancel", ("POST",), a_draft),
    Case("api-orders", ("GET", "POST"), some_orders, TERMS, whole=True),
    Case("api-paying-account", ("GET", "PUT"), an_account, {"holder": "Atelier", "iban": PAYER["iban"]}, whole=True),
    Case("api-orders-export", ("POST",), body=her_order),
    Case("api-order", ("GET", "PATCH"), a_draft, {"reference": "F-1"}),
    Case("api-order-submit", ("POST",), a_draft, answers=(423,)),
    Case("api-order-withdraw", ("POST",), a_waiting_one),
    Case("api-order-settle", ("POST",), an_order, {"on": "2026-11-02"}),
    Case("api-order-cancel", ("POST",), a_draft),
    Case("api-order-export", ("POST",), an_order, {"format": "pdf"}),
]
