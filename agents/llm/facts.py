"""What is known of a provider and of a model: the values that routing, holds and wires work with (design 5.1). Pure.

Prices are integers: one micro-USD per million tokens is one pico-USD per token, so tokens × rate is exact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CHAT, EMBEDDING, TRANSCRIPTION = "chat", "embedding", "transcription"
CACHE_RATES = ("cache_read", "cache_write_5m", "cache_write_1h")


class UnknownPrice(ValueError):
    """The model is not known, is retired, or its price is missing or negative: it is never called."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Pico-USD per token. A cache rate of None: those tokens cost what input costs."""

    input: int
    output: int
    cache_read: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None

    def dearest_input(self) -> int:
        """What one token of the prompt can cost at most, cache writes included."""
        return max(self.input, self.cache_read or 0, self.cache_write_5m or 0, self.cache_write_1h or 0)


@dataclass(frozen=True, slots=True)
class Tier:
    """The rates of the whole request when its input is strictly longer than `above_input_tokens`."""

    above_input_tokens: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model of one provider. `supports` and `quirks` are its own merged over its provider's (`merged_quirks`).

    `quality`: 0 to 100; `historic`: reachable by name, never chosen by the router on its own. `per_minute`: pico-USD
    for a minute of what is transcribed; None where that has no price.
    """

    provider: str
    id: str
    rates: Rates
    price_version: str
    context_tokens: int
    max_output_tokens: int
    name: str = ""
    kind: str = CHAT
    tiers: tuple[Tier, ...] = ()
    fee: int = 0
    supports: Mapping[str, bool] = field(default_factory=dict)
    quirks: Mapping[str, Any] = field(default_factory=dict)
    quality: int = 0
    tokens_per_second: int = 0
    best_for: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()
    historic: bool = False
    dimensions: int | None = None
    deprecated_on: str | None = None
    per_minute: int | None = None

    def cost(
        self,
        input_tokens: int,
        output_tokens: int,
        *,
        cache_read: int = 0,
        cache_write_5m: int = 0,
        cache_write_1h: int = 0,
    ) -> int:
        """The price of a call in pico-USD, its fee included.

        `input_tokens` is the whole input; the cached counts say how much of it was read from or written to a cache.
        """
        rates = self.rates_for(input_tokens)
        cached = (
            (cache_read, rates.cache_read),
            (cache_write_5m, rates.cache_write_5m),
            (cache_write_1h, rates.cache_write_1h),
        )
        whole = (input_tokens - sum(count for count, _ in cached)) * rates.input
        whole += sum(count * (rates.input if rate is None else rate) for count, rate in cached)
        return whole + output_tokens * rates.output + self.fee

    def listening_cost(self, seconds: int) -> int:
        """The price of transcribing so many seconds, in pico-USD, rounded up. Raises UnknownPrice."""
        if self.per_minute is None:
            raise UnknownPrice(f"no price is known for {self.id}")
        return -(-seconds * self.per_minute // 60) + self.fee

    def worst_cost(self, input_tokens: int, output_tokens: int, *, caching: bool = False) -> int:
        """What such a call can cost at most: the dearest rates that any input up to that length may meet.

        Where a cache is only written when the request asks for it, `caching` says whether it does.
        """
        met = [self.rates, *(tier.rates for tier in self.tiers if input_tokens > tier.above_input_tokens)]
        may_write = caching or not self.quirks.get("cache_control", False)
        dearest_input = max(rates.dearest_input() if may_write else rates.input for rates in met)
        return input_tokens * dearest_input + output_tokens * max(rates.output for rates in met) + self.fee

    def rates_for(self, input_tokens: int) -> Rates:
        """The rates of a request whose whole input has that many tokens."""
        found = self.rates
        for tier in sorted(self.tiers, key=lambda each: each.above_input_tokens):
            if input_tokens > tier.above_input_tokens:
                found = tier.rates
        return found

    def answered_by(self, name: str) -> bool:
        """Is `name`, as the provider reports it, this model: the same id, or it with a date behind?"""
        return name == self.id or re.fullmatch(re.escape(self.id) + r"-\d{8}", name) is not None


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """One provider as the calls see it. Limits are per minute; None where nobody published one.

    `key_names`: environment variables that may hold its key, none where it needs no key (a local server).
    """

    id: str
    name: str
    wire: str
    base_url: str
    hosts: tuple[str, ...]
    key_names: tuple[str, ...]
    jurisdiction: str
    tier: int
    rpm: int
    tpm: int | None
    max_concurrency: int
    supports: Mapping[str, bool]
    quirks: Mapping[str, Any]
    default_model: str
    default_embedding_model: str | None = None
    colour: str = ""


def rates_of(row: Mapping[str, Any], *, free_declared: bool) -> Rates:
    """Checked rates. Raises UnknownPrice when one is missing or negative, or zero without being declared free."""
    for name in ("input", "output"):
        price = row.get(name)
        if not _is_price(price) or (price == 0 and not free_declared):
            raise UnknownPrice(f"the price for {name} is missing")
    for name in CACHE_RATES:
        if row.get(name) is not None and not _is_price(row[name]):
            raise UnknownPrice(f"the price for {name} is not one")
    return Rates(row["input"], row["output"], *(row.get(name) for name in CACHE_RATES))


def _is_price(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def merged_quirks(provider: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """A model's quirks over its provider's: `drop_params` unite, `default_body` is merged in depth."""
    whole = {**provider, **model}
    whole["drop_params"] = sorted({*provider.get("drop_params", ()), *model.get("drop_params", ())})
    whole["default_body"] = merged(provider.get("default_body", {}), model.get("default_body", {}))
    return whole


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`more` over `base`, in depth."""
    whole = dict(base)
    for name, value in more.items():
        inner = whole.get(name)
        both = isinstance(inner, Mapping) and isinstance(value, Mapping)
        whole[name] = merged(inner, value) if both else value  # type: ignore[arg-type]
    return whole
