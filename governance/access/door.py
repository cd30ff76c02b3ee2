"""The HTTP door: trace, authentication, identity and epoch (M0–M3), cookie and Bearer alike.

Everything behind it runs with the identity bound; safe methods inside one READ ONLY transaction, so
a GET cannot write scoped rows. Refusals are recorded here, after the view has returned.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from uuid_utils.compat import uuid7

from governance.access import sessions, tokens
from governance.access.apitokens import keys as apitokens
from governance.access.apitokens.reads import USE, record_read
from governance.access.apitokens.scopes import GATEWAY, check_scope
from governance.access.bursts import sign_out
from governance.access.factors import demand
from governance.access.problems import respond
from governance.access.public import is_for_programs, is_public
from governance.access.refusals import record_refused
from governance.access.stepup import recently, sign_in_key
from governance.access.violations import record_violation
from governance.errors import (
    AuditUnavailable,
    Conflict,
    DatabaseUnavailable,
    GovernanceError,
    IdentityBoundary,
    NotSignedIn,
    OutOfScope,
    SecondFactorNeeded,
)
from governance.isolation.context import Channel, IdentityContext, bind, reading
from governance.limits import door as limits
from governance.people.actions import ACTIVATE
from governance.people.models import Membership, User
from governance.people.registration import personal_context
from governance.staff.gate import admit_staff, is_for_staff, record_staff_read

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Door:
    """The one middleware of isolation; see the module."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = trace(request)  # type: ignore[attr-defined]
        request.began = time.monotonic()  # type: ignore[attr-defined]
        request.context = request.refusal = None  # type: ignore[attr-defined]
        try:
            response = self.enter(request)
        except (OperationalError, InterfaceError) as error:
            response = respond(request, DatabaseUnavailable(), cause=error)
        response.headers["X-Request-ID"] = str(request.request_id)  # type: ignore[attr-defined]
        limits.tell(request, response)
        return response

    def enter(self, request: HttpRequest) -> HttpResponse:
        try:
            context = request.context = admit(request)  # type: ignore[attr-defined]
            limits.check(request, context)
        except GovernanceError as refusal:
            request.refusal = limits.refused(request, refusal)  # type: ignore[attr-defined]
            response = respond(request, request.refusal)  # type: ignore[attr-defined]
            context = (
                personal_context(request.user, channel=channel(request)) if request.user.is_authenticated else None
            )
        else:
            response = self.serve(request, context)
        return self.leave(request, context, response)

    def leave(self, request: HttpRequest, context: IdentityContext | None, response: HttpResponse) -> HttpResponse:
        """Records what was refused and what a named token has read, and when it was used last."""
        try:
            if isinstance(request.refusal, OutOfScope):  # type: ignore[attr-defined]
                record_out_of_scope(request, request.refusal)  # type: ignore[attr-defined]
            elif isinstance(request.refusal, SecondFactorNeeded):  # type: ignore[attr-defined]
                record_without_factor(request, request.refusal)  # type: ignore[attr-defined]
            elif context is not None and isinstance(request.refusal, IdentityBoundary):  # type: ignore[attr-defined]
                if context.channel is Channel.ADMIN:  # recorded where its person is, not with the installation
                    context = personal_context(request.user, channel="page", request_id=context.request_id)  # type: ignore[arg-type]
                with bind(context):
                    too_many = record_violation(request, request.refusal)  # type: ignore[attr-defined]
                if too_many:
                    sign_out(request)
            elif context is not None and getattr(request, "api_token", None):
                record_read(request, context, response)
            elif context is not None and context.channel is Channel.ADMIN:
                with bind(context):
                    record_staff_read(request, response)
        except AuditUnavailable as failure:
            return respond(request, failure, cause=failure)
        except GovernanceError as refusal:  # what was to be shown may not be shown any more
            return respond(request, refusal)
        if token := getattr(request, "api_token", None):
            apitokens.note_use(token)
        return response

    def serve(self, request: HttpRequest, context: IdentityContext | None) -> HttpResponse:
        with bind(context), timezone.override(own_zone(request, context)):
            if context is None or request.method not in SAFE_METHODS:
                return self.get_response(request)
            with reading():
                response = self.get_response(request)
            for note in getattr(request, "afterwards", ()):
                note()
            return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turns a refusal raised by a view into its answer; anything else is a fault of ours."""
        if isinstance(error, OperationalError | InterfaceError):
            return respond(request, DatabaseUnavailable(), cause=error)
        if not isinstance(error, GovernanceError):
            return None
        request.refusal = error  # type: ignore[attr-defined]
        return respond(request, error)


def record_out_of_scope(request: HttpRequest, refusal: OutOfScope) -> None:
    """A token that reaches for what it was not given, in the chain of the person who made it."""
    effect = "READ" if request.method in SAFE_METHODS else "UPDATE"
    facts = {"needed": refusal.extra["scope"], "token": str(request.api_token.pk)}  # type: ignore[attr-defined]
    person: User = request.user  # type: ignore[assignment]
    record_refused(request, person, USE, "insufficient_scope", effect=effect, **facts)


def record_without_factor(request: HttpRequest, refusal: SecondFactorNeeded) -> None:
    """Whoever asked for an identity without the second factor it demands, in the chain of the person."""
    effect = "READ" if request.method in SAFE_METHODS else "UPDATE"
    person: User = request.user  # type: ignore[assignment]
    record_refused(request, person, ACTIVATE, refusal.code, effect=effect, identity=str(refusal.identity))


def own_zone(request: HttpRequest, context: IdentityContext | None) -> ZoneInfo | None:
    """The person's time zone, in which pages tell times; programs are told UTC."""
    if context is None or context.channel not in {Channel.PAGE, Channel.ADMIN}:
        return None
    return ZoneInfo(request.user.timezone)  # type: ignore[union-attr]


def trace(request: HttpRequest) -> UUID:
    """M0: the caller's X-Request-ID when it is a UUID, else a fresh one."""
    given = request.headers.get("X-Request-ID", "")
    return UUID(given) if REQUEST_ID.fullmatch(given) else uuid7()


def admit(request: HttpRequest) -> IdentityContext | None:
    """M1–M3: who, as whom, and in which visible context. None on a public path.

    Raises NotSignedIn, IdentityBoundary (an identity that is not the person's), SecondFactorNeeded (one that
    demands what was not shown) or Conflict `identity_changed` (a tab that still shows another identity).
    """
    if is_public(request.path_info):
        return None
    if not authenticate(request):
        raise NotSignedIn()
    person: User = request.user  # type: ignore[assignment]
    if is_for_staff(request.path_info):
        context = admit_staff(request)
        check_epoch(request)
        speak(request, person)
        sessions.keep_alive(request)
        return context
    by_token = getattr(request, "bearer", False)
    membership = membership_for(request, person, by_token)
    token = getattr(request, "api_token", None)
    if token is not None:
        check_scope(token, request.method or "", request.path_info)
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
        name=str(person),
        session=sign_in_key(request),
        token_id=token.pk if token is not None else None,
        proved=lambda second: recently(request, second=second),
    )


def channel(request: HttpRequest) -> Channel:
    return Channel.API if is_for_programs(request.path_info) else Channel.PAGE


def authenticate(request: HttpRequest) -> bool:
    """M1: a Bearer token on program paths wins over the cookie; a wrong one is refused, not ignored."""
    header = request.headers.get("Authorization", "") or key_header(request)
    if header and is_for_programs(request.path_info):
        token = apitokens.token_of(header)
        if token is not None:
            request.user, request.api_token, request.bearer = token.user, token, True  # type: ignore[attr-defined]
            return True
        found = tokens.person_of_access_token(header)
        if found is None:
            raise NotSignedIn(code="invalid_token")
        (request.user, request.sign_in_key), request.bearer = found, True  # type: ignore[attr-defined]
        return True
    return request.user.is_authenticated


def key_header(request: HttpRequest) -> str:
    """The key of a client that was written for Anthropic's wire: it has a header of its own."""
    key = request.headers.get("x-api-key", "") if request.path_info.startswith(GATEWAY) else ""
    return f"Bearer {key}" if key else ""


def membership_for(request: HttpRequest, person: User, by_token: bool) -> Membership:
    """M2: the identity named by header or session, else the default one; only ever one's own."""
    memberships = getattr(person, "live_memberships", None)  # as the backend read them with the person
    if memberships is None:
        memberships = list(Membership.objects.of_person(person.pk))
    named = request.headers.get("X-Identity-ID", "") if is_for_programs(request.path_info) else ""
    if (token := getattr(request, "api_token", None)) is not None:
        own = str(token.identity_id)
        if named and named.lower() != own:
            raise IdentityBoundary("invalid_identity", resource="governance.identity")
        named = own
    elif not named and not by_token:
        named = sessions.identity(request)
        if named and not any(str(m.identity_id) == named for m in memberships):
            sessions.activate(request, None)  # removed from it meanwhile: back to the default, by a new epoch
            named = ""
    for membership in memberships:
        if str(membership.identity_id) == named.lower() or not named:
            request.memberships = memberships  # type: ignore[attr-defined]
            demand.check(request, membership)
            return membership
    target = UUID(named) if REQUEST_ID.fullmatch(named) else None
    kind = "invalid_identity" if named else "missing_identity"
    raise IdentityBoundary(kind, resource="governance.identity", target=target)


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
