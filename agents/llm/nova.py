"""Nova is locked to Claude: its wire, its host, its model's name, and nobody else, ever (design 5.1)."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from agents.llm import wires
from agents.llm.catalogue import provider_facts, shipped
from agents.llm.errors import CallFailed, ModelUnavailable
from agents.llm.exchange import PATIENCE, Answer, Endpoint, ModelRequest, Patience, Stop
from agents.llm.facts import ModelFacts, UnknownPrice
from agents.llm.network import origin_of
from agents.llm.registry.keys import key_for
from agents.llm.registry.snapshot import snapshot

PROVIDER = WIRE = "anthropic"
MODEL_PREFIX = "claude-"


def present() -> ModelFacts:
    """The model for what begins now. Raises ModelUnavailable."""
    return of_run(settings.NOVA_MODEL, "")


def of_run(model_id: str, price_version: str) -> ModelFacts:
    """The model at the price that a run began under, whatever it costs by now. Raises ModelUnavailable."""
    try:
        return snapshot().at(PROVIDER, model_id, price_version)
    except UnknownPrice as error:
        detail = _("%(model)s is switched off, retired or has no price. Staff can say which model answers.")
        raise ModelUnavailable(detail % {"model": model_id}) from error


def endpoint() -> Endpoint:
    """Claude's endpoint with the bound identity's key. Raises CallFailed (`no_key`)."""
    key = key_for(PROVIDER)
    if key is None:
        raise CallFailed("no_key", "there is no key for Claude")
    return home(key.secret)


def home(key: str = "") -> Endpoint:
    """Where Nova's calls go: the provider's own address, the operator's, or the simulator's."""
    row = next(row for row in shipped()[0]["providers"] if row["id"] == PROVIDER)
    facts = provider_facts(row)
    address = settings.ANTHROPIC_BASE_URL
    return Endpoint(facts, address, key, named=address != facts.base_url)


def warm() -> None:
    """Loads the library before the first call has to wait for it."""
    wires.warm(home("none yet"))


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
    own = home()
    locked = (
        asked.provider.id == PROVIDER
        and asked.provider.wire == WIRE
        and origin_of(asked.base_url) == origin_of(own.base_url)
        and request.model.provider == PROVIDER
        and request.model.id.startswith(MODEL_PREFIX)
        and request.exact_model
    )
    if not locked:
        raise CallFailed("locked", "Nova speaks with Claude only")
