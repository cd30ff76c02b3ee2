"""How a cap is used up: the ledger by day (by hour within a day), and where the last seven days lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from governance.isolation.context import current
from governance.ledger.models import Period, Unit
from governance.ledger.tree import AccountNow, CapNow

LOOK_BACK = timedelta(days=7)
SLACK = timedelta(seconds=1)  # a row's id is older than its time by some microseconds

# The window and the last seven days, whichever began first, in one look.
USED = """
SELECT date_trunc(%s, e.at AT TIME ZONE 'UTC'), coalesce(-sum({column}) FILTER (WHERE e.at >= %s), 0)::bigint,
       coalesce(-sum({column}) FILTER (WHERE e.at >= %s), 0)::bigint
FROM governance_ledgerentry e
WHERE e.identity_id = %s AND e.account_id = %s AND e.kind = 'settle' AND e.id >= %s AND e.at >= %s
GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One day (or hour): what was used in it, and what was left at its end."""

    at: datetime
    used: int
    left: int


@dataclass(frozen=True, slots=True)
class Burn:
    """All in the cap's unit. `recent`: used in the last seven days. `empty_at`: when nothing would be left at that
    pace, None when not before the window ends; `left_at_end`: what would be left then, None without an end."""

    cap: CapNow
    start: datetime
    end: datetime | None
    now: datetime
    steps: list[Step]
    recent: int

    @property
    def by_hour(self) -> bool:
        return self.cap.period == Period.DAY

    @property
    def used(self) -> int:
        return sum(step.used for step in self.steps)

    @property
    def left(self) -> int:
        return max(self.cap.limit - self.used, 0)

    @property
    def empty_at(self) -> datetime | None:
        if not self.recent or not self.left:
            return None
        seconds = self.left * int(LOOK_BACK.total_seconds()) // self.recent
        far = self.end or self.now + timedelta(days=3650)
        return self.now + timedelta(seconds=seconds) if seconds <= (far - self.now).total_seconds() else None

    @property
    def left_at_end(self) -> int | None:
        if self.end is None:
            return None
        ahead = int((self.end - self.now).total_seconds())
        return max(self.left - self.recent * ahead // int(LOOK_BACK.total_seconds()), 0)


def burn_of(account: AccountNow, cap: CapNow, starts: dict[str, date]) -> Burn:
    """The present window of one cap, from the ledger's own rows; inside a transaction, one query."""
    now = timezone.now()
    start = datetime.combine(starts[cap.period], datetime.min.time(), UTC)
    end = _end(start, cap.period)
    steps: list[Step] = []
    recent = 0
    if account.id is not None:
        rows = _used(account.id, cap, start, now - LOOK_BACK)
        recent = sum(late for _at, _used, late in rows)
        told = [(at, used) for at, used, _late in rows if used]
        gone = accumulate(used for _at, used in told)
        steps = [Step(at, used, cap.limit - sum_) for (at, used), sum_ in zip(told, gone, strict=True)]
    if cap.period == Period.LIFETIME:
        start = steps[0].at if steps else now - timedelta(days=1)
    return Burn(cap, start, end, now, steps, recent)


def _used(account: UUID, cap: CapNow, start: datetime, recent: datetime) -> list[tuple[datetime, int, int]]:
    column = "e.tokens" if cap.unit == Unit.TOKENS else "e.pico_usd"
    since = min(start, recent)
    step = "hour" if cap.period == Period.DAY else "day"
    params: list[Any] = [step, start, recent, current().identity_id, account, id_from(since - SLACK), since]
    with connection.cursor() as cursor:
        cursor.execute(USED.format(column=column), params)
        return [(at.replace(tzinfo=UTC), used, late) for at, used, late in cursor.fetchall()]


def id_from(moment: datetime) -> UUID:
    """The first id that a row written at or after a moment can have: a UUIDv7 begins with its millisecond."""
    millis = max(int(moment.timestamp() * 1000), 0)
    return UUID(int=(millis << 80) | (7 << 76) | (2 << 62))


def _end(start: datetime, period: str) -> datetime | None:
    if period == Period.LIFETIME:
        return None
    if period in {Period.DAY, Period.WEEK}:
        return start + timedelta(days=1 if period == Period.DAY else 7)
    far = start + timedelta(days=32 if period == Period.MONTH else 367)
    return far.replace(day=1) if period == Period.MONTH else far.replace(month=1, day=1)
