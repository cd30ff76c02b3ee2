"""Payment orders as the API shows them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.orders.accounts import FIELDS
from governance.orders.addresses import ADDRESS
from governance.orders.currencies import plain_amount
from governance.orders.models import PayingAccount, PaymentOrder


class OrderOut(BaseModel):
    """`amount`: the same sum as `amount_minor`, with the currency's decimals. `checkpoint`: the question it waits at,
    or was approved by; `message_id` and `filed_at`: the last file for a bank it stood in."""

    id: UUID
    status: str
    payee: str
    amount_minor: int
    amount: str
    currency: str
    due_date: date | None
    reference: str
    iban: str
    bic: str
    institution: str
    transit: str
    account: str
    street: str
    building: str
    postcode: str
    town: str
    country: str
    version: int
    person: UUID
    run: UUID | None
    checkpoint: UUID | None
    ordered_at: datetime | None
    settled_on: date | None
    message_id: str
    filed_at: datetime | None


class OrderPage(BaseModel):
    results: list[OrderOut]
    next: str | None
    previous: str | None


class AccountOut(BaseModel):
    """The account the identity pays from; all fields are empty while nobody has said which."""

    holder: str = ""
    iban: str = ""
    bic: str = ""
    institution: str = ""
    transit: str = ""
    account: str = ""
    changed_at: datetime | None = None


SAME = (
    "status", "payee", "amount_minor", "currency", "due_date", "reference", *FIELDS, *ADDRESS, "version", "ordered_at",
    "settled_on", "message_id", "filed_at",
)  # fmt: skip


def order_out(row: PaymentOrder) -> dict[str, Any]:
    return OrderOut(
        id=row.pk,
        amount=plain_amount(row.amount_minor, row.currency),
        person=row.person_id,
        run=row.run_id,
        checkpoint=row.checkpoint_id,
        **{name: getattr(row, name) for name in SAME},
    ).model_dump(mode="json")


def account_out(row: PayingAccount | None) -> dict[str, Any]:
    known = {name: getattr(row, name) for name in ("holder", *FIELDS, "changed_at")} if row else {}
    return AccountOut(**known).model_dump(mode="json")
