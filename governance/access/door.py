"""The HTTP door: trace, authentication, identity and epoch (M0–M3), cookie and Bearer alike.

Everything behind it runs with the identity bound; safe methods inside one READ ONLY transaction, so
a GET cannot write scoped rows. Refusals are recorded here, after the view has returned.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from uuid_utils.compat import uuid7

from governance.access import sessions, tokens
from governance.access.problems import respond
from governance.access.public import is_for_programs, is_public
from governance.access.violations import record_violation
from governance.errors import (
    AuditUnavailable,
    Conflict,
    DatabaseUnavailable,
    GovernanceError,
    IdentityBoundary,
    NotSignedIn,
)
from governance.isolation.context import Channel, IdentityContext, bind, reading
from governance.people.models import Membership, User
from governance.people.registration import personal_context

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Door:
    """The one middleware of isolation; see the module."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = trace(request)  # type: ignore[attr-defined]
        request.context = request.refusal = None  # type: ignore[attr-defined]
        try:
            response = self.enter(request)
        except (OperationalError, InterfaceError) as error:
            response = respond(request, DatabaseUnavailable(), cause=error)
        response.headers["X-Request-ID"] = str(request.request_id)  # type: ignore[attr-defined]
        return response

    def enter(self, request: HttpRequest) -> HttpResponse:
        try:
            context = request.context = admit(request)  # type: ignore[attr-defined]
        except GovernanceError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            response = respond(request, refusal)
            context = (
                personal_context(request.user, channel=channel(request)) if request.user.is_authenticated else None
            )
        else:
            response = self.serve(request, context)
        if context is not None and isinstance(request.refusal, IdentityBoundary):  # type: ignore[attr-defined]
            try:
                with bind(context):
                    record_violation(request, request.refusal)  # type: ignore[attr-defined]
            except AuditUnavailable as failure:
                return respond(request, failure, cause=failure)
        return response

    def serve(self, request: HttpRequest, context: IdentityContext | None) -> HttpResponse:
        with bind(context), timezone.override(own_zone(request, context)):
            if context is None or request.method not in SAFE_METHODS:
                return self.get_response(request)
            with reading():
                return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turns a refusal raised by a view into its answer; anything else is a fault of ours."""
        if isinstance(error, OperationalError | InterfaceError):
            return respond(request, DatabaseUnavailable(), cause=error)
        if not isinstance(error, GovernanceError):
            return None
        request.refusal = error  # type: ignore[attr-defined]
        return respond(request, error)


def own_zone(request: HttpRequest, context: IdentityContext | None) -> ZoneInfo | None:
    """The person's time zone, in which pages tell times; programs are told UTC."""
    if context is None or context.channel is not Channel.PAGE:
        return None
    return ZoneInfo(request.user.timezone)  # type: ignore[union-attr]


def trace(request: HttpRequest) -> UUID:
    """M0: the caller's X-Request-ID when it is a UUID, else a fresh one."""
    given = request.headers.get("X-Request-ID", "")
    return UUID(given) if REQUEST_ID.fullmatch(given) else uuid7()


def admit(request: HttpRequest) -> IdentityContext | None:
    """M1–M3: who, as whom, and in which visible context. None on a public path.

    Raises NotSignedIn, IdentityBoundary (an identity that is not the person's) or Conflict
    `identity_changed` (a tab that still shows another identity).
    """
    if is_public(request.path_info):
        return None
    if not authenticate(request):
        raise NotSignedIn()
    person: User = request.user  # type: ignore[assignment]
    by_token = getattr(request, "bearer", False)
    membership = membership_for(request, person, by_token)
    if not by_token:
        check_epoch(request)
        speak(request, person)
        sessions.keep_alive(request)
    return IdentityContext(
        person_id=person.pk,
        identity_id=membership.identity_id,
        role=membership.role,
        channel=channel(request),
        request_id=request.request_id,  # type: ignore[attr-defined]
        epoch=sessions.epoch(request) if not by_token else "",
    )


def channel(request: HttpRequest) -> Channel:
    return Channel.API if is_for_programs(request.path_info) else Channel.PAGE


def authenticate(request: HttpRequest) -> bool:
    """M1: a Bearer token on program paths wins over the cookie; a wrong one is refused, not ignored."""
    header = request.headers.get("Authorization", "")
    if header and is_for_programs(request.path_info):
        person = tokens.person_of_access_token(header)
        if person is None:
            raise NotSignedIn(code="invalid_token")
        request.user, request.bearer = person, True  # type: ignore[attr-defined]
        return True
    return request.user.is_authenticated


def membership_for(request: HttpRequest, person: User, by_token: bool) -> Membership:
    """M2: the identity named by header or session, else the default one; only ever one's own."""
    memberships = list(Membership.objects.of_person(person.pk))
    named = request.headers.get("X-Identity-ID", "") if is_for_programs(request.path_info) else ""
    if not named and not by_token:
        named = sessions.identity(request)
        if named and not any(str(m.identity_id) == named for m in memberships):
            sessions.activate(request, None)  # removed from it meanwhile: back to the default, by a new epoch
            named = ""
    for membership in memberships:
        if str(membership.identity_id) == named.lower() or not named:
            request.memberships = memberships  # type: ignore[attr-defined]
            return membership
    raise IdentityBoundary("invalid_identity" if named else "missing_identity", resource="governance.identity")


def check_epoch(request: HttpRequest) -> None:
    """M3: a page written for another identity may not act; every form and script sends its epoch."""
    if request.method in SAFE_METHODS:
        return
    sent = request.headers.get("X-Chenu-Epoch") or request.POST.get("epoch", "")
    if sent != sessions.epoch(request):
        raise Conflict("identity_changed")


def speak(request: HttpRequest, person: User) -> None:
    """The person's language, unless this device chose one."""
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(person.language)
        request.LANGUAGE_CODE = person.language  # type: ignore[attr-defined]
