"""The field and the state a decision is made in, as they are at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings

from agents.llm.catalogue import callable_models, provider_facts, shipped
from agents.llm.routing.field import Field, State, prepared


@lru_cache(maxsize=1)
def field_now() -> Field:
    """Everything that can be called."""
    data, version = shipped()
    return prepared({row["id"]: provider_facts(row) for row in data["providers"]}, callable_models(), data, version)


def state_now() -> State:
    """Who has a key for the bound identity."""
    if settings.DEMO_MODE:
        return State(frozenset(provider_names()))
    return State(frozenset({"anthropic"} if settings.ANTHROPIC_API_KEY else ()))


def provider_names() -> Mapping[str, str]:
    """What providers are called, by id."""
    return {row["id"]: row["name"] for row in shipped()[0]["providers"]}
