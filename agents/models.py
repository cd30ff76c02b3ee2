"""The models of agents; each lives in the room of its package."""

from agents.llm.health.models import HealthObservation, ModelSpeed, ProviderHealth
from agents.llm.limits.models import ProviderGate, ProviderTake, ProviderWait
from agents.llm.models import Attempt
from agents.pipeline.models import LaneResult, Run, Snapshot, ToolCall, Turn

__all__ = [
    "Attempt",
    "HealthObservation",
    "LaneResult",
    "ModelSpeed",
    "ProviderGate",
    "ProviderHealth",
    "ProviderTake",
    "ProviderWait",
    "Run",
    "Snapshot",
    "ToolCall",
    "Turn",
]
