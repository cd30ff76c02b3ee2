"""Where a model is called: its provider's own address and key, or the simulator's."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from agents.llm import nova
from agents.llm.catalogue import provider_facts, shipped
from agents.llm.errors import CallFailed
from agents.llm.exchange import Endpoint
from agents.llm.facts import ModelFacts, ProviderFacts

SIMULATED_KEY = "demo"


def endpoint_of(facts: ModelFacts) -> Endpoint:
    """The endpoint of a model's provider, for the bound identity. Raises CallFailed where there is no key."""
    if facts.provider == nova.PROVIDER:
        return nova.endpoint()
    provider = provider_of(facts.provider)
    if settings.DEMO_MODE:
        path = "" if provider.wire == "anthropic" else "/v1"
        return Endpoint(provider, f"{settings.ANTHROPIC_BASE_URL}/p/{provider.id}{path}", SIMULATED_KEY, named=True)
    raise CallFailed("refused", "no key for this provider")


@lru_cache(maxsize=64)
def provider_of(provider: str) -> ProviderFacts:
    """The facts of a provider by its id."""
    return provider_facts(next(row for row in shipped()[0]["providers"] if row["id"] == provider))
