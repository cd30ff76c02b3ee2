"""The socket door (design 2.3, 4.5): who connects, as whom, and whether that still holds.

The rules of the HTTP door, for a connection that stays: a browser shows its session cookie from a page of
ours, a program its token in a subprotocol; either is bound to one identity and one epoch for good.
"""

from __future__ import annotations

import http.cookies
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, get_user
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.http.request import validate_host
from django.utils.timezone import now
from uuid_utils.compat import uuid7

from governance.access import sessions, tokens
from governance.access.bursts import end_session
from governance.access.stepup import has_second_factor, proofs_in, who_has_second_factor
from governance.access.violations import record_violation
from governance.errors import IdentityBoundary
from governance.isolation.context import Channel, IdentityContext, bind
from governance.people.models import Membership, User

PROTOCOL = "chenu.v1"
BEARER = "bearer."


class Close(IntEnum):
    """Why a socket is closed; what pages and programs do about it follows from the number."""

    BAD = 4400
    SIGN_IN = 4401
    FOREIGN = 4403
    NOT_FOUND = 4404
    STALE = 4409
    FACTOR = 4428
    TOO_MANY = 4429


class Refused(Exception):
    """The connection may not stay; `code` None: not even the handshake is completed."""

    def __init__(self, code: Close | None) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Pass:
    """What a socket was admitted with, and is held to while it lives."""

    context: IdentityContext
    session_key: str
    auth_hash: str
    by_token: bool


class Caller:
    """The handshake of one socket, read once."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.headers = {name.decode("latin1").lower(): value.decode("latin1") for name, value in scope["headers"]}
        self.query = parse_qs(scope["query_string"].decode("latin1"), keep_blank_values=True)
        self.protocols: list[str] = scope.get("subprotocols", [])
        self.path: str = scope["path"]
        self.address: str | None = (scope.get("client") or [None])[0]

    @property
    def token(self) -> str:
        """The access token of a program, or ''."""
        return next((name.removeprefix(BEARER) for name in self.protocols if name.startswith(BEARER)), "")

    @property
    def protocol(self) -> str | None:
        """What is answered to the offered subprotocols; never the token."""
        return PROTOCOL if PROTOCOL in self.protocols else None

    def asked(self, name: str) -> str:
        """A query parameter, or ''."""
        return self.query.get(name, [""])[-1]

    def request(self) -> HttpRequest:
        """The handshake as the request that the HTTP door's helpers understand."""
        request = HttpRequest()
        request.method, request.path = "GET", self.path
        request.META = {"REMOTE_ADDR": self.address, "HTTP_USER_AGENT": self.headers.get("user-agent", "")}
        return request


def admit(caller: Caller) -> Pass:
    """M1–M3 for a socket: person, identity, epoch. Raises Refused, after recording a crossing."""
    request = caller.request()
    person, session = _by_token(caller) if caller.token else _by_cookie(caller, request)
    mine = list(Membership.objects.of_person(person.pk))
    chosen = _chosen(mine, caller, session)
    if chosen.identity.second_factor_required and not (has_second_factor(person) and _has_shown(session)):
        raise Refused(Close.FACTOR)
    context = IdentityContext(
        person_id=person.pk,
        identity_id=chosen.identity_id,
        role=chosen.role,
        channel=Channel.API if caller.token else Channel.PAGE,
        request_id=uuid7(),
        epoch="" if caller.token else session.get(sessions.EPOCH, ""),
    )
    if caller.asked("epoch") and caller.asked("epoch") != context.epoch:
        raise Refused(Close.STALE)
    named = caller.asked("identity") or (caller.headers.get("x-identity-id", "") if caller.token else "")
    if named and named.lower() != str(context.identity_id):
        with bind(context):
            crossing = IdentityBoundary("invalid_identity", resource="live", target=_uuid(named))
            if record_violation(request, crossing):
                end_session(session.session_key or "", person.pk)
        raise Refused(Close.FOREIGN)
    return Pass(context, session.session_key or "", session.get(HASH_SESSION_KEY, ""), bool(caller.token))


def still_admitted(passes: Iterable[Pass]) -> dict[Pass, Close]:
    """Those that no longer hold, and why: signed out, switched, left or shut out.

    Three queries for all; a fourth where an identity demands a second factor.
    """
    held = list(passes)
    if not held:
        return {}
    stored = _sessions({one.session_key for one in held})
    people = {one.context.person_id for one in held}
    hashes = {
        pk: User(pk=pk, password=password).get_session_auth_hash()
        for pk, password in User.objects.filter(pk__in=people, is_active=True).values_list("pk", "password")
    }
    rows = Membership.objects.filter(user_id__in=people, identity__status="active")
    members = {
        (person, identity): demands
        for person, identity, demands in rows.values_list("user_id", "identity_id", "identity__second_factor_required")
    }
    enrolled = who_has_second_factor(people) if any(members.values()) else set()
    return {one: code for one in held if (code := _fault(one, stored, hashes, members, enrolled))}


def _fault(
    one: Pass,
    stored: dict[str, Any],
    hashes: dict[UUID, str],
    members: dict[tuple[UUID, UUID], bool],
    enrolled: set[UUID],
) -> Close | None:
    """`members`: does the identity demand a second factor? `enrolled`: the people who have one."""
    session, person = stored.get(one.session_key), one.context.person_id
    if session is None or hashes.get(person) != one.auth_hash:
        return Close.SIGN_IN
    demands = members.get((person, one.context.identity_id))
    if demands is None:
        return Close.FOREIGN
    if demands and not (person in enrolled and _has_shown(session)):
        return Close.FACTOR
    if not one.by_token and session.get(sessions.EPOCH, "") != one.context.epoch:
        return Close.STALE
    return None


def _has_shown(session: Any) -> bool:
    """Was a second factor shown in this sign-in?"""
    return any(entry.get("method") == "mfa" for entry in proofs_in(session))


def _by_token(caller: Caller) -> tuple[User, SessionStore]:
    """A program: its token needs no Origin, nobody sends it unasked."""
    found = tokens.person_of_access_token(f"Bearer {caller.token}")
    if found is None:
        raise Refused(Close.SIGN_IN)
    return found[0], SessionStore(found[1])


def _by_cookie(caller: Caller, request: HttpRequest) -> tuple[User, SessionStore]:
    """A page: browsers send the cookie from any site, so only our own origin may use it."""
    if not is_own_origin(caller.headers.get("origin", ""), caller.headers.get("host", "")):
        raise Refused(None)
    cookies = http.cookies.SimpleCookie(caller.headers.get("cookie", ""))
    morsel = cookies.get(settings.SESSION_COOKIE_NAME)
    request.session = SessionStore(morsel.value if morsel else None)
    person = get_user(request)
    if not person.is_authenticated:
        raise Refused(Close.SIGN_IN)
    return person, request.session


def is_own_origin(origin: str, host: str) -> bool:
    """Does the page come from the host it now talks to, and is that host ours?"""
    if origin in getattr(settings, "CSRF_TRUSTED_ORIGINS", []):
        return True
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return origin in {f"http://{host}", f"https://{host}"} and validate_host(name, settings.ALLOWED_HOSTS)


def _chosen(mine: list[Membership], caller: Caller, session: SessionStore) -> Membership:
    """The identity of the session, of the program's header, or the default one."""
    wanted = caller.headers.get("x-identity-id", "") if caller.token else session.get(sessions.IDENTITY, "")
    if not mine:
        raise Refused(Close.FOREIGN)
    named = [membership for membership in mine if str(membership.identity_id) == wanted.lower()]
    if wanted and not named and not caller.token:
        raise Refused(Close.FOREIGN)  # left it meanwhile; the next page starts a new epoch
    return named[0] if named else mine[0]


def _sessions(keys: set[str]) -> dict[str, dict[str, Any]]:
    found = Session.objects.filter(session_key__in=keys, expire_date__gt=now())
    return {row.session_key: row.get_decoded() for row in found}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
