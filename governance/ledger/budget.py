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

# An account to find or to open below the identity's: its kind, what it is for, and its caps.
Node = tuple[str, str, list[dict[str, Any]]]

# The caps from a leaf to its root with their use in the present window, leaf first.
CAPS_ABOVE = """
WITH RECURSIVE up AS (
    SELECT a.*, 0 AS steps FROM governance_account a WHERE a.identity_id = %s AND {leaf}
    UNION ALL
    SELECT p.*, up.steps + 1 FROM governance_account p
    JOIN up ON p.identity_id = up.identity_id AND p.id = up.parent_id)
SELECT up.kind, c.unit, c.period, c."limit",
       CASE WHEN c.window_start >= chenu.window_start(c.period) THEN c.used ELSE 0 END,
       CASE c.unit WHEN 'tokens' THEN up.tokens_held ELSE up.pico_usd_held END, up.steps
FROM up JOIN governance_cap c ON c.identity_id = up.identity_id AND c.account_id = up.id
ORDER BY up.steps, c.unit, c.period
"""
OPEN_ROOT = """
chenu.ledger_open('identity', '', NULL::uuid, (
    SELECT CASE WHEN i.is_default THEN %s::jsonb ELSE %s::jsonb END FROM governance_identity i WHERE i.id = %s))
"""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A granted hold: credits and pico-USD reserved for one call."""

    id: UUID
    tokens: int
    pico_usd: int


@dataclass(frozen=True, slots=True)
class Room:
    """One cap on the way from an account up to its identity's, and what is left under it, in its own unit.

    `steps`: how far up, 0 on the account itself.
    """

    kind: str
    unit: str
    period: str
    limit: int
    used: int
    held: int
    steps: int = 0

    @property
    def free(self) -> int:
        return self.limit - self.used - self.held


def identity_account() -> UUID:
    """The root account of the bound identity, opened with its default caps at first use.

    A person's first identity gets 100 000 credits a month, further ones none until they are given a share.
    """
    return open_path()


def default_caps() -> list[dict[str, Any]]:
    """The caps the bound identity's account is opened with: [{"unit", "period", "limit"}]."""
    return caps_of(current().identity_id)


def caps_of(identity_id: UUID) -> list[dict[str, Any]]:
    """The caps an identity's account is opened with."""
    return caps_of_identity(Identity.objects.filter(pk=identity_id, is_default=True).exists())


def caps_of_identity(first: bool) -> list[dict[str, Any]]:
    """The default caps of a person's first identity, or of a further one."""
    return [
        _cap(Unit.TOKENS, Period.MONTH, FIRST_IDENTITY_CREDITS if first else 0),
        _cap(Unit.PICO_USD, Period.DAY, IDENTITY_DAY_PICO),
        _cap(Unit.PICO_USD, Period.MONTH, IDENTITY_MONTH_PICO),
    ]


def sphere_account(sphere: str) -> UUID:
    """The account of one sphere; without caps unless somebody sets them."""
    return open_path((Account.Kind.SPHERE, sphere, []))


def thread_account(thread_id: UUID, sphere: str, credits: int) -> UUID:
    """The account of a thread, capped for its lifetime at `credits`."""
    return open_path((Account.Kind.SPHERE, sphere, []), _lifetime(Account.Kind.THREAD, thread_id, credits))


def run_account(run_id: UUID, above: UUID, credits: int) -> UUID:
    """The account of one run below another account, capped at its ceiling."""
    caps = json.dumps(_lifetime(Account.Kind.RUN, run_id, credits)[2])
    return _call("SELECT chenu.ledger_open(%s, %s, %s, %s::jsonb)", [Account.Kind.RUN, str(run_id), above, caps])


def run_account_in_thread(
    run_id: UUID, credits: int, *, thread: UUID, sphere: str, thread_credits: int
) -> tuple[UUID, list[Room]]:
    """The account of one run, capped at its ceiling, below its thread's (capped at `thread_credits`).

    With it the room that it has on its way up: opened and looked at in one message.
    """
    opened, params = _opening(
        (Account.Kind.SPHERE, sphere, []),
        _lifetime(Account.Kind.THREAD, thread, thread_credits),
        _lifetime(Account.Kind.RUN, run_id, credits),
    )
    above = CAPS_ABOVE.format(leaf="a.kind = 'run' AND a.ref = %s")
    with connection.cursor() as cursor:
        cursor.execute(f"{opened}; {above}", [*params, current().identity_id, str(run_id)])
        (account,) = cursor.fetchone()
        cursor.nextset()
        return account, [Room(*row) for row in cursor.fetchall()]


def open_path(*nodes: Node) -> UUID:
    """Finds or opens the identity's account and those below it, in one statement; the last one.

    The caps of accounts that exist stay as they are.
    """
    return _call(*_opening(*nodes))


def _opening(*nodes: Node) -> tuple[str, list[Any]]:
    call, params = OPEN_ROOT, [*map(json.dumps, map(caps_of_identity, (True, False))), current().identity_id]
    for kind, ref, caps in nodes:
        call, params = f"chenu.ledger_open(%s, %s, {call}, %s::jsonb)", [kind, ref, *params, json.dumps(caps)]
    return f"SELECT {call}", params


def hold(
    account: UUID,
    tokens: int,
    pico_usd: int,
    *,
    run: UUID | None = None,
    thread: UUID | None = None,
    calling: bool = False,
) -> Reservation:
    """Reserves the worst case of one call on every account up to the installation's.

    `tokens` in credits; `calling` when the call follows the commit: from then on a lost hold is settled in full,
    never free. Raises BudgetExceeded (with `budget`: which cap refuses, what is free) and
    then nothing is reserved anywhere: the caller's transaction must roll back.
    """
    reservation = Reservation(uuid7(), tokens, pico_usd)
    refused = _call(
        "SELECT chenu.ledger_hold(%s, %s, %s, %s, %s, %s, %s, %s)",
        [reservation.id, account, tokens, pico_usd, run, thread, installation_ceiling(), calling],
    )
    if refused is not None:
        raise BudgetExceeded(_("This needs more than the budget has left."), budget=_loaded(refused))
    return reservation


def fits(account: UUID, tokens: int, pico_usd: int) -> bool:
    """Would a hold be granted now? Looks without reserving."""
    return refusing_cap(account, tokens, pico_usd) is None


def refusing_cap(account: UUID, tokens: int, pico_usd: int) -> dict[str, Any] | None:
    """The first cap on the way up that has too little left, or None."""
    return too_small(rooms(account), tokens, pico_usd)


def rooms(account: UUID) -> list[Room]:
    """Every cap from an account up to its identity's, its own first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(CAPS_ABOVE.format(leaf="a.id = %s"), [current().identity_id, account])
        return [Room(*row) for row in cursor.fetchall()]


def too_small(rooms: list[Room], tokens: int, pico_usd: int) -> dict[str, Any] | None:
    """The first of these caps that has too little left, or None."""
    for room in rooms:
        if room.free < (tokens if room.unit == Unit.TOKENS else pico_usd):
            return {"kind": room.kind, "unit": room.unit, "period": room.period, "limit": room.limit, "free": room.free}
    return None


def used_percent(rooms: list[Room]) -> int:
    """How much of the identity's credits is used or reserved, in whole per cent (100 when there are none)."""
    mine = [room for room in rooms if (room.kind, room.unit) == (Account.Kind.IDENTITY, Unit.TOKENS)]
    return max((percent(max(room.free, 0), room.limit) for room in mine), default=0)


def percent(left: int, cap: int) -> int:
    """What is gone of a cap of which `left` is left."""
    return 100 - left * 100 // cap if cap else 100


def settle(reservation_id: UUID, tokens: int, pico_usd: int) -> bool:
    """Ends a hold with what was used (credits, pico-USD); the rest is released. False when it had ended."""
    return _call("SELECT chenu.ledger_settle(%s, %s, %s)", [reservation_id, tokens, pico_usd])


def release(reservation_id: UUID) -> bool:
    """Ends a hold of which nothing was used."""
    return settle(reservation_id, 0, 0)


def share(there: UUID, credits: int) -> None:
    """Moves monthly credits of the bound identity to another one of the same owner.

    Raises BudgetExceeded (with `budget`: what is free) when they are held or spent already.
    """
    caps = [json.dumps(caps_of(identity_id)) for identity_id in (current().identity_id, there)]
    refused = _call("SELECT chenu.ledger_share(%s, %s, %s::jsonb, %s::jsonb)", [there, credits, *caps])
    if refused is not None:
        raise BudgetExceeded(_("There are fewer free credits than that."), budget=_loaded(refused))


def set_cap(account: UUID, unit: str, period: str, limit: int | None, *, before: int | None) -> dict[str, Any]:
    """Sets a cap of an account, or removes it (`limit` None), if it still is `before` (None: there is none).

    {"changed": was it done, "limit": the one before, "cap": its id}.
    """
    answer = _call("SELECT chenu.ledger_cap(%s, %s, %s, %s, %s)", [account, unit, period, limit, before])
    return dict(_loaded(answer))


def used_now(cap: Cap) -> int:
    """What counts against a cap in the present window (an older window counts nothing)."""
    start = _call("SELECT chenu.window_start(%s)", [cap.period])
    return cap.used if cap.window_start >= start else 0


def credits_left() -> tuple[int, int]:
    """(credits left, cap) of the bound identity this month."""
    mine = Cap.objects.filter(account__kind=Account.Kind.IDENTITY, unit=Unit.TOKENS, period=Period.MONTH)
    cap = mine.select_related("account").first()
    if cap is None:
        first = Identity.objects.filter(pk=current().identity_id, is_default=True).exists()
        full = FIRST_IDENTITY_CREDITS if first else 0
        return full, full
    return max(cap.limit - used_now(cap) - cap.account.tokens_held, 0), cap.limit


def installation_ceiling() -> int:
    """The installation's own monthly ceiling in pico-USD (`CHENU_MONTHLY_USD_CAP`)."""
    return settings.MONTHLY_USD_CAP * PICO_PER_USD


def _lifetime(kind: str, ref: UUID, credits: int) -> Node:
    return kind, str(ref), [_cap(Unit.TOKENS, Period.LIFETIME, credits)]


def _cap(unit: str, period: str, limit: int) -> dict[str, Any]:
    return {"unit": unit, "period": period, "limit": limit}


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _call(sql: str, params: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]
