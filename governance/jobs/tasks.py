"""The queue's own housekeeping."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from governance.jobs.models import Job, WorkerBeat
from governance.jobs.registry import every

HOUR = 3600
KEEP_DONE, KEEP_FAILED, KEEP_BEATS = timedelta(days=7), timedelta(days=30), timedelta(hours=1)
KEEP_SLOTS = timedelta(days=62)  # longer than the longest period: an old slot must not run again
AT_ONCE = 1000


@every(HOUR, "governance.jobs.clean")
def clean(_: UUID | None) -> None:
    """Deletes finished jobs when nobody will ask about them any more, and signs of life of dead workers."""
    now = timezone.now()
    over = Job.objects.filter(
        Q(slot=None, state=Job.State.DONE, finished_at__lt=now - KEEP_DONE)
        | Q(slot=None, finished_at__lt=now - KEEP_FAILED)
        | Q(finished_at__lt=now - KEEP_SLOTS)
    ).order_by("finished_at")
    while Job.objects.filter(pk__in=list(over.values_list("pk", flat=True)[:AT_ONCE])).delete()[0] == AT_ONCE:
        continue
    WorkerBeat.objects.filter(seen_at__lt=now - KEEP_BEATS).delete()
