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
        "/api/v2/auth/2fa/verify/",
        "/api/v2/auth/passkeys/sign-in/",
        "/api/v2/auth/passkeys/sign-in/options/",
        "/api/v2/auth/verify/",
        "/api/v2/auth/password/reset-request/",
        "/api/v2/auth/password/reset/",
    }
)
PREFIXES = (
    "/accounts/",
    "/api/v2/auth/oauth/",
    "/help/",
    "/about/",
    "/legal/",
    "/static/",
    "/api/v2/schema/",
    "/api/v2/docs/",
)
# Where a person looks after their own account: under /accounts/, and behind the door all the same.
OWN_PREFIXES = (
    "/accounts/security/",
    "/accounts/sessions/",
    "/accounts/tokens/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/password/set/",
)
PROGRAM_PREFIXES = ("/api/", "/v1/")


def is_public(path: str) -> bool:
    """May this path be asked for by nobody in particular?"""
    return path in EXACT or (path.startswith(PREFIXES) and not path.startswith(OWN_PREFIXES))


def is_for_programs(path: str) -> bool:
    """Do answers on this path speak JSON (problem documents) rather than pages?"""
    return path.startswith(PROGRAM_PREFIXES)
