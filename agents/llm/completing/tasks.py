"""The jobs of completions."""

from __future__ import annotations

from uuid import UUID

from agents.llm.completing.lost import end_lost
from governance.jobs.registry import every

SWEEP_EVERY = 60  # seconds


@every(SWEEP_EVERY, "agents.completions.sweep")
def sweep(_: UUID | None) -> None:
    """Ends completions whose process died."""
    end_lost()
