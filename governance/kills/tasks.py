"""The jobs of what staff stop everywhere: at once, and again for what slipped in between."""

from __future__ import annotations

from uuid import UUID

from governance.jobs.registry import every, job
from governance.kills.everywhere import JOB, SWEEP, carry_through, live_stops

SWEEP_EVERY = 20  # seconds


@job(JOB)
def follow(stop_id: UUID | None) -> None:
    """Ends what is under way; a repeat after a crash goes on with what is left."""
    assert stop_id is not None
    carry_through(stop_id)


@every(SWEEP_EVERY, SWEEP)
def sweep(_: UUID | None) -> None:
    """What began in the same moment as a stop, and whose job was given up."""
    for stop_id in list(live_stops().values_list("pk", flat=True)):
        carry_through(stop_id)
