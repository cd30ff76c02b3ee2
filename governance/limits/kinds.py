"""Which limit a request falls under (design 3.9), and whose count it is."""

from __future__ import annotations

import re

from django.http import HttpRequest

from governance.isolation.context import IdentityContext
from governance.limits.address import client_address, counted_as
from governance.limits.taking import Limit

AUTH = Limit("auth", 10)
READ = Limit("read", 1000)
WRITE = Limit("write", 100)
EXECUTION = Limit("execution", 50)
UPLOAD = Limit("upload", 20)

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PROBES = frozenset({"/healthz", "/readyz"})
# What tries a secret or makes an account; nothing else under `auth/` and `accounts/`.
TRIES_A_SECRET = re.compile(
    r"/api/v2/auth/(register|login|refresh|verify|change-password|password/.*|2fa/.*|passkeys/.*|oauth/.*)/?"
    r"|/accounts/(?!logout|sessions).*"
)
# Told by the apps above: which paths start a run, or take a file.
_told: list[tuple[Limit, re.Pattern[str]]] = [(AUTH, TRIES_A_SECRET)]


def register_limit(limit: Limit, pattern: str) -> None:
    """Unsafe requests whose whole path matches `pattern` count under `limit` instead of WRITE."""
    _told.append((limit, re.compile(pattern)))


def limit_of(request: HttpRequest) -> Limit | None:
    """The one limit of a request; None for the probes of a supervisor."""
    path = request.path_info
    if path in PROBES:
        return None
    if request.method in SAFE:
        return READ
    return next((limit for limit, pattern in _told if pattern.fullmatch(path)), WRITE)


def subject_of(request: HttpRequest, context: IdentityContext | None) -> str:
    """The person where one is known, the address otherwise."""
    return str(context.person_id) if context is not None else counted_as(client_address(request.META))
