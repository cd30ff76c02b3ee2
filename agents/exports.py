"""The tables of agents in an archive."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.llm.models import Attempt
from agents.llm.registry.models import IdentityKey
from agents.llm.routing.models import RoutingDecision, RoutingPreference
from agents.pipeline.models import LaneResult, Run, Snapshot, ToolCall, Turn
from governance.rights.sources import keep_out, register_export


def register() -> None:
    """Called once, when the app is ready."""
    register_export(Run, "agents/runs", _("Requests to agents, with their results and costs"))
    register_export(LaneResult, "agents/lanes", _("The seven lanes of each request"))
    register_export(Snapshot, "agents/snapshots", _("What an agent was shown"))
    register_export(Turn, "agents/turns", _("The conversation with the model"))
    register_export(ToolCall, "agents/tool_calls", _("What an agent asked to do"))
    register_export(Attempt, "agents/attempts", _("Calls of a provider, with tokens and price"))
    register_export(RoutingDecision, "agents/routing_decisions", _("Which model was chosen, and why"))
    register_export(RoutingPreference, "agents/routing_preferences", _("How models are to be chosen"))
    keep_out(IdentityKey, "secrets; whoever gave a key has it, and the provider makes a new one at any time")
