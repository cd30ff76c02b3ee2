"""The events of agents that webhooks may be told of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from agents.pipeline.models import Run
from agents.pipeline.shapes import IntentOut, UsageOut
from governance.isolation.lookup import by_id
from governance.webhooks.events import register_event


def register() -> None:
    """Called once, when the app is ready."""
    register_event(
        "agent.execution.completed",
        _("An agent has ended its work"),
        run_data,
        kinds=("pipeline.complete", "pipeline.error"),
    )


def run_data(pk: UUID) -> dict[str, Any] | None:
    """As the API gives it, without what was asked and answered: who receives it looks that up, if they may."""
    run = by_id(Run, pk)
    if run is None:
        return None
    same = ("id", "status", "sphere", "agent", "error", "created_at", "ended_at")
    usage = UsageOut(**{name: getattr(run, name) for name in UsageOut.model_fields}).model_dump()
    told = {name: getattr(run, name) for name in same} | {"thread": run.thread_id, "usage": usage}
    return told | {"intent": IntentOut(**run.intent).model_dump() if run.intent else None}
