"""The registry as decisions see it: one immutable picture in memory, made anew when the rows have changed (design 5.2).

A decision reads the picture and nothing else. Whether it is still right is asked of one row, at most once a second.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.utils import timezone

from agents.llm.facts import ModelFacts, ProviderFacts, UnknownPrice, merged_quirks
from agents.llm.registry import state
from agents.llm.registry.addresses import Surroundings, allowed, plain, surroundings, trusts_environment
from agents.llm.registry.models import InstallationKey, Model, PriceVersion, Provider
from agents.llm.registry.patterns import forbidden
from agents.llm.registry.pricing import in_force, rates_in, tiers_in

LOOK_EVERY = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Registry:
    """What can be called, and at what price. `until`: from then on another price counts.

    `homes`: the address each provider has of its own, which keys are bound to; `providers` has the address that is
    called, which in demonstration mode is the simulator's. `keys`: the installation's, sealed. `trusted`: the
    providers whose address the operator or the reviewed data chose, where a key of the environment may go.
    """

    version: int
    providers: Mapping[str, ProviderFacts]
    models: tuple[ModelFacts, ...]
    homes: Mapping[str, str]
    keys: Mapping[str, InstallationKey]
    trusted: frozenset[str]
    until: datetime | None
    names: Mapping[str, tuple[ModelFacts, ...]]
    priced: Mapping[tuple[str, str, str], ModelFacts]

    def find(self, name: str, provider: str | None = None) -> ModelFacts:
        """The model of that id or alias (an id comes before an alias). Raises UnknownPrice when none can be called."""
        for model in self.names.get(name, ()):
            if provider is None or model.provider == provider:
                return model
        raise UnknownPrice(f"no price is known for {name}")

    def at(self, provider: str, model_id: str, price_version: str) -> ModelFacts:
        """The model at the price it had under that version: what was begun is settled under it.

        Without a version it is the present price. Raises UnknownPrice when the model can no longer be called.
        """
        present = self.find(model_id, provider)
        if price_version in {"", present.price_version}:
            return present
        found = self.priced.get((provider, present.id, price_version))
        if found is None:
            raise UnknownPrice(f"{model_id} never had a price {price_version}")
        return found


@dataclass(frozen=True, slots=True)
class _Held:
    """The picture a process has, of which state and surroundings, and when to look again."""

    registry: Registry
    stamp: UUID | None
    around: Surroundings
    look_at: float


_held: _Held | None = None
_lock = threading.Lock()


def snapshot() -> Registry:
    """The picture of now. It asks the database one row at most once a second, and four more when that has changed."""
    global _held
    held, around = _held, surroundings()
    if held is not None and held.around == around and time.monotonic() < held.look_at and not _over(held.registry):
        return held.registry
    current = held is not None and held.around == around
    if not _lock.acquire(blocking=not current):
        assert held is not None
        return held.registry  # somebody is looking: this picture was right a moment ago
    try:
        _held = _look(held if current else None, around)
        return _held.registry
    finally:
        _lock.release()


def forget() -> None:
    """Has the next reader look at the rows again."""
    global _held
    _held = None


def _look(held: _Held | None, around: Surroundings) -> _Held:
    number, stamp = state.now()  # before the rows: what changes meanwhile is found by the next look
    look_at = time.monotonic() + LOOK_EVERY
    if held is not None and held.stamp == stamp and not _over(held.registry):
        return replace(held, look_at=look_at)
    return _Held(build(number, around), stamp, around, look_at)


def _over(registry: Registry) -> bool:
    return registry.until is not None and registry.until <= timezone.now()


def build(version: int, around: Surroundings) -> Registry:
    """The picture of the rows as they are; four queries, whatever their number."""
    rows = {row.pk: row for row in Provider.objects.filter(enabled=True).order_by("position", "pk")}
    homes = {pk: plain(around.home(row)) for pk, row in rows.items()}
    rows = {pk: row for pk, row in rows.items() if allowed(row, homes[pk], around)}
    prices: dict[UUID, list[PriceVersion]] = defaultdict(list)
    for price in PriceVersion.objects.in_order():
        prices[price.model_id].append(price)
    now = timezone.now()
    models: list[ModelFacts] = []
    priced: dict[tuple[str, str, str], ModelFacts] = {}
    called = Model.objects.filter(enabled=True, retired=False).order_by("position", "pk")
    for model in sorted(called, key=lambda each: _place(rows, each)):
        current = in_force(prices[model.pk], now)
        if (
            model.provider_id not in rows
            or current is None
            or forbidden(rows[model.provider_id].quirks, model.model_id)
        ):
            continue
        facts = model_facts(model, rows[model.provider_id], current)
        models.append(facts)
        for price in prices[model.pk]:
            priced[model.provider_id, model.model_id, price.name] = at_price(facts, price)
    return Registry(
        version=version,
        providers=MappingProxyType({pk: provider_facts(row, around) for pk, row in rows.items()}),
        models=tuple(models),
        homes=MappingProxyType(homes),
        keys=MappingProxyType({key.provider_id: key for key in InstallationKey.objects.all()}),
        trusted=frozenset(pk for pk, row in rows.items() if trusts_environment(row)),
        until=_next_turn(prices.values(), now),
        names=MappingProxyType(by_name(models)),
        priced=MappingProxyType(priced),
    )


def _place(rows: Mapping[str, Provider], model: Model) -> tuple[int, int]:
    provider = rows.get(model.provider_id)
    return (provider.position if provider else 0, model.position)


def by_name(models: Iterable[ModelFacts]) -> dict[str, tuple[ModelFacts, ...]]:
    """Every name a model answers to: the ones whose id it is first, each in the order of the providers."""
    found: dict[str, list[ModelFacts]] = defaultdict(list)
    listed = list(models)
    for model in listed:
        found[model.id].append(model)
    for model in listed:
        for alias in model.aliases:
            found[alias].append(model)
    return {name: tuple(each) for name, each in found.items()}


def provider_facts(row: Provider, around: Surroundings) -> ProviderFacts:
    same = ("name", "wire", "jurisdiction", "tier", "rpm", "tpm", "max_concurrency", "default_model", "colour")
    return ProviderFacts(
        id=row.pk,
        base_url=around.called(row),
        hosts=tuple(row.hosts),
        key_names=tuple(row.key_names),
        supports=MappingProxyType(row.supports),
        quirks=MappingProxyType(row.quirks),
        default_embedding_model=row.default_embedding_model or None,
        **{name: getattr(row, name) for name in same},
    )


def model_facts(row: Model, provider: Provider, price: PriceVersion) -> ModelFacts:
    same = ("context_tokens", "max_output_tokens", "name", "kind", "quality", "tokens_per_second", "historic")
    facts = ModelFacts(
        provider=provider.pk,
        id=row.model_id,
        rates=rates_in(price),
        price_version=price.name,
        supports=MappingProxyType({**provider.supports, **row.supports}),
        quirks=MappingProxyType(merged_quirks(provider.quirks, row.quirks)),
        best_for=frozenset(row.best_for),
        aliases=tuple(row.aliases),
        dimensions=row.dimensions,
        deprecated_on=row.deprecated_on.isoformat() if row.deprecated_on else None,
        **{name: getattr(row, name) for name in same},
    )
    return at_price(facts, price)


def at_price(facts: ModelFacts, price: PriceVersion) -> ModelFacts:
    return replace(facts, rates=rates_in(price), tiers=tiers_in(price), fee=price.fee, price_version=price.name)


def _next_turn(prices: Iterable[list[PriceVersion]], now: datetime) -> datetime | None:
    """The next moment at which some model's price begins or ends."""
    moments = [moment for rows in prices for row in rows for moment in (row.valid_from, row.valid_to)]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)
