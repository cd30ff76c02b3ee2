"""The runs of somebody who leaves an identity."""

from __future__ import annotations

from uuid import UUID

from agents.pipeline.actions import halt
from agents.pipeline.models import Run
from governance.members.departures import register_departure
from governance.uow import UnitOfWork


def end_runs(uow: UnitOfWork, person_id: UUID) -> None:
    """Ends the person's runs in the bound identity; a call that is under way hears it within a moment."""
    for run in Run.objects.select_for_update().active().filter(person_id=person_id).order_by("id"):
        halt(uow, run)


def register() -> None:
    register_departure(end_runs)
