"""The job of the staff's looks: what is overdue ends, and its log says so."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from governance.errors import Conflict
from governance.isolation.context import bind
from governance.jobs.registry import every
from governance.perform import perform
from governance.staff.actions.glass import END
from governance.staff.contexts import machine_context
from governance.staff.models import BreakGlass

SWEEP_EVERY, AT_ONCE = 60, 200


@every(SWEEP_EVERY, "governance.staff.sweep")
def sweep(_: UUID | None) -> None:
    """Nobody could look any more since then; this writes it down."""
    for pk in list(BreakGlass.objects.overdue(timezone.now()).values_list("pk", flat=True)[:AT_ONCE]):
        with bind(machine_context()):
            try:
                perform(END, {"glass": pk, "ending": BreakGlass.Ending.EXPIRED})
            except Conflict:
                continue  # it was ended in the same moment
