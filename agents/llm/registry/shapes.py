"""Providers and models as the API shows them. Prices are integers: micro-US dollars for a million tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from agents.llm.facts import ModelFacts, Rates
from agents.llm.registry.reading import ProviderLine, capabilities


class KeyOut(BaseModel):
    """`source`: identity, installation, environment, not_needed, or null where there is none. Never the key.

    `stale`: the key that is kept was given for another address; give it again.
    """

    source: str | None
    own: bool
    stale: bool
    last4: str
    created_at: datetime | None
    tested: str
    tested_at: datetime | None


class ProviderOut(BaseModel):
    """`callable`: switched on, at an address that is allowed; `ready`: with a key, too. Limits are per minute."""

    id: str
    name: str
    wire: str
    base_url: str
    jurisdiction: str
    tier: int
    rpm: int
    tpm: int | None
    max_concurrency: int
    supports: dict[str, bool]
    default_model: str
    default_embedding_model: str
    enabled: bool
    source: str
    callable: bool
    ready: bool
    models: int
    key: KeyOut


class ProviderList(BaseModel):
    results: list[ProviderOut]
    next: None = None
    previous: None = None


class TestOut(BaseModel):
    """`outcome`: ok, refused or unreachable; `simulated`: the simulator answered, no key was used."""

    provider: str
    outcome: str
    simulated: bool


class RatesOut(BaseModel):
    """A cache rate of null: those tokens cost what input costs."""

    input: int
    output: int
    cache_read: int | None
    cache_write_5m: int | None
    cache_write_1h: int | None


class TierOut(RatesOut):
    """The rates of the whole request where its input is longer than this."""

    above_input_tokens: int


class ModelOut(BaseModel):
    """`fee`: of each request, in 10⁻¹² US dollars. `capabilities`: what it can do, of what routing asks for."""

    provider: str
    id: str
    name: str
    kind: str
    aliases: list[str]
    context_tokens: int
    max_output_tokens: int
    price_version: str
    rates: RatesOut
    tiers: list[TierOut]
    fee: int
    quality: int
    tokens_per_second: int
    capabilities: list[str]
    best_for: list[str]
    dimensions: int | None
    historic: bool
    deprecated_on: str | None


class ModelList(BaseModel):
    results: list[ModelOut]
    next: None = None
    previous: None = None


class TaskOut(BaseModel):
    """`prefers`: the providers whose weight this task raises; they never override budget, residency or availability."""

    task: str
    prefers: list[str]


class TaskList(BaseModel):
    results: list[TaskOut]
    next: None = None
    previous: None = None


class RoleOut(BaseModel):
    """`locked`: the role is answered by this provider and no other."""

    role: str
    prefers: list[str]
    locked: bool


class RoleList(BaseModel):
    results: list[RoleOut]
    next: None = None
    previous: None = None


def provider_out(line: ProviderLine) -> dict[str, Any]:
    row, key = line.row, line.key
    same = (
        "name", "wire", "jurisdiction", "tier", "rpm", "tpm", "max_concurrency", "supports",
        "default_model", "default_embedding_model", "enabled", "source",
    )  # fmt: skip
    told = ("own", "stale", "last4", "created_at", "tested", "tested_at")
    return {
        "id": row.pk,
        "base_url": line.address,
        **{name: getattr(row, name) for name in same},
        "callable": line.callable,
        "ready": line.ready,
        "models": line.models,
        "key": {
            "source": key.source.value if key.source else None,
            **{name: getattr(key, name) for name in told},
        },
    }


def rates_out(rates: Rates) -> dict[str, Any]:
    return {name: getattr(rates, name) for name in RatesOut.model_fields}


def model_out(model: ModelFacts) -> dict[str, Any]:
    same = (
        "provider", "id", "name", "kind", "context_tokens", "max_output_tokens", "price_version", "fee", "quality",
        "tokens_per_second", "dimensions", "historic", "deprecated_on",
    )  # fmt: skip
    return {
        **{name: getattr(model, name) for name in same},
        "aliases": list(model.aliases),
        "best_for": sorted(model.best_for),
        "capabilities": capabilities(model),
        "rates": rates_out(model.rates),
        "tiers": [{"above_input_tokens": tier.above_input_tokens, **rates_out(tier.rates)} for tier in model.tiers],
    }
