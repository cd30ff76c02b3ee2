"""The sweep of orphan holds: what a lost process had reserved."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.isolation.context import Channel, IdentityContext, Why, bind, system_scope
from governance.jobs.registry import every
from governance.ledger import budget
from governance.ledger.models import Hold
from governance.ledger.warning import warn_of_all

WARN_EVERY = 30  # seconds
ORPHAN_AFTER = timedelta(minutes=15)


@every(60, "governance.ledger.sweep")
def sweep_holds(_: UUID | None) -> None:
    """Ends holds nobody will end: released when the call never began, settled in full when it may have."""
    end_orphans(ORPHAN_AFTER)


@every(WARN_EVERY, "governance.ledger.warn")
def warn_of_budgets(_: UUID | None) -> None:
    """Tells of the budgets that run out."""
    warn_of_all()


def end_orphans(older_than: timedelta) -> int:
    """Ends at most 500 holds that have been open for longer; how many they were."""
    before = timezone.now() - older_than
    with system_scope(Why.SWEEP):
        lost = list(Hold.objects.filter(state__in=["held", "calling"], created_at__lte=before)[:500])
    for hold in lost:
        context = IdentityContext(UUID(int=0), hold.identity_id, "system", Channel.SYSTEM, uuid7())
        with bind(context), transaction.atomic():
            end_orphan(hold)
    return len(lost)


def end_orphan(hold: Hold) -> bool:
    """Never free, never more than was reserved. False when it had ended meanwhile."""
    if hold.state == Hold.State.CALLING:
        return budget.settle(hold.pk, hold.tokens, hold.pico_usd)
    return budget.release(hold.pk)
