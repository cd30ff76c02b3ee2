"""The sweep of what no window and no lease needs any more."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now

from agents.llm.limits.contract import LONGEST_CALL, PATIENCE, WINDOW
from agents.llm.limits.models import ProviderTake, ProviderWait
from governance.jobs.registry import every

KEEP = timedelta(seconds=2 * WINDOW + LONGEST_CALL)


@every(300, "agents.limits.sweep")
def sweep_takes(_: UUID | None) -> None:
    """Deletes takes that nobody counts, and what is left of those who no longer wait."""
    ProviderTake.objects.filter(taken_at__lt=Now() - KEEP).delete()
    ProviderWait.objects.filter(seen_at__lt=Now() - timedelta(seconds=2 * PATIENCE)).delete()
