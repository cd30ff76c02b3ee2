"""Payment orders, for the tests of their edges."""

from __future__ import annotations

from typing import Any

import pytest

from governance.checkpoints.carrying import carry_out_approved
from governance.errors import CheckpointRequired
from governance.isolation.context import Channel
from governance.models import PayingAccount, PaymentOrder
from governance.orders.submitting import submit
from governance.perform import perform
from tests.cast import Person

IBAN, OTHER_IBAN, BIC = "FR1420041010050500013M02606", "DE89370400440532013000", "DEUTDEFF"
EUROS = {
    "payee": "Électricité Œuvrée & fils",
    "amount_minor": 128430,
    "currency": "EUR",
    "reference": "Facture n° 2031",
    "iban": IBAN,
}
HOME = {"street": "Rue de l’Écluse", "building": "12 bis", "postcode": "69001", "town": "Lyon", "country": "FR"}
DOLLARS = {
    "payee": "Toitures Lévesque inc.",
    "amount_minor": 125050,
    "currency": "CAD",
    "institution": "815",
    "transit": "30000",
    "account": "1234567",
}
PAYER = {
    "holder": "Atelier Roy",
    "iban": OTHER_IBAN,
    "bic": BIC,
    "institution": "006",
    "transit": "00011",
    "account": "7654321",
}


def drafted(person: Person, identity: Any = None, **changes: Any) -> PaymentOrder:
    with person.acting(identity):
        row: PaymentOrder = perform("governance.order.create", EUROS | changes)
    return row


def submitted(person: Person, row: PaymentOrder, identity: Any = None) -> dict[str, Any]:
    """The public form of the question it waits at."""
    with person.acting(identity), pytest.raises(CheckpointRequired) as stopped:
        submit(row.pk)
    shown: dict[str, Any] = stopped.value.checkpoint
    return shown


def decided(person: Person, shown: dict[str, Any], decision: str = "approve", identity: Any = None) -> None:
    """The vote of somebody who has just shown who they are, and what the worker then does."""
    vote = {"checkpoint": shown["id"], "decision": decision, "envelope_digest": shown["envelope_digest"]}
    with person.acting(identity, proved=lambda second: True):
        row = perform("governance.checkpoint.decide", vote)
    if row.status == "approved":
        with person.acting(identity, channel=Channel.TASK):
            carry_out_approved(row.pk)


def ordered(person: Person, identity: Any = None, **changes: Any) -> PaymentOrder:
    row = drafted(person, identity, **changes)
    decided(person, submitted(person, row, identity), identity=identity)
    return now(person, row, identity)


def now(person: Person, row: PaymentOrder, identity: Any = None) -> PaymentOrder:
    """The order as it stands."""
    with person.looking(identity):
        found: PaymentOrder = PaymentOrder.objects.get(pk=row.pk)
    return found


def pays_from(person: Person, identity: Any = None, **changes: Any) -> PayingAccount:
    with person.acting(identity, proved=lambda second: True):
        row: PayingAccount = perform("governance.order.set_account", PAYER | changes)
    return row


def acts(person: Person, name: str, row: PaymentOrder, identity: Any = None, **params: Any) -> Any:
    with person.acting(identity):
        return perform(f"governance.order.{name}", {"order": row.pk, **params})
