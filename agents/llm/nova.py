"""Nova is locked to Claude: its wire, its host, its model's name, and nobody else, ever (design 5.1)."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from agents.llm import wires
from agents.llm.catalogue import provider_facts, shipped
from agents.llm.errors import CallFailed
from agents.llm.exchange import PATIENCE, Answer, Endpoint, ModelRequest, Patience, Stop
from agents.llm.network import origin_of

PROVIDER = WIRE = "anthropic"
MODEL_PREFIX = "claude-"


def endpoint() -> Endpoint:
    """Where Nova's calls go: the provider's own address, the operator's, or the simulator's."""
    row = next(row for row in shipped()[0]["providers"] if row["id"] == PROVIDER)
    facts = provider_facts(row)
    address = settings.ANTHROPIC_BASE_URL
    return Endpoint(facts, address, settings.ANTHROPIC_API_KEY or "demo", named=address != facts.base_url)


def warm() -> None:
    """Loads the library before the first call has to wait for it."""
    wires.warm(endpoint())


def send(
    asked: Endpoint,
    request: ModelRequest,
    on_text: Callable[[str], None],
    stop: Stop,
    patience: Patience = PATIENCE,
) -> Answer:
    """One call of Nova. Raises CallFailed, before anything leaves when this is not Claude's own endpoint."""
    check(asked, request)
    return wires.send(asked, request, on_text, stop, patience)


def check(asked: Endpoint, request: ModelRequest) -> None:
    """Raises CallFailed (`locked`) unless Claude is asked, on its wire, at its host, to answer under its name."""
    home = endpoint()
    locked = (
        asked.provider.id == PROVIDER
        and asked.provider.wire == WIRE
        and origin_of(asked.base_url) == origin_of(home.base_url)
        and request.model.provider == PROVIDER
        and request.model.id.startswith(MODEL_PREFIX)
        and request.exact_model
    )
    if not locked:
        raise CallFailed("locked", "Nova speaks with Claude only")
