"""The jobs of agents, found by name; nobody imports them otherwise."""

from agents.pipeline import tasks as pipeline

__all__ = ["pipeline"]
