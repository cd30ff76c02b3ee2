"""What is reachable without an identity, and nothing else: one list, held by the isolation matrix (design 3.2)."""

from __future__ import annotations

EXACT = frozenset(
    {
        "/",
        "/healthz",
        "/readyz",
        "/manifest.webmanifest",
        "/sw.js",
        "/offline/",
        "/jsi18n/",
        "/language/",
        "/api/v2/auth/register/",
        "/api/v2/auth/login/",
        "/api/v2/auth/refresh/",
    }
)
PREFIXES = ("/accounts/", "/help/", "/about/", "/legal/", "/static/", "/api/v2/schema/", "/api/v2/docs/")
PROGRAM_PREFIXES = ("/api/", "/v1/")


def is_public(path: str) -> bool:
    """May this path be asked for by nobody in particular?"""
    return path in EXACT or path.startswith(PREFIXES)


def is_for_programs(path: str) -> bool:
    """Do answers on this path speak JSON (problem documents) rather than pages?"""
    return path.startswith(PROGRAM_PREFIXES)
