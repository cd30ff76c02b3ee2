"""What ships, as the router sees it, without a database."""

from __future__ import annotations

from agents.llm.catalogue import callable_models, provider_facts, shipped
from agents.llm.routing.field import Field, prepared


def shipped_field() -> Field:
    data, _version = shipped()
    providers = {row["id"]: provider_facts(row) for row in data["providers"]}
    return prepared(providers, callable_models(), data, "shipped")
