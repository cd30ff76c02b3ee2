"""The schedule: a row per kind and period, whoever inserts it first (design 2.4)."""

from __future__ import annotations

from governance.jobs.models import Job
from governance.jobs.queue import call_worker
from governance.jobs.registry import Kind, kinds

OPEN = (Job.State.PENDING, Job.State.QUEUED, Job.State.RUNNING)


class Schedule:
    """Remembers which periods this process has already entered, to ask the database once per period."""

    def __init__(self) -> None:
        self._entered: dict[str, int] = {}

    def enter_due(self, now: float) -> None:
        """Inserts the jobs of the periods that hold at `now` (Unix seconds); another process may be faster."""
        for kind in list(kinds().values()):
            if kind.every is None or (slot := int(now // kind.every)) == self._entered.get(kind.name):
                continue
            enter(kind, slot)
            self._entered[kind.name] = slot


def enter(kind: Kind, slot: int) -> None:
    """Inserts one period's job, unless it exists or an earlier period's is still open."""
    if Job.objects.filter(kind=kind.name, slot__isnull=False, state__in=OPEN).exists():
        return
    Job.objects.bulk_create([Job(kind=kind.name, slot=slot)], ignore_conflicts=True)
    call_worker()
