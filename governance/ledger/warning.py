"""Warnings at 80 and 95 per cent of a cap, and word of it when nothing is left: each once per window (design 3.6).

Found by a look every half minute, never on the way of a call. What takes a budget over several marks between two
looks is told once, as the highest of them. Runs are too short to be warned about: theirs are the thread's.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field
from uuid_utils.compat import uuid7

from governance.errors import Conflict, GovernanceError
from governance.isolation.context import Channel, IdentityContext, Why, bind, system_scope
from governance.isolation.lookup import find
from governance.ledger.budget import WARN_AT
from governance.ledger.models import Account, BudgetWarning, Cap, Period, Unit
from governance.ledger.tree import window_starts
from governance.perform import perform
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

WARN = "governance.budget.warn"
FULL = 100
MARKS = (*WARN_AT, FULL)
AT_ONCE = 200

REACHED = """
SELECT c.identity_id, c.account_id, c.unit, c.period, m.mark
FROM governance_cap c
JOIN governance_account a ON a.identity_id = c.identity_id AND a.id = c.account_id AND a.kind <> 'run'
JOIN governance_identity i ON i.id = c.identity_id AND i.status = 'active'
CROSS JOIN LATERAL (SELECT max(mark) AS mark FROM unnest(%s::int[]) AS mark
                    WHERE c.used::numeric * 100 >= c."limit"::numeric * mark) m
WHERE c."limit" > 0 AND c.used::numeric * 100 >= c."limit"::numeric * %s
  AND c.window_start >= chenu.window_start(c.period)
  AND NOT EXISTS (SELECT 1 FROM governance_budgetwarning w
                  WHERE w.identity_id = c.identity_id AND w.account_id = c.account_id AND w.unit = c.unit
                    AND w.period = c.period AND w.window_start = c.window_start AND w.percent >= m.mark)
LIMIT %s
"""


class Warn(Params):
    account: UUID
    unit: Unit
    period: Period
    percent: int = Field(ge=1, le=FULL)


@dataclass(frozen=True, slots=True)
class Reached:
    """A mark that a cap has passed and nobody was told of."""

    identity_id: UUID
    account: UUID
    unit: str
    period: str
    percent: int


def by_the_system(actor: IdentityContext, _params: object = None) -> bool:
    """The look, acting inside one identity."""
    return actor.channel is Channel.SYSTEM


@action(WARN, Effect.UPDATE, params=Warn, policy=by_the_system, label=_("Warn of a budget that runs out"))
def warn(uow: UnitOfWork, params: Warn) -> BudgetWarning:
    """Puts it on record, once per window; raises Conflict when it was, or is no longer true."""
    row: Account = find(Account.objects, params.account)
    cap = Cap.objects.filter(account=row, unit=params.unit, period=params.period).first()
    window = window_starts()[params.period]
    if cap is None or cap.window_start < window or cap.used * 100 < cap.limit * params.percent:
        raise Conflict("no_longer_true", _("This budget is no longer used that far."))
    warning = BudgetWarning(
        account_id=row.pk, unit=params.unit, period=params.period, window_start=cap.window_start,
        percent=params.percent, used=cap.used, limit=cap.limit, at=timezone.now(),
    )  # fmt: skip
    uow.add(warning)
    try:
        uow.write()
    except IntegrityError as error:
        raise Conflict("warned_already", _("This was told already.")) from error
    uow.tell(kind=row.kind, used=cap.used, limit=cap.limit)
    uow.announce("budget.warned", row.pk, percent=params.percent, unit=params.unit, period=params.period)
    return warning


def warn_of_all() -> int:
    """Warns of every cap that has passed a mark since the last look; how many."""
    with system_scope(Why.SWEEP), connection.cursor() as cursor:
        cursor.execute(REACHED, [list(MARKS), min(MARKS), AT_ONCE])
        reached = [Reached(*row) for row in cursor.fetchall()]
    return sum(_warned(one) for one in reached)


def _warned(one: Reached) -> bool:
    with bind(IdentityContext(UUID(int=0), one.identity_id, "system", Channel.SYSTEM, uuid7())):
        try:
            params = {"account": one.account, "unit": one.unit, "period": one.period, "percent": one.percent}
            perform(WARN, params)
        except GovernanceError:
            return False  # another worker was quicker, or it is no longer so; the refusal is on the record
    return True
