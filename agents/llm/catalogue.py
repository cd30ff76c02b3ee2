"""The providers and models that ship: reviewed, versioned data (design 5.1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from agents.llm.facts import ModelFacts, ProviderFacts, Tier, UnknownPrice, merged_quirks, rates_of
from governance.ledger.models import credits_for

# Fields of a provider that its facts take over as they are.
SAME = (
    "id", "name", "wire", "base_url", "jurisdiction", "tier", "rpm", "tpm", "max_concurrency", "supports", "quirks",
    "default_model", "default_embedding_model", "colour",
)  # fmt: skip
DATA = Path(__file__).parent / "data" / "providers.json"


def credits(input_tokens: int, output_tokens: int) -> int:
    """The credits that pay one call."""
    return credits_for(input_tokens + output_tokens)


@lru_cache(maxsize=64)
def model(model_id: str) -> ModelFacts:
    """The facts of a model (aliases are resolved). Raises UnknownPrice when it must not be called."""
    data, version = shipped()
    for provider in data["providers"]:
        for row in provider["models"]:
            if model_id == row["id"] or model_id in row["aliases"]:
                return model_facts(provider, row, version)
    raise UnknownPrice(f"no price is known for {model_id}")


def provider_facts(row: Mapping[str, Any]) -> ProviderFacts:
    """One provider of the data."""
    keys = (row["key_env"], *row["key_env_aliases"]) if row["key_env"] else ()
    same = (
        "id",
        "name",
        "wire",
        "base_url",
        "jurisdiction",
        "tier",
        "rpm",
        "tpm",
        "max_concurrency",
        "supports",
        "quirks",
    )
    more = ("default_model", "default_embedding_model", "colour")
    return ProviderFacts(hosts=tuple(row["hosts"]), key_names=keys, **{name: row[name] for name in (*same, *more)})


def model_facts(provider: Mapping[str, Any], row: Mapping[str, Any], version: str) -> ModelFacts:
    """One model of the data. Raises UnknownPrice when it must not be called."""
    if row["retired"]:
        raise UnknownPrice(f"{row['id']} is retired")
    free = row["free_declared"]
    tiers = (Tier(tier["above_input_tokens"], rates_of(tier, free_declared=free)) for tier in row["tiers"])
    same = ("id", "context_tokens", "max_output_tokens", "name", "kind", "quality", "tokens_per_second", "historic")
    return ModelFacts(
        provider=provider["id"],
        rates=rates_of(row["prices"], free_declared=free or row["kind"] == "embedding"),
        price_version=version,
        tiers=tuple(tiers),
        fee=row["per_request_fee_pico_usd"],
        supports={**provider["supports"], **row["supports"]},
        quirks=merged_quirks(provider["quirks"], row["quirks"]),
        best_for=frozenset(row["best_for"]),
        aliases=tuple(row["aliases"]),
        dimensions=row["embedding_dimensions"],
        deprecated_on=row["deprecated_on"],
        **{name: row[name] for name in same},
    )


@lru_cache(maxsize=1)
def callable_models() -> tuple[ModelFacts, ...]:
    """Every model that may be called: priced, and not retired."""
    data, version = shipped()
    found = []
    for provider in data["providers"]:
        for row in provider["models"]:
            with suppress(UnknownPrice):
                found.append(model_facts(provider, row, version))
    return tuple(found)


@lru_cache(maxsize=1)
def shipped() -> tuple[dict[str, Any], str]:
    """The data as it is, and the version of its prices."""
    raw = DATA.read_bytes()
    data = json.loads(raw)
    return data, f"{data['version']}-{hashlib.sha256(raw).hexdigest()[:12]}"
