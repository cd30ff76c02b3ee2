"""Active probes (design 5.4): only of providers that nobody has called lately, at the free list of models."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.utils import timezone
from uuid_utils.compat import uuid7

from agents.llm.endpoints import installation_endpoint
from agents.llm.errors import CallFailed
from agents.llm.exchange import Patience
from agents.llm.facts import ProviderFacts
from agents.llm.health.breaker import ProviderDown, Seen, admit, observe
from agents.llm.health.models import ProviderHealth
from agents.llm.registry.keys import installation_key
from agents.llm.registry.snapshot import snapshot
from agents.llm.wires import list_models

PATIENCE = Patience(connect=5.0, read=10.0, total=10.0)


@dataclass(frozen=True, slots=True)
class Target:
    """A provider that is enabled and has a key. `ask` asks its list of models; raises CallFailed."""

    provider: ProviderFacts
    ask: Callable[[], None]


def targets() -> list[Target]:
    """The providers with a free list of models that the installation has a key for."""
    found = []
    for provider in snapshot().providers.values():
        if provider.supports.get("models_endpoint") and installation_key(provider.id) is not None:
            found.append(Target(provider, partial(_ask, provider.id)))
    return found


def _ask(provider: str) -> None:
    list_models(installation_endpoint(provider), PATIENCE)


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
