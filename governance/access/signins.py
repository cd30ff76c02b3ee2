"""Signing in and out on the record, for the pages and for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.http import HttpRequest

from governance.access.models import SignIn
from governance.access.refusals import context_of
from governance.access.stepup import sign_in_key
from governance.access.violations import address, told
from governance.isolation.context import IdentityContext, bind
from governance.people.models import User
from governance.perform import perform

NEWCOMER = "register"


def own_context(request: HttpRequest, person: User | None = None) -> IdentityContext:
    """The person acting on their own account: in their personal identity, through this sign-in."""
    context: IdentityContext = context_of(request, person or request.user)  # type: ignore[arg-type]
    return replace(context, session=sign_in_key(request), token_id=token_of(request))


def token_of(request: HttpRequest) -> Any:
    door = getattr(request, "context", None)
    return door.token_id if door is not None else None


def perform_for_oneself(request: HttpRequest, action: str, params: Any = None) -> Any:
    """Performs an action on the person's own account, whatever identity the page acts for."""
    with bind(own_context(request)):
        return perform(action, params or {})


def record_opened(request: HttpRequest, person: User, session_key: str, method: str, kind: str) -> None:
    """Performs `governance.session.open`."""
    with bind(context_of(request, person)):
        perform(
            "governance.session.open",
            {
                "method": method[:40],
                "session": session_key,
                "kind": kind,
                "ip": address(request),
                "user_agent": told(request.headers.get("User-Agent", ""), 200),
            },
        )


def record_page_opened(request: HttpRequest, person: User) -> None:
    """The sign-in of a browser, by what it has shown."""
    if not request.session.session_key:
        request.session.save()
    method = method_of(get_authentication_records(request, person))
    if method == NEWCOMER:
        record_authentication(request, person, "password")  # chosen a moment ago: as good as shown
    record_opened(request, person, request.session.session_key or "", method, SignIn.Kind.PAGE)


def record_closed(request: HttpRequest, person: User) -> None:
    """Performs `governance.session.close` for the sign-in behind the request."""
    with bind(own_context(request, person)):
        perform("governance.session.close", {})


def method_of(records: list[dict[str, Any]]) -> str:
    """`password+totp`, `passkey`, `google` …, in the order in which it was shown."""
    shown = [_name(entry) for entry in records]
    return "+".join(dict.fromkeys(shown)) or NEWCOMER


def _name(entry: dict[str, Any]) -> str:
    if entry.get("passwordless"):
        return "passkey"
    return str(entry.get("type") or entry.get("provider") or entry.get("method", ""))
