"""Where a request comes from: the peer, or what a trusted proxy says about it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings

UNKNOWN = "unknown"


def client_address(meta: dict[str, Any]) -> str:
    """The address of who asks. `X-Forwarded-For` is believed from trusted proxies only, read from its end."""
    address = _canonical(meta.get("REMOTE_ADDR", ""))
    forwarded = [part.strip() for part in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if part.strip()]
    while forwarded and _is_trusted(address):
        address = _canonical(forwarded.pop())
    return address


def counted_as(address: str) -> str:
    """Whose count an address falls under: an IPv6 one under its network (/64), which has many addresses for free."""
    if ":" not in address:
        return address
    return str(ip_network(f"{address}/64", strict=False))


def _is_trusted(address: str) -> bool:
    if address == UNKNOWN:
        return False
    return any(ip_address(address) in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@lru_cache(maxsize=8)
def _networks(named: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(name, strict=False) for name in named)


def _canonical(text: str) -> str:
    """One spelling per address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if address.version == 6 and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)
