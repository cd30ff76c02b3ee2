"""The maintained clients of both wires: one per address and key, bounded, imported when first needed (design 5.1).

They never retry: every attempt is held, limited, priced and audited by its caller.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from agents.llm.exchange import Endpoint, Patience
from agents.llm.network import guarded_client

MOST_CLIENTS = 64


def client(endpoint: Endpoint) -> Any:
    """The client of an endpoint. Raises UnsafeAddress when its address must not be called."""
    provider = endpoint.provider
    return _client(provider.wire, endpoint.base_url, provider.hosts, endpoint.key, endpoint.named)


def timeouts(patience: Patience) -> Any:
    """The steps' timeouts; the call's own end is the line's (network.py)."""
    import httpx2

    return httpx2.Timeout(patience.read, connect=patience.connect)


@lru_cache(maxsize=MOST_CLIENTS)
def _client(wire: str, base_url: str, hosts: tuple[str, ...], key: str, named: bool) -> Any:
    network = guarded_client(base_url, hosts, named=named, keyed=bool(key))
    if wire == "anthropic":
        import anthropic

        return anthropic.Anthropic(api_key=key or "none", base_url=base_url, max_retries=0, http_client=network)
    import openai

    return openai.OpenAI(api_key=key or "none", base_url=base_url, max_retries=0, http_client=network)
