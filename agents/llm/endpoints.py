"""Where a provider is called and with which key: the registry's address, the identity's key or the installation's."""

from __future__ import annotations

from django.conf import settings

from agents.llm.errors import CallFailed
from agents.llm.exchange import Endpoint
from agents.llm.registry.keys import Key, installation_key, key_for
from agents.llm.registry.snapshot import snapshot


def endpoint_of(provider: str) -> Endpoint:
    """For a call of the bound identity. Raises CallFailed: `refused` where nobody may call it, `no_key`."""
    return _endpoint(provider, key_for(provider))


def installation_endpoint(provider: str) -> Endpoint:
    """For what the installation itself asks. Raises CallFailed as `endpoint_of`."""
    return _endpoint(provider, installation_key(provider))


def _endpoint(provider: str, key: Key | None) -> Endpoint:
    facts = snapshot().providers.get(provider)
    if facts is None:
        raise CallFailed("refused", f"{provider} is switched off, or its address is not allowed")
    if key is None:
        raise CallFailed("no_key", f"there is no key for {provider}")
    named = settings.DEMO_MODE or provider in settings.PROVIDER_BASE_URLS
    return Endpoint(facts, facts.base_url, key.secret, named=named)
