"""Accounts as they stand now: what is used, reserved and left under each cap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

from governance.isolation.context import current
from governance.ledger.budget import default_caps
from governance.ledger.models import Account, Cap, Period, Unit, per_words
from governance.ledger.names import account_names

NEWEST_BELOW = """
SELECT child.id FROM unnest(%s::uuid[]) AS above(id) CROSS JOIN LATERAL (
    SELECT a.id FROM governance_account a WHERE a.identity_id = %s AND a.parent_id = above.id
    ORDER BY a.id DESC LIMIT %s) child
"""


@dataclass(frozen=True, slots=True)
class CapNow:
    """One cap in its present window; all in the cap's unit (credits or pico-USD)."""

    unit: str
    period: str
    limit: int
    used: int
    held: int
    id: UUID | None = None

    @property
    def left(self) -> int:
        return max(self.limit - self.used - self.held, 0)

    @property
    def per_words(self) -> str:
        return per_words(self.period)

    @property
    def is_money(self) -> bool:
        return self.unit == Unit.PICO_USD

    @property
    def percent(self) -> int:
        """Used and reserved, in whole per cent; 100 when nothing was ever allowed."""
        return min(100, (self.used + self.held) * 100 // self.limit) if self.limit else 100


@dataclass(frozen=True, slots=True)
class AccountNow:
    """`id` is None for an identity's account that nothing was ever spent from. `name`, `url`: '' when unknown."""

    id: UUID | None
    kind: str
    ref: str
    parent: UUID | None
    name: str
    url: str
    tokens_held: int
    tokens_spent: int
    tokens_balance: int
    pico_usd_held: int
    pico_usd_spent: int
    caps: list[CapNow]

    @property
    def kind_words(self) -> str:
        return str(Account.Kind(self.kind).label)


def accounts_now(rows: Iterable[Account], starts: dict[str, date] | None = None) -> list[AccountNow]:
    """`rows` with their caps prefetched; the names and the windows (`starts`, where known) cost one query each."""
    rows = list(rows)
    starts, names = starts or window_starts(), account_names(rows)
    return [_now(row, starts, names.get((row.kind, row.ref), ("", ""))) for row in rows]


def newest_below(rows: Iterable[UUID], most: int) -> list[Account]:
    """The newest accounts directly below each of `rows`, at most `most` each; one query however many there are."""
    parents = list(rows)
    if not parents:
        return []
    newest = RawSQL(NEWEST_BELOW, [parents, current().identity_id, most])
    return list(Account.objects.filter(pk__in=newest).newest_first())


def _now(row: Account, starts: dict[str, date], named: tuple[str, str]) -> AccountNow:
    caps = sorted(row.caps.all(), key=lambda cap: (cap.unit != Unit.TOKENS, Period.values.index(cap.period)))
    return AccountNow(
        id=row.pk,
        kind=row.kind,
        ref=row.ref,
        parent=row.parent_id,
        name=named[0],
        url=named[1],
        tokens_held=row.tokens_held,
        tokens_spent=row.tokens_spent,
        tokens_balance=row.tokens_balance,
        pico_usd_held=row.pico_usd_held,
        pico_usd_spent=row.pico_usd_spent,
        caps=[_cap(cap, row, starts) for cap in caps],
    )


def _cap(cap: Cap, row: Account, starts: dict[str, date]) -> CapNow:
    """An older window counts nothing."""
    used = cap.used if cap.window_start >= starts[cap.period] else 0
    held = row.tokens_held if cap.unit == Unit.TOKENS else row.pico_usd_held
    return CapNow(cap.unit, cap.period, cap.limit, used, held, cap.pk)


def window_starts() -> dict[str, date]:
    """The first day of each period's present window, from the ledger's own function."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT p, chenu.window_start(p) FROM unnest(%s::text[]) AS p", [Period.values])
        return dict(cursor.fetchall())


def root_now(starts: dict[str, date] | None = None) -> AccountNow:
    """The bound identity's own account; with its default caps while nothing was ever spent."""
    row = Account.objects.filter(kind=Account.Kind.IDENTITY).prefetch_related("caps").first()
    if row is not None:
        return accounts_now([row], starts)[0]
    caps = [CapNow(**cap, used=0, held=0) for cap in default_caps()]
    balance = next(cap.limit for cap in caps if cap.unit == Unit.TOKENS)
    nothing: dict[str, Any] = dict.fromkeys(("tokens_held", "tokens_spent", "pico_usd_held", "pico_usd_spent"), 0)
    return AccountNow(None, Account.Kind.IDENTITY.value, "", None, "", "", tokens_balance=balance, caps=caps, **nothing)
