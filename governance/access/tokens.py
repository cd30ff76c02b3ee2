"""JWT of the API: access 15 min, refresh 7 days, rotating, tied to a session of their own (design 3.9).

allauth's JWT strategy signs and validates; validation is stateful: ending the session kills both.
"""

from __future__ import annotations

from dataclasses import dataclass

from allauth.headless.tokens.strategies.jwt import internal as jwt
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction

from governance.people.models import User


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: str
    refresh: str


def issue(person: User) -> TokenPair:
    """Opens a session for programs and signs its first pair; the browser's session is not touched."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.set_expiry(settings.HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN)
    session.create()
    return _sign(person, session)


def person_of_access_token(header: str) -> User | None:
    """The person behind `Authorization: Bearer …`, or None when it is not a live access token."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    found = jwt.validate_access_token(token.strip())
    return found[0] if found and found[0].is_active else None


def rotate(refresh: str) -> TokenPair | None:
    """A new pair for a live refresh token, which is dead from now on; None when it is not live.

    A token that was live once and is shown again ends its own sign-in: somebody copied it.
    The session row is locked, so two racing refreshes of one token cannot both succeed.
    """
    payload = jwt.decode_token(refresh, "refresh")
    session_key = jwt.session_key_from_sid(payload["sid"]) if payload else None
    if not session_key:
        return None
    with transaction.atomic():
        if not Session.objects.select_for_update().filter(session_key=session_key).exists():
            return None
        found = jwt.validate_refresh_token(refresh)
        if found is None:
            SessionStore(session_key).delete()
            return None
        person, session, live = found
        jwt.invalidate_refresh_token(session, live)
        return _sign(person, session)


def revoke(header: str) -> None:
    """Ends the sign-in behind an access token: access and refresh die together."""
    payload = jwt.decode_token(header.partition(" ")[2].strip(), "access")
    session_key = jwt.session_key_from_sid(payload["sid"]) if payload else None
    if session_key:
        SessionStore(session_key).delete()


def _sign(person: User, session: SessionStore) -> TokenPair:
    refresh = jwt.create_refresh_token(person, session)
    session.save()
    return TokenPair(jwt.create_access_token(person, session, {}), refresh)
