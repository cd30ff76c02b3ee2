"""The jobs of agents, found by name; nobody imports them otherwise."""

from agents.llm.completing import tasks as completing
from agents.llm.health import tasks as health
from agents.llm.limits import tasks as limits
from agents.pipeline import tasks as pipeline

__all__ = ["completing", "health", "limits", "pipeline"]
