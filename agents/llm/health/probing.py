"""Active probes (design 5.4): only of providers that nobody has called lately, at the free list of models."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from uuid_utils.compat import uuid7

from agents.llm.anthropic_wire import RETRYABLE_STATUS, client
from agents.llm.catalogue import model, provider_facts, shipped
from agents.llm.errors import CallFailed
from agents.llm.facts import ProviderFacts
from agents.llm.health.breaker import ProviderDown, Seen, admit, observe
from agents.llm.health.models import ProviderHealth

ANSWERS_WITHIN = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Target:
    """A provider that is enabled and has a key. `ask` asks its list of models; raises CallFailed."""

    provider: ProviderFacts
    ask: Callable[[], None]


def targets() -> list[Target]:
    """The providers that can be called here: at this time Nova's own, by the installation's key."""
    nova = model(settings.NOVA_MODEL).provider
    rows = [row for row in shipped()[0]["providers"] if row["id"] == nova and row["supports"]["models_endpoint"]]
    return [Target(provider_facts(row), ask_anthropic) for row in rows]


def ask_anthropic() -> None:
    """Lists one model by the client of the calls. Raises CallFailed in the words of the calls."""
    import anthropic

    try:
        client().with_options(timeout=ANSWERS_WITHIN).models.list(limit=1)
    except anthropic.APITimeoutError as error:
        raise CallFailed("timeout") from error
    except anthropic.APIStatusError as error:
        status = error.status_code
        if status == 429:
            raise CallFailed("rate_limited") from error
        raise CallFailed("provider_error" if status >= 500 or status in RETRYABLE_STATUS else "refused") from error
    except anthropic.APIError as error:
        raise CallFailed("unreachable", str(error)) from error


def probe_idle(found: Iterable[Target] | None = None) -> list[str]:
    """Probes those of `found` (default: all that can be called) that are idle or to be tried again; their ids."""
    found = list(targets() if found is None else found)
    since = timezone.now() - timedelta(seconds=settings.HEALTH_SECONDS / 2)
    known = {row.provider: row for row in ProviderHealth.objects.filter(provider__in=[t.provider.id for t in found])}
    return [target.provider.id for target in found if is_due(known.get(target.provider.id), since) and probe(target)]


def is_due(row: ProviderHealth | None, since: datetime) -> bool:
    """Never seen, not seen since then, or to be tried: passive observation comes first."""
    if row is None or row.seen_at is None:
        return True
    return row.state != ProviderHealth.State.CLOSED or row.seen_at < since


def probe(target: Target) -> bool:
    """Asks one provider and keeps what came of it; False while its breaker lets nobody pass."""
    ticket, began = uuid7(), time.monotonic()
    try:
        admit(target.provider.id, ticket)
    except ProviderDown:
        return False
    code = "lost"
    try:
        target.ask()
        code = ""
    except CallFailed as failure:
        code = failure.code
    finally:
        observe(target.provider.id, ticket, Seen("", code, round((time.monotonic() - began) * 1000)))
    return True
