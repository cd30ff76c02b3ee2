"""What a model costs and can do: reviewed, versioned data (design 5.1). Integers only."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from governance.ledger.models import credits_for

DATA = Path(__file__).parent / "data" / "providers.json"


class UnknownPrice(ValueError):
    """The model is not in the catalogue, or its price is missing or negative: it is never called."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model. Prices in micro-USD per million tokens, so tokens × price is pico-USD exactly."""

    id: str
    context_tokens: int
    max_output_tokens: int
    input_price: int
    output_price: int
    price_version: str

    def cost(self, input_tokens: int, output_tokens: int) -> int:
        """The price of a call in pico-USD."""
        return input_tokens * self.input_price + output_tokens * self.output_price

    def answered_by(self, name: str) -> bool:
        """Is `name`, as the provider reports it, this model: the same id, or it with a date behind?"""
        return name == self.id or re.fullmatch(re.escape(self.id) + r"-\d{8}", name) is not None


def credits(input_tokens: int, output_tokens: int) -> int:
    """The credits that pay one call."""
    return credits_for(input_tokens + output_tokens)


@lru_cache(maxsize=64)
def model(model_id: str) -> ModelFacts:
    """The facts of a model (aliases are resolved). Raises UnknownPrice when it must not be called."""
    data, version = _data()
    for provider in data["providers"]:
        for row in provider["models"]:
            if model_id == row["id"] or model_id in row["aliases"]:
                return _facts(row, version)
    raise UnknownPrice(f"no price is known for {model_id}")


def _facts(row: dict[str, Any], version: str) -> ModelFacts:
    prices = [row["prices"].get(name) for name in ("input", "output")]
    if any(not isinstance(price, int) or price < 0 or (price == 0 and not row["free_declared"]) for price in prices):
        raise UnknownPrice(f"the price of {row['id']} is missing")
    return ModelFacts(row["id"], row["context_tokens"], row["max_output_tokens"], prices[0], prices[1], version)


@lru_cache(maxsize=1)
def _data() -> tuple[dict[str, Any], str]:
    raw = DATA.read_bytes()
    data = json.loads(raw)
    return data, f"{data['version']}-{hashlib.sha256(raw).hexdigest()[:12]}"
