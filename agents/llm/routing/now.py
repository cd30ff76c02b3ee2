"""The router as things are at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings

from agents.llm.catalogue import callable_models, provider_facts, shipped
from agents.llm.routing.deciding import Router
from agents.llm.routing.field import Field, State, prepared


@lru_cache(maxsize=1)
def field_now() -> Field:
    """Everything that can be called."""
    data, version = shipped()
    return prepared({row["id"]: provider_facts(row) for row in data["providers"]}, callable_models(), data, version)


def router_now() -> Router:
    """The router of this moment, for the bound identity."""
    return _router(field_now(), keyed_now())


@lru_cache(maxsize=32)
def _router(field: Field, keyed: frozenset[str]) -> Router:
    return Router(field, State(keyed))


def keyed_now() -> frozenset[str]:
    """The providers that have a key for the bound identity."""
    if settings.DEMO_MODE:
        return frozenset(provider_names())
    return frozenset({"anthropic"} if settings.ANTHROPIC_API_KEY else ())


def provider_names() -> Mapping[str, str]:
    """What providers are called, by id."""
    return {row["id"]: row["name"] for row in shipped()[0]["providers"]}
