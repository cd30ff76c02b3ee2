"""All that could be called, prepared once for many decisions. Pure and immutable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.llm.facts import CHAT, ModelFacts, ProviderFacts
from agents.llm.routing.asking import Capability, Jurisdiction, Role
from agents.llm.routing.scoring import quality_part, speed_part


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model with what every decision asks of it. `places`: who sees the words: its provider, and whom that asks;
    `place`: where it stands in the field, nearer providers first."""

    facts: ModelFacts
    provider: str
    place: int
    can: frozenset[str]
    places: frozenset[str]
    input_limit: int
    output_limit: int
    shared_context: bool
    for_nova: bool
    quality: int
    speed: int
    rates: tuple[int, int] | None

    def cost(self, input_tokens: int, output_tokens: int) -> int:
        """As its facts say; reckoned here where neither tiers nor a fee matter, for most of the time goes into it."""
        if self.rates is None:
            return self.facts.cost(input_tokens, output_tokens)
        return input_tokens * self.rates[0] + output_tokens * self.rates[1]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """The candidates of one version of the registry, and what is preferred among them."""

    candidates: tuple[Candidate, ...]
    version: str
    tasks: Mapping[str, tuple[str, ...]]
    roles: Mapping[str, str]
    chains: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class State:
    """How things are at this moment. `keyed`: providers with a key for the identity. `unwell`: not to be called now.

    `full`: without room in their limits. `stopped`: by a kill switch. `rates`: tokens per second, as measured, by
    (provider, model).
    """

    keyed: frozenset[str]
    unwell: frozenset[str] = frozenset()
    full: frozenset[str] = frozenset()
    stopped: frozenset[str] = frozenset()
    rates: Mapping[tuple[str, str], int] = field(default_factory=dict)


def prepared(
    providers: Mapping[str, ProviderFacts], models: Iterable[ModelFacts], data: Mapping[str, Any], version: str
) -> Field:
    """The field of a registry. `data`: preferences and chains, as the catalogue ships them."""
    nova = data["role_preferences"][Role.NOVA]
    chat = [(providers[facts.provider], facts) for facts in models if facts.kind == CHAT]
    chat.sort(key=lambda pair: (pair[0].tier, pair[0].id, pair[1].id))
    listed = tuple(_candidate(place, *pair, nova) for place, pair in enumerate(chat))
    roles = {role: row["provider"] for role, row in data["role_preferences"].items() if role != Role.NOVA}
    tasks = {task: tuple(names) for task, names in data["task_preferences"].items()}
    chains = {name: tuple(names) for name, names in data["fallback_chains"].items()}
    return Field(listed, version, tasks, roles, chains)


def _candidate(place: int, provider: ProviderFacts, facts: ModelFacts, nova: Mapping[str, Any]) -> Candidate:
    quirks = facts.quirks
    places = {provider.jurisdiction, quirks.get("upstream_jurisdiction", provider.jurisdiction)}
    plain = not facts.tiers and not facts.fee
    return Candidate(
        facts=facts,
        provider=provider.id,
        place=place,
        can=frozenset(each.value for each in Capability if facts.supports.get(each.value)),
        places=frozenset(places - {Jurisdiction.LOCAL}),
        input_limit=min(facts.context_tokens, quirks.get("served_context_default", facts.context_tokens)),
        output_limit=facts.max_output_tokens,
        shared_context=bool(quirks.get("output_shares_context")),
        for_nova=_for_nova(provider, facts, nova),
        quality=quality_part(facts.quality),
        speed=speed_part(facts.tokens_per_second),
        rates=(facts.rates.input, facts.rates.output) if plain else None,
    )


def _for_nova(provider: ProviderFacts, facts: ModelFacts, nova: Mapping[str, Any]) -> bool:
    """Nova is Claude, called where Claude is made; nothing else, whatever it is called (design 5.1)."""
    return (
        provider.id == nova["provider"]
        and provider.wire == nova["wire"]
        and facts.id.startswith(nova["model_prefix"])
        and not facts.quirks.get("never_for_nova")
    )
