"""The jobs of what staff stop everywhere: at once, and again for what slipped in between."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from governance.jobs.registry import every, job
from governance.kills.everywhere import JOB, SWEEP, carry_through
from governance.kills.models import InstallationStop
from governance.notifications.stopping import tell_everybody

SWEEP_EVERY = 20  # seconds


@job(JOB)
def follow(stop_id: UUID | None) -> None:
    """Ends what is under way, then tells everybody; a repeat after a crash goes on with what is left."""
    assert stop_id is not None
    carry_through(stop_id)
    tell(stop_id)


@every(SWEEP_EVERY, SWEEP)
def sweep(_: UUID | None) -> None:
    """What began in the same moment as a stop, and whose job was given up."""
    unfinished = InstallationStop.objects.filter(Q(lifted_at__isnull=True) | Q(told_at__isnull=True))
    for stop_id in list(unfinished.values_list("pk", flat=True)):
        follow(stop_id)


def tell(stop_id: UUID) -> None:
    """Tells everybody of the last turn, once. One that turns meanwhile is told again, as it is then."""
    row = InstallationStop.objects.get(pk=stop_id)
    if row.told_at is not None:
        return
    tell_everybody(row)
    InstallationStop.objects.filter(pk=stop_id, lifted_at=row.lifted_at).update(told_at=timezone.now())
