"""Where an outside account may send a program back to: what is registered, exactly (RFC 8252)."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

LOOPBACK = frozenset({"127.0.0.1", "::1"})


def is_registered(uri: str) -> bool:
    """Is it, letter for letter, one of the registered ones? On this machine the port is the program's to choose."""
    return uri in settings.OAUTH_REDIRECT_URIS or _without_port(uri) in settings.OAUTH_REDIRECT_URIS


def _without_port(uri: str) -> str | None:
    """The address without its port; None when it is not a plain one of this machine."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "http" or parts.hostname not in LOOPBACK or port is None:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    plain = f"http://{host}:{port}{parts.path}"
    return f"http://{host}{parts.path}" if uri == plain else None  # no user, query or fragment beside it
