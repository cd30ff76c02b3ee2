"""The models of agents; each lives in the room of its package."""

from agents.llm.health.models import HealthObservation, ModelSpeed, ProviderHealth
from agents.llm.limits.models import ProviderGate, ProviderTake, ProviderWait
from agents.llm.models import Attempt
from agents.llm.registry.models import IdentityKey, InstallationKey, Model, PriceVersion, Provider, RegistryState
from agents.llm.routing.models import RoutingDecision, RoutingPreference
from agents.pipeline.models import LaneResult, Run, Snapshot, ToolCall, Turn

__all__ = [
    "Attempt", "HealthObservation", "IdentityKey", "InstallationKey", "LaneResult", "Model", "ModelSpeed",
    "PriceVersion", "Provider", "ProviderGate", "ProviderHealth", "ProviderTake", "ProviderWait", "RegistryState",
    "RoutingDecision", "RoutingPreference", "Run", "Snapshot", "ToolCall", "Turn",
]  # fmt: skip
