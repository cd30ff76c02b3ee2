"""A price as a value: read from the reviewed data or a form, checked, and made a version of (design 5.1). Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from agents.llm.facts import EMBEDDING, Rates, Tier, UnknownPrice, rates_of
from agents.llm.registry.models import Model, PriceVersion

RATES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
MOST_RATE = 10**12  # a dollar a token: whoever types more has mistaken the unit


def shipped_price(row: Mapping[str, Any]) -> dict[str, Any]:
    """The price of a model of the data, without the day it begins."""
    return {
        **{name: row["prices"].get(name) for name in RATES},
        "tiers": row["tiers"],
        "fee": row["per_request_fee_pico_usd"],
        "free_declared": row["free_declared"],
        "valid_to": row["price_valid_to"],
    }


def next_price(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The price that the data announces; it has no fees or tiers of its own but those it names."""
    coming = row["next_prices"]
    if coming is None:
        return None
    return {
        **{name: coming.get(name) for name in RATES},
        "tiers": coming.get("tiers", row["tiers"]),
        "fee": coming.get("per_request_fee_pico_usd", row["per_request_fee_pico_usd"]),
        "free_declared": row["free_declared"],
        "valid_to": None,
        "valid_from": coming["valid_from"],
    }


def check_price(price: Mapping[str, Any], kind: str) -> None:
    """Raises UnknownPrice when a model must not be called at this price: missing, negative, or zero undeclared."""
    free = bool(price["free_declared"])
    if kind == EMBEDDING and price.get("output") == 0 and not free:
        rates_of({**price, "output": price.get("input")}, free_declared=False)  # it has no output; its input costs
    else:
        rates_of(price, free_declared=free)
    for tier in price["tiers"]:
        rates_of(tier, free_declared=free or kind == EMBEDDING)
    if not isinstance(price["fee"], int) or price["fee"] < 0:
        raise UnknownPrice("the fee of a request is missing")


def version_of(model: Model, price: Mapping[str, Any], begins: datetime, source: str, **more: Any) -> PriceVersion:
    """The row of a checked price. Its name is unique and says from when on it counts."""
    row = PriceVersion(
        model=model,
        **{name: price.get(name) for name in RATES},
        tiers=price["tiers"],
        fee=price["fee"],
        free_declared=price["free_declared"],
        valid_from=begins,
        valid_to=end_of(price["valid_to"]),
        source=source,
        **more,
    )
    told = json.dumps([str(row.pk), model.provider_id, model.model_id, dict(price)], sort_keys=True, default=str)
    row.name = f"{begins:%Y-%m-%d}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
    return row


def day(text: str) -> datetime:
    """The first moment of a day."""
    return datetime.combine(date.fromisoformat(text), time(), UTC)


def end_of(last_day: str | None) -> datetime | None:
    """The first moment after a last day."""
    return day(last_day) + timedelta(days=1) if last_day else None


def rates_in(row: PriceVersion) -> Rates:
    return Rates(*(getattr(row, name) for name in RATES))


def tiers_in(row: PriceVersion) -> tuple[Tier, ...]:
    return tuple(
        Tier(tier["above_input_tokens"], Rates(*(tier.get(name) for name in RATES)))  # type: ignore[arg-type]
        for tier in row.tiers
    )


def in_force(rows: list[PriceVersion], moment: datetime) -> PriceVersion | None:
    """The version that counts at that moment, of one model's rows in the order they begin; None when it is over."""
    begun = [row for row in rows if row.valid_from <= moment]
    if not begun or (begun[-1].valid_to is not None and begun[-1].valid_to <= moment):
        return None
    return begun[-1]
