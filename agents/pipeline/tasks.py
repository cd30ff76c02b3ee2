"""The job of a run: lane F always works in the worker."""

from __future__ import annotations

from uuid import UUID

from agents.llm import nova
from agents.pipeline.starting import EXECUTE
from agents.runtime.loop import execute
from agents.runtime.lost import end_lost
from governance.jobs.registry import every, job, warm_up

SWEEP_EVERY = 20  # seconds

warm_up(nova.warm)  # the provider's library takes a second to load


@job(EXECUTE)
def execute_run(run_id: UUID | None) -> None:
    """Brings a run as far as it goes now; after a crash another worker goes on from the stored rows."""
    assert run_id is not None
    execute(run_id)


@every(SWEEP_EVERY, "agents.runs.sweep")
def sweep(_: UUID | None) -> None:
    """Ends runs whose job was given up."""
    end_lost()
