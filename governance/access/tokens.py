"""JWT of the API: access 15 min, refresh 7 days, rotating, tied to a session of their own (design 3.9).

allauth's JWT strategy signs and validates; validation is stateful: ending the session kills both.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.headless.tokens.strategies.jwt import internal as jwt
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction

from governance.access import sessions
from governance.people.models import User


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: str
    refresh: str
    session: str


def issue(person: User, proofs: list[dict[str, Any]] | None = None) -> TokenPair:
    """Opens a session for programs and signs its first pair; the browser's session is not touched.

    `proofs`: what the person has shown for it, for a later step-up.
    """
    session = SessionStore()
    session[AUTHENTICATION_METHODS_SESSION_KEY] = proofs or []
    session[sessions.SEEN] = int(time.time())
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.set_expiry(settings.HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN)
    session.create()
    return _sign(person, session)


def person_of_access_token(header: str) -> tuple[User, str] | None:
    """The person behind `Authorization: Bearer …` and the key of their sign-in; None when it is no live token."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    found = jwt.validate_access_token(token.strip())
    if not found or not found[0].is_active:
        return None
    return found[0], jwt.session_key_from_sid(found[1]["sid"]) or ""


class Reused(Exception):
    """A refresh token was shown again: its sign-in is over, nobody else's."""

    def __init__(self, person: User | None) -> None:
        super().__init__()
        self.person = person


def rotate(refresh: str) -> TokenPair | None:
    """A new pair for a live refresh token, which is dead from now on; None when it is not live.

    Raises Reused when the token was live once and is shown again: somebody copied it, so its own sign-in
    ends. The session row is locked, so two racing refreshes of one token cannot both succeed.
    """
    payload = jwt.decode_token(refresh, "refresh")
    session_key = jwt.session_key_from_sid(payload["sid"]) if payload else None
    if not session_key:
        return None
    with transaction.atomic():
        if not Session.objects.select_for_update().filter(session_key=session_key).exists():
            return None
        found = jwt.validate_refresh_token(refresh)
        if found is not None:
            person, session, live = found
            jwt.invalidate_refresh_token(session, live)
            session[sessions.SEEN] = int(time.time())
            return _sign(person, session)
        reused = Reused(User.objects.filter(pk=payload["sub"]).first())
        SessionStore(session_key).delete()
    raise reused


def _sign(person: User, session: SessionStore) -> TokenPair:
    refresh = jwt.create_refresh_token(person, session)
    session.save()
    return TokenPair(jwt.create_access_token(person, session, {}), refresh, session.session_key or "")
