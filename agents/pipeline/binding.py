"""What an approval inside a run is bound to, taken from the run's own frozen rows."""

from __future__ import annotations

from agents.llm import nova
from agents.pipeline.lanes.encode import MAX_OUTPUT
from agents.pipeline.models import Run
from governance.checkpoints.envelope import Binding

RESUME = "agents.run.execute"


def run_binding(run: Run) -> Binding:
    """The same bytes at the question and at the execution, as long as nothing of the run has changed."""
    return Binding(
        sphere=run.sphere,
        thread=run.thread_id,
        lane="E",
        agent_version="nova-1",
        snapshot_digest=run.snapshot_digest,
        encoding_digest=run.encoding_digest,
        models=(f"anthropic/{run.model}",),
        max_tokens=MAX_OUTPUT,
        price_version=run.price_version or nova.of_run(run.model, "").price_version,
        untrusted=tuple(run.untrusted),
        resume_job=RESUME,
    )
