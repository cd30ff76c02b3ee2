"""The router as things are at this moment: the registry's picture, the keys, the providers' health and limits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from agents.llm.catalogue import shipped
from agents.llm.health.breaker import rates, unwell
from agents.llm.limits.contract import LimitsUnavailable
from agents.llm.limits.taking import full
from agents.llm.registry.keys import keyed
from agents.llm.registry.snapshot import Registry, snapshot
from agents.llm.routing.deciding import Router
from agents.llm.routing.field import Field, State, prepared
from agents.llm.switches import stopped

SPEED_STEP = 10  # tokens per second: the average moves with every call, and is not worth a new router each time


def router_now() -> Router:
    """The router of this moment, for the bound identity. Where calls cannot be counted, nobody has room."""
    picture = snapshot()
    try:
        without_room = full(picture.providers.values())
    except LimitsUnavailable:
        without_room = frozenset(picture.providers)
    measured = tuple(sorted((model, rate - rate % SPEED_STEP) for model, rate in rates().items()))
    return _router(field_of(picture), keyed(), unwell(), without_room, stopped(), measured)


@lru_cache(maxsize=32)
def _router(
    field: Field,
    keyed: frozenset[str],
    unwell: frozenset[str],
    full: frozenset[str],
    stopped: frozenset[str],
    rates: tuple[tuple[tuple[str, str], int], ...],
) -> Router:
    return Router(field, State(keyed, unwell, full, stopped, dict(rates)))


_fields: list[tuple[Registry, Field]] = []


def field_of(picture: Registry) -> Field:
    """Everything that can be called, prepared once for each picture."""
    if not _fields or _fields[0][0] is not picture:
        data, _version = shipped()
        _fields[:] = [(picture, prepared(picture.providers, picture.models, data, str(picture.version)))]
    return _fields[0][1]


def provider_names() -> Mapping[str, str]:
    """What the providers that can be called are called, by id."""
    return {name: facts.name for name, facts in snapshot().providers.items()}
