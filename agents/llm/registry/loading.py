"""The reviewed data into rows: what is new comes in, what staff have changed stays as they want it (design 5.1).

Each row keeps what was shipped for it last. A field that still says so takes the new value; one that says something
else was changed by staff, and is left alone. A second run finds nothing to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone

from agents.llm.facts import UnknownPrice
from agents.llm.registry.models import Model, PriceVersion, Provider, Reviewed, Source
from agents.llm.registry.patterns import forbidden
from agents.llm.registry.pricing import check_price, day, in_force, next_price, shipped_price, version_of

SAME_OF_PROVIDER = (
    "name", "wire", "base_url", "hosts", "jurisdiction", "tier", "rpm", "tpm", "max_concurrency", "supports",
    "quirks", "default_model", "colour",
)  # fmt: skip
SAME_OF_MODEL = (
    "name", "kind", "supports", "quirks", "best_for", "aliases", "retired", "historic",
)  # fmt: skip
COUNTED = ("context_tokens", "max_output_tokens", "quality", "tokens_per_second")  # null where there is none


@dataclass
class Plan:
    """What a load has to do. `said`: one line for each, for people."""

    new: list[models.Model] = field(default_factory=list)
    changed: list[Reviewed] = field(default_factory=list)
    prices: list[PriceVersion] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.prices)


def plan(data: Mapping[str, Any]) -> Plan:
    """Compares the data with the rows; three queries, whatever the number of rows."""
    found = Plan()
    providers = {row.pk: row for row in Provider.objects.all()}
    known = {(row.provider_id, row.model_id): row for row in Model.objects.all()}
    prices: dict[Any, list[PriceVersion]] = defaultdict(list)
    for price in PriceVersion.objects.in_order():
        prices[price.model_id].append(price)
    for place, each in enumerate(data["providers"]):
        provider = providers.get(each["id"]) or Provider(pk=each["id"])
        take(found, provider, fresh_provider(each, place), is_new=each["id"] not in providers)
        for number, row in enumerate(each["models"]):
            if forbidden(provider.quirks, row["id"]):
                found.said.append(f"{provider.pk}/{row['id']}: refused, its name is forbidden there")
                continue
            key = (provider.pk, row["id"])
            model = known.get(key) or Model(provider=provider, model_id=row["id"])
            take_prices(found, model, row, prices[model.pk], day(data["version"]))
            take(found, model, fresh_model(row, number), is_new=key not in known)
    return found


def apply(found: Plan) -> None:
    """Writes a plan; a handful of statements."""
    kinds: tuple[Any, ...] = (Provider, Model)
    for kind in kinds:
        kind._default_manager.bulk_create([row for row in found.new if type(row) is kind])
        changed = [row for row in found.changed if type(row) is kind]
        if changed:
            columns = [each.name for each in kind._meta.concrete_fields if not each.primary_key]
            kind._default_manager.bulk_update(changed, columns)
    PriceVersion.objects.bulk_create(found.prices)


def fresh_provider(row: Mapping[str, Any], place: int) -> dict[str, Any]:
    return {
        **{name: row[name] for name in SAME_OF_PROVIDER},
        "key_names": [row["key_env"], *row["key_env_aliases"]] if row["key_env"] else [],
        "default_embedding_model": row["default_embedding_model"] or "",
        "position": place,
    }


def fresh_model(row: Mapping[str, Any], place: int) -> dict[str, Any]:
    return {
        **{name: row[name] for name in SAME_OF_MODEL},
        **{name: row[name] or 0 for name in COUNTED},
        "dimensions": row["embedding_dimensions"],
        "deprecated_on": date.fromisoformat(row["deprecated_on"]) if row["deprecated_on"] else None,
        "position": place,
    }


def take(found: Plan, row: Reviewed, fresh: Mapping[str, Any], *, is_new: bool) -> None:
    """The fresh values into a row, except where staff have put their own."""
    name, before = _named(row), dict(row.shipped)
    for column, value in fresh.items():
        if is_new or (_kept(getattr(row, column)) == before.get(column) and column in before):
            if is_new or _kept(getattr(row, column)) != _kept(value):
                setattr(row, column, value)
                found.said += [] if is_new else [f"{name}: {column} is now {value}"]
        elif column in before and before[column] != _kept(value):
            found.said.append(f"{name}: {column} stays as staff have set it")
        row.shipped[column] = _kept(value)
    if is_new:
        found.new.append(row)
        found.said.append(f"{name}: new")
    elif row.shipped != before and row not in found.changed:
        row.changed_at = timezone.now()
        found.changed.append(row)


def take_prices(
    found: Plan, model: Model, row: Mapping[str, Any], known: list[PriceVersion], reviewed: datetime
) -> None:
    """The price of now and the one that is announced, each once; a price that is none leaves the model uncallable."""
    now, price, coming = timezone.now(), shipped_price(row), next_price(row)
    before = model.shipped.get("price"), model.shipped.get("next_price")
    if price != before[0]:
        current = in_force(known, now)
        if current is not None and current.source == Source.STAFF:
            found.said.append(f"{_named(model)}: the price stays as staff have set it")
        else:
            begins = now if known else min(reviewed, now)
            _add_price(found, model, price, begins, str(row["kind"]))
    if coming is not None and coming != before[1]:
        _add_price(found, model, coming, day(coming["valid_from"]), str(row["kind"]))
    if (price, coming) != before:
        if not model._state.adding and model not in found.changed:
            found.changed.append(model)
        model.shipped = {**model.shipped, "price": price, "next_price": coming}


def _add_price(found: Plan, model: Model, price: dict[str, Any], begins: datetime, kind: str) -> None:
    try:
        check_price(price, kind)
    except UnknownPrice as refusal:
        found.said.append(f"{_named(model)}: not callable, {refusal}")
        return
    found.prices.append(version_of(model, price, begins, Source.SHIPPED))
    if not model._state.adding:
        found.said.append(f"{_named(model)}: a new price from {begins:%Y-%m-%d} on")


def _kept(value: Any) -> Any:
    """A value as JSON keeps it."""
    return value.isoformat() if isinstance(value, date) else value


def _named(row: Reviewed) -> str:
    return f"{row.provider_id}/{row.model_id}" if isinstance(row, Model) else str(row.pk)
