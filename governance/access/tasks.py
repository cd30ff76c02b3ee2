"""Bursts of refusals that are over: their one entry, and the end of old rows; sessions that have run out."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.access import bursts
from governance.access.models import RefusalBurst
from governance.access.violations import tell_burst
from governance.isolation.context import Channel, IdentityContext, bind
from governance.jobs.registry import every

KEEP = timedelta(days=1)
AT_ONCE = 200


@every(60, "governance.access.bursts")
def tell_bursts(_: UUID | None) -> None:
    """Writes what nobody will add to any more."""
    now = timezone.now()
    over = RefusalBurst.objects.filter(
        began_at__lte=now - bursts.MINUTE, count__gt=bursts.MOST_A_MINUTE, told_at__isnull=True
    )
    for row in over.order_by("began_at")[:AT_ONCE]:
        with bind(IdentityContext(row.person_id, row.chain, "system", Channel.SYSTEM, uuid7())):
            tell_burst(row)
    untold = Q(count__gt=bursts.MOST_A_MINUTE, told_at__isnull=True)
    RefusalBurst.objects.filter(~untold, began_at__lt=now - KEEP).delete()


@every(600, "governance.access.sessions")
def sweep_sessions(_: UUID | None) -> None:
    """Deletes sessions whose time is over, and with them the challenges that nobody answered."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
