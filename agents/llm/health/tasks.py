"""The schedule's part: probing providers that nobody calls, and forgetting old observations."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from agents.llm.health.models import HealthObservation
from agents.llm.health.probing import probe_idle
from governance.jobs.registry import every

KEEP = timedelta(days=31)
AT_ONCE = 5_000


# Twice in the interval: whoever was seen just before one look is seen again before the interval is over.
@every(settings.HEALTH_SECONDS // 2, "agents.health.probe", tries=1)
def probe(_: UUID | None) -> None:
    """Probes each callable provider that was not seen for half of the interval, and those that may be tried again."""
    probe_idle()


@every(3600, "agents.health.clean")
def clean(_: UUID | None) -> None:
    """Deletes observations after a month; averages stay."""
    old = HealthObservation.objects.filter(at__lt=Now() - KEEP).order_by("at")
    while HealthObservation.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:AT_ONCE])).delete()[0]:
        continue
