"""What the layers below may know of runs: answers handed down, never imported upwards (design 2.1)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from agents.pipeline.models import Lane, LaneResult, Run
from governance.checkpoints.runs import register_replaced, register_run_request, register_run_status
from governance.isolation.lookup import find
from governance.live.words import register_run_lookup
from governance.memory.places import Place, register_places_of_run
from spheres import remembering as dataspaces
from threads import remembering as threads


def status_of(run_id: UUID) -> str | None:
    """The run's status, None when the identity has no such run."""
    return Run.objects.filter(pk=run_id).values_list("status", flat=True).first()


def request_of(run_id: UUID) -> str | None:
    """The words the run began with."""
    return Run.objects.filter(pk=run_id).values_list("text", flat=True).first()


def waits_for_another(uow: Any, old: Any, new: Any) -> None:
    """The question of a run was changed: it waits for the new one."""
    if Run.objects.filter(pk=old.run_id, checkpoint_id=old.pk).update(checkpoint_id=new.pk):
        LaneResult.objects.filter(run_id=old.run_id, lane=Lane.E).update(output={"checkpoint": str(new.pk)})


def run_of(run_id: UUID) -> Run:
    """The run, with the refusals of every lookup."""
    run: Run = find(Run.objects, run_id)
    return run


def places_of(run_id: UUID) -> list[Place]:
    """The thread of a run, and its DataSpace when it stands."""
    thread = find(Run.objects.select_related("thread__dataspace"), run_id).thread
    space = thread.dataspace
    standing = [dataspaces.place_of(space)] if space is not None and space.status == "active" else []
    return [threads.place_of(thread), *standing]


def register() -> None:
    """Called once, when the app is ready."""
    register_places_of_run(places_of)
    register_run_status(status_of)
    register_run_request(request_of)
    register_replaced(waits_for_another)
    register_run_lookup(run_of)
