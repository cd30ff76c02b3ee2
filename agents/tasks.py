"""The jobs of agents, found by name; nobody imports them otherwise."""

from agents.llm.completing import tasks as completing
from agents.pipeline import tasks as pipeline

__all__ = ["completing", "pipeline"]
