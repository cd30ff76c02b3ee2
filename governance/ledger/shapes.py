"""Budgets and movements as the API shows them (design 6.2, pinned). Whole numbers of credits and pico-USD."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from governance.ledger.amounts import usd_text
from governance.ledger.models import LedgerEntry
from governance.ledger.tree import AccountNow, CapNow


class LedgerOut(BaseModel):
    """`tokens` and `pico_usd` are signed: what is reserved or used is negative, so that rows add up to a balance."""

    id: UUID
    kind: str
    account: UUID
    tokens: int
    pico_usd: int
    amount: str
    balance_tokens: int
    at: datetime
    hold: UUID | None
    run: UUID | None
    thread: UUID | None


class LedgerPage(BaseModel):
    results: list[LedgerOut]
    next: str | None
    previous: str | None


class TokenCapOut(BaseModel):
    """`id` is null for a cap of an account that nothing was ever spent from."""

    id: UUID | None
    unit: Literal["tokens"] = "tokens"
    period: str
    limit: int
    used: int
    held: int
    left: int


class MoneyCapOut(BaseModel):
    """`left`: the sum that is left, as text."""

    id: UUID | None
    unit: Literal["pico_usd"] = "pico_usd"
    period: str
    limit_pico_usd: int
    used_pico_usd: int
    held_pico_usd: int
    left_pico_usd: int
    left: str


class AccountOut(BaseModel):
    """`id` is null for an identity's account that nothing was ever spent from; `spent` is the sum as text."""

    id: UUID | None
    kind: str
    ref: str
    name: str
    parent: UUID | None
    tokens_held: int
    tokens_spent: int
    tokens_balance: int
    held_pico_usd: int
    spent_pico_usd: int
    spent: str
    caps: list[TokenCapOut | MoneyCapOut]


class AccountPage(BaseModel):
    results: list[AccountOut]
    next: str | None
    previous: str | None


def ledger_out(row: LedgerEntry) -> dict[str, Any]:
    return LedgerOut(
        id=row.pk,
        kind=row.kind,
        account=row.account_id,
        tokens=row.tokens,
        pico_usd=row.pico_usd,
        amount=usd_text(row.pico_usd),
        balance_tokens=row.balance_tokens,
        at=row.at,
        hold=row.hold_id,
        run=row.run_id,
        thread=row.thread_id,
    ).model_dump(mode="json")


def account_out(account: AccountNow) -> dict[str, Any]:
    same = ("id", "kind", "ref", "name", "parent", "tokens_held", "tokens_spent", "tokens_balance")
    return AccountOut(
        **{name: getattr(account, name) for name in same},
        held_pico_usd=account.pico_usd_held,
        spent_pico_usd=account.pico_usd_spent,
        spent=usd_text(account.pico_usd_spent),
        caps=[cap_out(cap) for cap in account.caps],
    ).model_dump(mode="json")


def cap_out(cap: CapNow) -> TokenCapOut | MoneyCapOut:
    if not cap.is_money:
        return TokenCapOut(id=cap.id, period=cap.period, limit=cap.limit, used=cap.used, held=cap.held, left=cap.left)
    return MoneyCapOut(
        id=cap.id,
        period=cap.period,
        limit_pico_usd=cap.limit,
        used_pico_usd=cap.used,
        held_pico_usd=cap.held,
        left_pico_usd=cap.left,
        left=usd_text(cap.left),
    )
