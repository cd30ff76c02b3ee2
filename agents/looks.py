"""What staff may look at through the glass."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.llm.routing.models import RoutingDecision, RoutingPreference
from agents.pipeline.models import Run
from governance.staff.looks import register_look


def register() -> None:
    """Called once, when the app is ready."""
    register_look(
        Run, "runs", _("Requests to agents"),
        "created_at", "text", "status", "lane", "sphere", "agent", "model", "error", "credits", "cost_pico_usd",
        "result_text", "started_at", "ended_at", "person_id", "thread_id", "checkpoint_id",
    )  # fmt: skip
    register_look(
        RoutingDecision, "routing-decisions", _("Which model was chosen"),
        "at", "task", "strategy", "provider", "model", "estimate_pico_usd", "person_id",
    )  # fmt: skip
    register_look(
        RoutingPreference, "routing-preferences", _("How models are chosen"),
        "strategy", "changed_at",
    )  # fmt: skip
