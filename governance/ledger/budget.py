"""Reserve before, settle after: the only way to spend (design 3.6).

Each function runs inside the caller's transaction; the SQL functions lock root to leaf.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from governance.errors import BudgetExceeded
from governance.isolation.context import current
from governance.ledger.models import PICO_PER_USD, Account, Cap, Period, Unit
from governance.people.models import Identity

FIRST_IDENTITY_CREDITS = 100_000
IDENTITY_DAY_PICO = 10 * PICO_PER_USD
IDENTITY_MONTH_PICO = 100 * PICO_PER_USD
WARN_AT = (80, 95)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A granted hold: credits and pico-USD reserved for one call."""

    id: UUID
    tokens: int
    pico_usd: int


def identity_account() -> UUID:
    """The root account of the bound identity, opened with its default caps at first use.

    A person's first identity gets 100 000 credits a month, further ones none until they are given a share.
    """
    return open_account(Account.Kind.IDENTITY, "", None, default_caps())


def default_caps() -> list[dict[str, Any]]:
    """The caps the bound identity's account is opened with: [{"unit", "period", "limit"}]."""
    first = Identity.objects.filter(pk=current().identity_id, is_default=True).exists()
    return [
        _cap(Unit.TOKENS, Period.MONTH, FIRST_IDENTITY_CREDITS if first else 0),
        _cap(Unit.PICO_USD, Period.DAY, IDENTITY_DAY_PICO),
        _cap(Unit.PICO_USD, Period.MONTH, IDENTITY_MONTH_PICO),
    ]


def sphere_account(sphere: str) -> UUID:
    """The account of one sphere; without caps unless somebody sets them."""
    return open_account(Account.Kind.SPHERE, sphere, identity_account(), [])


def thread_account(thread_id: UUID, sphere: str, credits: int) -> UUID:
    """The account of a thread, capped for its lifetime at `credits`."""
    caps = [_cap(Unit.TOKENS, Period.LIFETIME, credits)]
    return open_account(Account.Kind.THREAD, str(thread_id), sphere_account(sphere), caps)


def run_account(run_id: UUID, above: UUID, credits: int) -> UUID:
    """The account of one run, capped at its ceiling."""
    return open_account(Account.Kind.RUN, str(run_id), above, [_cap(Unit.TOKENS, Period.LIFETIME, credits)])


def open_account(kind: str, ref: str, parent: UUID | None, caps: list[dict[str, Any]]) -> UUID:
    """Finds or opens an account; the caps of an existing one stay as they are."""
    return _call("SELECT chenu.ledger_open(%s, %s, %s, %s::jsonb)", [kind, ref, parent, json.dumps(caps)])


def hold(
    account: UUID, tokens: int, pico_usd: int, *, run: UUID | None = None, thread: UUID | None = None
) -> Reservation:
    """Reserves the worst case of one call on every account up to the installation's.

    `tokens` in credits. Raises BudgetExceeded (with `budget`: which cap refuses, what is free) and
    then nothing is reserved anywhere: the caller's transaction must roll back.
    """
    reservation = Reservation(uuid7(), tokens, pico_usd)
    refused = _call(
        "SELECT chenu.ledger_hold(%s, %s, %s, %s, %s, %s, %s)",
        [reservation.id, account, tokens, pico_usd, run, thread, installation_ceiling()],
    )
    if refused is not None:
        raise BudgetExceeded(_("This needs more than the budget has left."), budget=_loaded(refused))
    return reservation


def fits(account: UUID, tokens: int, pico_usd: int) -> bool:
    """Would a hold be granted now? Looks without reserving."""
    return refusing_cap(account, tokens, pico_usd) is None


def refusing_cap(account: UUID, tokens: int, pico_usd: int) -> dict[str, Any] | None:
    """The first cap on the way up that has too little left, or None."""
    node: UUID | None = account
    while node is not None:
        row = Account.objects.prefetch_related("caps").get(pk=node)
        for cap in row.caps.all():
            asked, held = (tokens, row.tokens_held) if cap.unit == Unit.TOKENS else (pico_usd, row.pico_usd_held)
            free = cap.limit - used_now(cap) - held
            if asked > free:
                return {"kind": row.kind, "unit": cap.unit, "period": cap.period, "limit": cap.limit, "free": free}
        node = row.parent_id
    return None


def calling(reservation_id: UUID) -> bool:
    """Marks that the call begins: from here on a lost hold is settled in full. False when it had ended."""
    return _call("SELECT chenu.ledger_calling(%s)", [reservation_id])


def settle(reservation_id: UUID, tokens: int, pico_usd: int) -> bool:
    """Ends a hold with what was used (credits, pico-USD); the rest is released. False when it had ended."""
    return _call("SELECT chenu.ledger_settle(%s, %s, %s)", [reservation_id, tokens, pico_usd])


def release(reservation_id: UUID) -> bool:
    """Ends a hold of which nothing was used."""
    return settle(reservation_id, 0, 0)


def used_now(cap: Cap) -> int:
    """What counts against a cap in the present window (an older window counts nothing)."""
    start = _call("SELECT chenu.window_start(%s)", [cap.period])
    return cap.used if cap.window_start >= start else 0


def credits_left() -> tuple[int, int]:
    """(credits left, cap) of the bound identity this month."""
    cap = Cap.objects.filter(account__kind=Account.Kind.IDENTITY, unit=Unit.TOKENS).select_related("account").first()
    if cap is None:
        first = Identity.objects.filter(pk=current().identity_id, is_default=True).exists()
        full = FIRST_IDENTITY_CREDITS if first else 0
        return full, full
    return max(cap.limit - used_now(cap) - cap.account.tokens_held, 0), cap.limit


def installation_ceiling() -> int:
    """The installation's own monthly ceiling in pico-USD (`CHENU_MONTHLY_USD_CAP`)."""
    return settings.MONTHLY_USD_CAP * PICO_PER_USD


def _cap(unit: str, period: str, limit: int) -> dict[str, Any]:
    return {"unit": unit, "period": period, "limit": limit}


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _call(sql: str, params: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]
